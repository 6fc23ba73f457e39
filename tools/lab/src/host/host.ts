/** What a command may be given besides its arguments. */
export interface ExecOptions {
  readonly cwd?: string;
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** Called with every piece of output as it comes. */
  readonly onOutput?: (text: string) => void;
}

/** What a command answered. Bytes of the output are told as Latin-1 characters. */
export interface ExecResult {
  /** The exit code; 127 if there is no such command, 128 + N if signal N ended it. */
  readonly code: number;
  /** Standard output and standard error, in the order they came. */
  readonly output: string;
  /** Standard output alone. */
  readonly stdout: string;
}

/**
 * The computer the lab runs on, as far as it asks it for anything but files of its cache: a test
 * gives another one.
 */
export interface Host {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Debian's name of the processor family. */
  readonly architecture: string;
  readonly isRoot: boolean;
  /** The path of a command on PATH, or undefined. */
  find(command: string): string | undefined;
  /** Whether a file outside the cache is there. */
  exists(path: string): boolean;
  /** Bytes that may still be written to the disk that holds (or will hold) this path. */
  freeBytes(path: string): number;
  exec(command: string, args: readonly string[], options?: ExecOptions): Promise<ExecResult>;
}
