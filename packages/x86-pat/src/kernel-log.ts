/** The task that runs, as messages name it. */
export interface CurrentTask {
  readonly comm: string;
  readonly pid: number;
}

/** Where messages and warnings go, and who causes them. */
export interface KernelLog {
  /** Prints a line to the kernel log. */
  printk(line: string): void;
  /** A WARN_ON: the kernel function, and what it found. */
  warn(where: string, what: string): void;
  /** The task that runs now. */
  current(): CurrentTask;
}

/** `%#010Lx`: eight digits or more after 0x. */
export const hex8 = (value: number): string => `0x${value.toString(16).padStart(8, '0')}`;

/** `[mem %#010Lx-%#010Lx]` of a range with an exclusive end. */
export const memRange = (start: number, end: number): string =>
  `[mem ${hex8(start)}-${hex8(end - 1)}]`;

/** `comm:pid` of the running task. */
export function taskName(log: KernelLog): string {
  const { comm, pid } = log.current();
  return `${comm}:${pid}`;
}
