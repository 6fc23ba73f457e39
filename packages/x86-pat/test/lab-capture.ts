import { readdirSync, readFileSync } from 'node:fs';

/** One step of a capture; see captures/README.md. */
export interface CapturedStep {
  readonly op: string;
  readonly ret?: number;
  readonly remap?: readonly [number, number];
  readonly pte?: string;
  readonly pat?: boolean;
  readonly signal?: number;
  readonly phys?: string;
  readonly log?: readonly string[];
  readonly splice?: ReadonlyArray<readonly [number, number, ...string[]]>;
  readonly all?: readonly string[];
}

/** A capture: the kernel, and its steps with their line numbers. */
export interface Capture {
  readonly target: string;
  readonly name: string;
  readonly steps: ReadonlyArray<{ readonly line: number; readonly step: CapturedStep }>;
}

const folder = new URL('captures/', import.meta.url);

const readSteps = (path: URL): Capture['steps'] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((text, index) => ({ line: index + 1, step: JSON.parse(text) as CapturedStep }))
    .slice(1);

/** All captures, by target and name. */
export const captures: readonly Capture[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name: target }) =>
    readdirSync(new URL(`${target}/`, folder))
      .filter((file) => file.endsWith('.jsonl'))
      .sort()
      .map((file) => ({
        target,
        name: file.replace('.jsonl', ''),
        steps: readSteps(new URL(`${target}/${file}`, folder)),
      })),
  );

/** The words of a step: its name, its first argument, and options `key=value` or bare. */
export class Words {
  readonly verb: string;
  readonly subject: string;
  private readonly options: readonly string[];

  constructor(op: string) {
    const words = op.split(' ');
    this.verb = words[0] as string;
    this.subject = words[1] ?? '';
    this.options = words.slice(1);
  }
  has(flag: string): boolean {
    return this.options.includes(flag);
  }
  text(key: string): string | undefined {
    return this.options.find((word) => word.startsWith(`${key}=`))?.slice(key.length + 1);
  }
  /** A number with suffixes K, M, G and sums: `2M+4K`. */
  size(key: string, missing: number): number {
    const text = this.text(key);
    if (text === undefined) return missing;
    return text
      .split('+')
      .map((term) => {
        const [, digits, suffix] = /^(0x[0-9a-f]+|\d+)([KMG]?)/.exec(term) as RegExpExecArray;
        return Number(digits) * 1024 ** ' KMG'.indexOf(suffix || ' ');
      })
      .reduce((sum, term) => sum + term, 0);
  }
}
