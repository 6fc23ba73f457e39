const FATAL = /kernel BUG|BUG:|Oops|Kernel panic/;

/** A kernel message without its time stamp. */
function message(line: string): string {
  return line.replace(/^\[ *\d+\.\d+\] ?/, '');
}

/** Whether a line of the kernel says that it is dying. */
export function isFatal(line: string): boolean {
  return FATAL.test(message(line));
}

/** A fatal line without what differs from run to run: addresses, numbers of the oops. */
export function tidyFatal(line: string): string {
  return message(line).replace(
    /0x[0-9a-f]{8,}|\b[0-9a-f]{16}\b|:? ?[0-9a-f]+ \[#\d+\].*| for address.*/g,
    '',
  );
}

/** A line of the kernel's log, as the init script repeats it, without what differs from run to run. */
export function tidyLogLine(line: string): string {
  return line
    .replace(/^@dmesg \[ *[\d.]+\] /, '')
    .replace(/WARNING: (CPU: \d+ PID: \d+ )?/g, 'WARNING: ')
    .replace(/\+0x[0-9a-f]+\/0x[0-9a-f]+.*| [0-9a-f]{16}(?=\()|, CPU#.*/g, '');
}
