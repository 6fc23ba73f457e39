import { columns } from '../columns.ts';
import type { Style } from '../terminal.ts';
import type { EntryField, TakenApart } from './entry-fields.ts';

/** Sixty-four characters, bit 63 first, in groups of four. */
const grouped = (characterOf: (bit: number) => string): string =>
  Array.from({ length: 16 }, (_, group) =>
    Array.from({ length: 4 }, (_, index) => characterOf(63 - group * 4 - index)).join(''),
  ).join(' ');

/** The bits of a word under a ruler, and below them a mark for each: `a` address, `^` set, `.` clear. */
export function ruler(word: bigint, { fields }: TakenApart): string[] {
  const isSet = (bit: number): boolean => ((word >> BigInt(bit)) & 1n) === 1n;
  const isAddress = (bit: number): boolean =>
    fields.some((field) => field.isAddress && bit <= field.high && bit >= field.low);
  return [
    grouped((bit) => `${Math.floor(bit / 10)}`),
    grouped((bit) => `${bit % 10}`),
    grouped((bit) => (isSet(bit) ? '1' : '0')),
    grouped((bit) => (isAddress(bit) ? 'a' : isSet(bit) ? '^' : '.')),
  ];
}

const bitRange = ({ high, low }: EntryField): string =>
  high === low ? `${high}` : `${high}:${low}`;

function fieldRow(field: EntryField): string[] {
  const value = field.value < 10n ? `${field.value}` : `0x${field.value.toString(16)}`;
  return [bitRange(field), value, field.name, field.meaning];
}

/** What each set field means, from bit 63 down, and the names of those that are clear. */
export function fieldLines(taken: TakenApart, style: Style): string[] {
  const shown = taken.fields.filter(({ value, isAddress }) => value !== 0n || isAddress);
  const clear = taken.fields.filter(
    ({ value, isAddress, name }) =>
      value === 0n && !isAddress && !/^(ignored|unused|reserved)$/.test(name),
  );
  const rows = shown.map(fieldRow);
  const names = clear.map((field) => `${field.name} (${bitRange(field)})`).join(', ');
  return [
    ...columns([['bits', 'value', 'name', 'meaning'], ...rows], ['right', 'right']),
    ...(names === '' ? [] : [style.aside(`clear: ${names}`)]),
  ];
}
