import { quote } from './quote.ts';
import { Refusal } from './refusal.ts';

const TERM = /^(?:0[xX]([0-9a-fA-F]+)|([0-9]+))([KMGT]?)$/;
const SHIFTS: Readonly<Record<string, bigint>> = { '': 0n, K: 10n, M: 20n, G: 30n, T: 40n };
const LIMIT = 2n ** 53n;
const HOW =
  'Write a decimal or 0x number, with K, M, G or T behind it if you like, or a sum of them.';

function tooLarge(offset: number): Refusal {
  return new Refusal(
    'number out of range',
    'Numbers of a scenario stay below 2^53 (0x20000000000000).',
    'Choose a smaller number.',
    offset,
  );
}

/** Why a term is no number, as exactly as can be told. */
function noTerm(term: string, offset: number): Refusal {
  const what = `${quote(term)} is not a number`;
  if (term === '') return new Refusal('a number is missing', '', HOW, offset);
  if (/^-/.test(term)) return new Refusal(what, 'Numbers are not negative.', HOW, offset);
  const letter = /^(0[xX][0-9a-fA-F]+|[0-9]+)([kmgt])$/.exec(term);
  if (letter !== null)
    return new Refusal(
      what,
      'Suffixes are capital letters.',
      `Did you mean ${quote(`${letter[1]}${letter[2]!.toUpperCase()}`)}?`,
      offset,
    );
  if (/^(0[xX][0-9a-fA-F]+|[0-9]+)[KMGT]i?B$/.test(term))
    return new Refusal(
      what,
      'K, M, G and T are 2^10 to 2^40 bytes already.',
      `Did you mean ${quote(term.replace(/i?B$/, ''))}?`,
      offset,
    );
  if (/^[0-9a-fA-F]+$/.test(term))
    return new Refusal(
      what,
      'Hexadecimal numbers begin with 0x.',
      `Did you mean ${quote(`0x${term}`)}?`,
      offset,
    );
  return new Refusal(what, '', HOW, offset);
}

function readTerm(term: string, offset: number): bigint {
  const match = TERM.exec(term);
  if (match === null) throw noTerm(term, offset);
  const [, hex, decimal, suffix] = match;
  if (decimal !== undefined && /^0[0-9]/.test(decimal))
    throw new Refusal(
      `${quote(term)} begins with 0`,
      'A number with a leading 0 would be octal to some and decimal to others.',
      `Write ${quote(term.replace(/^0+(?=[0-9])/, ''))} or a 0x number.`,
      offset,
    );
  const digits = (hex ?? decimal!).replace(/^0+(?=.)/, '');
  if (digits.length > 16) throw tooLarge(offset);
  return BigInt(hex === undefined ? digits : `0x${digits}`) << SHIFTS[suffix!]!;
}

/**
 * Reads a number of the language: decimal or `0x` hexadecimal, an optional suffix K, M, G or T (2^10 to 2^40), or a
 * sum of such terms, `1G+2M`.
 *
 * @throws Refusal when the text is no number, or not below 2^53.
 */
export function readNumber(text: string): number {
  let sum = 0n;
  let offset = 0;
  for (const term of text.split('+')) {
    sum += readTerm(term, offset);
    if (sum >= LIMIT) throw tooLarge(offset);
    offset += term.length + 1;
  }
  return Number(sum);
}

const UNITS: ReadonlyArray<readonly [unit: string, size: number]> = [
  ['T', 2 ** 40],
  ['G', 2 ** 30],
  ['M', 2 ** 20],
  ['K', 2 ** 10],
  ['', 1],
];

/**
 * Writes a number of bytes as the language has it, exactly: `8G`, `128M+4K`, `512`.
 *
 * @param bytes a whole number from 0 up, below 2^53
 */
export function formatSize(bytes: number): string {
  const terms: string[] = [];
  let rest = bytes;
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    if (count > 0) terms.push(`${count}${unit}`);
    rest -= count * size;
  }
  return terms.length === 0 ? '0' : terms.join('+');
}
