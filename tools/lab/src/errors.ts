/** Why the lab could not do what it was asked; a kernel that dies is not among them, it is a result. */
export type LabErrorCode =
  | 'unknown-target'
  | 'not-set-up'
  | 'missing-on-host'
  | 'declined'
  | 'no-space'
  | 'command-failed'
  | 'no-package'
  | 'no-kernel'
  | 'bad-scenario'
  | 'bad-seeds'
  | 'bad-result'
  | 'other-versions'
  | 'guest-silent'
  | 'interrupted';

/**
 * An error for a person: the message says what happened and where, `next` what to do about it.
 */
export class LabError extends Error {
  override readonly name = 'LabError';
  readonly code: LabErrorCode;
  /** What to do next, as a command or a sentence; empty where nothing can be said. */
  readonly next: string;

  constructor(code: LabErrorCode, message: string, next = '') {
    super(next === '' ? message : `${message}\n  ${next}`);
    this.code = code;
    this.next = next;
  }
}

/** Throws the `interrupted` error if the signal was given. */
export function throwIfInterrupted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new LabError(
      'interrupted',
      'Interrupted; what was finished is kept.',
      'Run the same command again to go on.',
    );
  }
}
