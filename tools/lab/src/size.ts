import { LabError } from './errors.ts';

const UNITS = [
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
] as const;

/**
 * A number of the scenario language: decimal or `0x` hexadecimal, with a suffix K, M, G or T
 * (2^10 to 2^40) or none; sums such as `1G+2M`. Throws `bad-scenario` for anything else.
 */
export function parseSize(text: string): number {
  let sum = 0;
  for (const term of text.split('+')) {
    const match = /^(0x[0-9a-f]+|\d+)([KMGT]?)$/i.exec(term);
    if (!match) {
      throw new LabError(
        'bad-scenario',
        `“${text}” is no size.`,
        'Write 4096, 0x1000, 4K, 8G or a sum such as 1G+2M.',
      );
    }
    const unit = UNITS.find(([letter]) => letter === match[2]!.toUpperCase());
    sum += Number(match[1]) * (unit?.[1] ?? 1);
  }
  return sum;
}

/** The shortest way to write a number of bytes with a suffix. */
export function formatSize(bytes: number): string {
  const unit = UNITS.find(([, size]) => bytes !== 0 && bytes % size === 0);
  return unit ? `${bytes / unit[1]}${unit[0]}` : `${bytes}`;
}
