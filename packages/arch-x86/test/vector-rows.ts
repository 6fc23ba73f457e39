import { readFileSync } from 'node:fs';

/** A cell of a vector file. */
export type Cell = string | number;

/** The rows of a file in test/vectors. */
export function rowsOf<Row extends readonly Cell[]>(file: string): Row[] {
  const path = new URL(`vectors/${file}`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')).rows;
}

/** A 64-bit word as the vectors write it. */
export const hex = (word: bigint): string => `0x${word.toString(16).padStart(16, '0')}`;
