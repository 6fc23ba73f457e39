import type { Answer, Hex } from './answer.ts';

/** The machine on which a capture was made. */
export interface CapturedMachine {
  /** As `uname -r` prints it. */
  readonly kernel: string;
  /** As `uname -m` prints it: `x86_64`, `aarch64`. */
  readonly arch: string;
  /** Of the test device: `0000:00:05.0`. */
  readonly bdf: string;
  /** What the boot depended on, as the machine line writes it. */
  readonly options: Readonly<Record<string, string>>;
  /** First and last byte of BAR 2; null when the device has none. */
  readonly bar2: { readonly start: Hex; readonly end: Hex } | null;
}

/** A step and its answers. */
export interface CapturedStep {
  readonly step: string;
  readonly answers: readonly Answer[];
  /** Lines of the console that were to be an answer, but cannot be read. */
  readonly garbled?: readonly string[];
  /** What the kernel said when it died in this step; there is no step after it. */
  readonly crash?: readonly string[];
}

/** What a kernel answered to a scenario. */
export interface Capture {
  readonly machine: CapturedMachine;
  /** Lines that the kernel printed: the driver's debug lines and warnings. */
  readonly log: readonly string[];
  readonly steps: readonly CapturedStep[];
}

/** JSON in ASCII, as the lab writes it. */
const line = (record: object): string =>
  `${JSON.stringify(record).replace(
    /[\x7f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )}\n`;

/**
 * Writes a capture as JSON lines. What {@link parseCapture} has read comes out byte by byte as it was, if the lab wrote
 * it.
 */
export function formatCapture(capture: Capture): string {
  const { machine, log, steps } = capture;
  const first = log.length > 0 ? { machine, log } : { machine };
  return [line(first), ...steps.map(line)].join('');
}
