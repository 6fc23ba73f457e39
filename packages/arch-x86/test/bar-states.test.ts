// Goal: every state of a BAR's entry has the word, frame, protection and answers that Linux has. Method: 86 states, each
// made from an earlier one by the event that its name says, and each decoded.
import type { ArchX86 } from '@pfnmap/arch-x86';
import { encodeEntry, type Pfn, type Prot, splitEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { LEAF_LEVELS, type LeafLevel } from './entry-words.ts';
import { archOf, SYMBOLS_6_12, SYMBOLS_7_3 } from './fake-config.ts';
import { hex, rowsOf } from './vector-rows.ts';

type Row = readonly [
  level: LeafLevel,
  state: string,
  how: string,
  entry: string,
  pfn: string,
  pgprot: string,
  answers: string,
];

const rows = rowsOf<Row>('bar-states.json');
const PFN: Readonly<Record<LeafLevel, Pfn>> = { pte: 0xe0001, pmd: 0xe0200, pud: 0x380040000 };
const TOP: Readonly<Record<LeafLevel, Pfn>> = {
  pte: 0xffffffffff,
  pmd: 0xfffffffe00,
  pud: 0xfffffc0000,
};

/** The events of the states, for one level. `state` gives the protection word of an earlier state. */
function eventsOf(arch: ArchX86, level: LeafLevel, state: (name: string) => Prot) {
  const value = (prot: bigint): Prot => arch.protOf(prot);
  const insert = (vm_page_prot: bigint): Prot => {
    const leaf =
      level === 'pte' ? value(vm_page_prot) : arch[`${level}_mkhuge`](value(vm_page_prot));
    return arch[`${level}_mkspecial`](leaf);
  };
  const modify = (old: Prot, newprot: bigint): Prot => arch[`${level}_modify`](old, value(newprot));
  const inserted = (vm_page_prot: bigint): Prot =>
    arch[`${level}_mkdirty`](arch[`${level}_mkyoung`](insert(vm_page_prot)));
  const mkold = arch[`${level}_mkold`];
  const mkclean = arch[`${level}_mkclean`];
  const mkinvalid = arch[level === 'pud' ? 'pud_mkinvalid' : 'pmd_mkinvalid'];
  // The child of a fork loses dirtiness at the lowest level only.
  const childOf = level === 'pte' ? (prot: Prot) => mkold(mkclean(prot)) : mkold;
  const RW = 0x8000000000000037n;
  const READ = 0x8000000000000035n;
  const NONE = 0x130n;
  const events: Record<string, () => Prot> = {
    V1: () => insert(RW),
    V2: () => insert(READ),
    V3: () => insert(0x37n),
    V4: () => insert(0x800000000000002fn),
    V5: () => insert(0x8000000000000027n),
    V6: () => arch.hardware.accessed(LEAF_LEVELS[level], state('V1'), true),
    V7: () => mkold(state('V6')),
    V8: () => arch[`${level}_wrprotect`](state('V1')),
    V9: () => arch[`${level}_wrprotect`](state('V6')),
    V10: () => modify(state('V6'), READ),
    V11: () => modify(state('V10'), RW),
    V12: () => modify(state('V1'), NONE),
    V13: () => modify(state('V6'), NONE),
    V14: () => modify(state('V13'), RW),
    V15: () => modify(state('V13'), READ),
    V16: () => childOf(state('V6')),
    V17: () => childOf(state('V13')),
    V18: () => arch[`${level}_mkwrite`](inserted(RW)),
    V19: () => inserted(READ),
    V20: () => mkinvalid(state('V1')),
    V21: () => mkinvalid(state('V6')),
    V22: () => mkinvalid(state('V12')),
    V23: () => insert(0xa800000000000037n),
    V24: () => insert(RW),
    V25: () => modify(insert(RW), NONE),
    V26: () => modify(insert(RW), NONE),
    V27: () => arch[level === 'pte' ? 'pte_mkwrite' : 'pmd_mkwrite'](state('V8'), true),
    V28: () => arch[`${level}_mkwrite`](state('V9')),
    V29: () => arch[`${level}_mkdirty`](state('V8')),
    V30: () => mkclean(state('V9')),
  };
  return events;
}

function answersOf(arch: ArchX86, level: LeafLevel, word: bigint, prot: Prot): string {
  const truth = (answer: boolean): string => (answer ? '1' : '0');
  return [
    truth(arch[`${level}_present`](prot)),
    truth((word & BigInt.asUintN(32, BigInt(arch.format.noneMask))) === 0n && word >> 32n === 0n),
    truth(arch[`${level}_write`](prot)),
    truth(arch[`${level}_dirty`](prot)),
    truth(arch[`${level}_young`](prot)),
    truth(arch[`${level}_special`](prot)),
    level === 'pte' ? '-' : truth(arch[`${level}_trans_huge`](prot)),
    level === 'pud' ? '-' : truth(arch[`${level}_protnone`](prot)),
  ].join(' ');
}

describe.each([
  ['6.12', SYMBOLS_6_12],
  ['7.3', SYMBOLS_7_3],
])('Linux %s', (_name, symbols) => {
  const arch = archOf({ symbols });

  test.each(rows)('%s %s: %s', (level, state, _how, entry, pfn, pgprot, answers) => {
    const made = (name: string): Prot => (eventsOf(arch, level, made)[name] as () => Prot)();
    const frame =
      state === 'V24' || state === 'V25' ? TOP[level] : state === 'V26' ? 0 : PFN[level];
    const prot = made(state);
    expect(hex(encodeEntry(arch, LEAF_LEVELS[level], frame, prot))).toBe(entry);

    const parts = splitEntry(arch, LEAF_LEVELS[level], BigInt(entry));
    expect(parts.prot).toBe(prot);
    expect(parts.pfn).toBe(Number(pfn));
    expect(arch.pfn_leaf(LEAF_LEVELS[level], parts.pfn)).toBe(Number(pfn));
    expect(hex(arch.pgprot_val(arch[`${level}_pgprot`](prot)))).toBe(pgprot);
    expect(answersOf(arch, level, BigInt(entry), prot)).toBe(answers);
  });
});
