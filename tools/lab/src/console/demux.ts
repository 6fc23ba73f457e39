/** What came over the console, taken apart: a line of the guest's programs, or of the kernel. */
export interface ConsoleLine {
  readonly from: 'program' | 'kernel';
  readonly text: string;
}

const STAMP = /\[ *\d+\.\d{6}\]/;

/**
 * Takes the kernel's messages out of the programs' output. Both share one serial port, and the
 * kernel writes a message whole wherever the programs' output stands, also inside a line: such a
 * line goes on after the message. A kernel line is known by its time stamp.
 */
export function separateConsole(text: string): ConsoleLine[] {
  const lines: ConsoleLine[] = [];
  /** The beginning of a program's line that a kernel message fell into. */
  let broken = '';
  for (const line of text.replaceAll('\r', '').split('\n')) {
    // The messages that the init script repeats carry stamps of their own.
    const at = line.startsWith('@dmesg ') ? -1 : line.search(STAMP);
    if (at < 0) {
      lines.push({ from: 'program', text: broken + line });
      broken = '';
      continue;
    }
    broken += line.slice(0, at);
    lines.push({ from: 'kernel', text: line.slice(at) });
  }
  if (broken !== '') lines.push({ from: 'program', text: broken });
  return lines;
}
