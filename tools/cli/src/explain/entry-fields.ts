import type { ArchPgtable, PgtableLevel } from '@pfnmap/pgtable-core';
import { type BitField, type BitLayout, type EntryForm, fieldOfBit } from './bit-field.ts';

/** A field of one entry, with its value. */
export interface EntryField {
  readonly high: number;
  readonly low: number;
  readonly value: bigint;
  readonly name: string;
  readonly meaning: string;
  readonly isAddress: boolean;
}

/** A 64-bit entry taken apart. */
export interface TakenApart {
  readonly kind: 'none' | 'table' | 'leaf' | 'not present';
  readonly address: bigint;
  readonly memoryType: string;
  /** From bit 63 down; together they cover every bit. */
  readonly fields: readonly EntryField[];
}

/** Where each bit of an entry goes in the physical address; undefined for bits that are no part of it. */
type AddressBits = readonly (number | undefined)[];

const UNKNOWN: Pick<BitField, 'name' | 'meaning'> = {
  name: 'unused',
  meaning: 'has no meaning here',
};

/**
 * Finds the address bits by flipping every bit: architectures move, split and invert the address. A bit that changes
 * kind or flags is a flag, whatever it does to the address.
 */
function addressBits(arch: ArchPgtable, level: PgtableLevel, word: bigint): AddressBits {
  const { kind, address, flags } = arch.decode(level, word);
  return Array.from({ length: 64 }, (_, bit) => {
    const flipped = arch.decode(level, word ^ (1n << BigInt(bit)));
    const changed = flipped.address ^ address;
    const isFlag = flipped.kind !== kind || flipped.flags.join() !== flags.join();
    return isFlag || changed === 0n ? undefined : changed.toString(2).length - 1;
  });
}

function formOf(kind: TakenApart['kind'], level: PgtableLevel, hasAddress: boolean): EntryForm {
  if (kind === 'table') return 'table';
  if (kind !== 'leaf' && !hasAddress) return 'swap';
  return level === 0 ? 'page' : 'huge';
}

const bitsOf = (word: bigint, high: number, low: number): bigint =>
  (word >> BigInt(low)) & ((1n << BigInt(high - low + 1)) - 1n);

const range = (high: number, low: number): string => (high === low ? `${high}` : `${high}:${low}`);

/** What to say about a part of the address that stands in the bits `high` to `low`. */
function addressMeaning(
  address: bigint,
  value: bigint,
  high: number,
  low: number,
  place: number,
): string {
  const end = place + high - low;
  if (place !== low) return `bits ${range(end, place)} of the physical address`;
  const inverted = bitsOf(address, end, place) !== value;
  return `physical address 0x${address.toString(16)}${inverted ? ', stored inverted' : ''}`;
}

/** Takes an entry apart into the fields of its form. */
export function takeApart(
  arch: ArchPgtable,
  layout: BitLayout,
  level: PgtableLevel,
  word: bigint,
): TakenApart {
  const { kind, address, memoryType } = arch.decode(level, word);
  const places = addressBits(arch, level, word);
  const form = formOf(kind, level, !places.every((place) => place === undefined));
  const ownerOf = (bit: number): Pick<BitField, 'name' | 'meaning'> | number =>
    places[bit] === undefined ? (fieldOfBit(layout, form, bit) ?? UNKNOWN) : places[bit] - bit;
  const fields: EntryField[] = [];
  for (let high = 63; high >= 0; ) {
    const owner = ownerOf(high);
    let low = high;
    while (low > 0 && ownerOf(low - 1) === owner) low--;
    const value = bitsOf(word, high, low);
    const isAddress = typeof owner === 'number';
    const { name, meaning } = isAddress
      ? { name: 'address', meaning: addressMeaning(address, value, high, low, owner + low) }
      : owner;
    fields.push({ high, low, value, name, meaning, isAddress });
    high = low - 1;
  }
  return { kind, address, memoryType, fields };
}
