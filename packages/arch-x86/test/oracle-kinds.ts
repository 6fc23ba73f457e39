import type { ArchX86 } from '@pfnmap/arch-x86';
import * as archX86 from '@pfnmap/arch-x86';
import { type Kinds, storeNumber } from '../../../tools/lab/oracle/evaluate.ts';
import type { Lanes } from '../../../tools/lab/oracle/words.ts';

const wordOf = (lanes: Lanes): bigint => (BigInt(lanes.hi >>> 0) << 32n) | BigInt(lanes.lo >>> 0);

function store(out: Lanes, word: bigint): void {
  out.lo = Number(word & 0xffffffffn) | 0;
  out.hi = Number(BigInt.asUintN(64, word) >> 32n) | 0;
}

/** Ways to apply a helper that only x86 has. */
export const x86Kinds: Kinds<ArchX86> = {
  // Bit 45 keeps the page frame number from leaving the field.
  advance: (arch) => (a, b, out) => {
    const hi = (a.lo & 1) === 0 ? a.hi | (1 << 13) : a.hi & ~(1 << 13);
    const prot = arch.codec.prot(0, a.lo, hi);
    const pfn = arch.pte_advance_pfn(arch.codec.pfn(0, a.lo, hi), b.lo);
    out.lo = arch.codec.lo(0, pfn, prot);
    out.hi = arch.codec.hi(0, pfn, prot);
  },
  'swap-entry': () => (a, b, out) => store(out, archX86.__swp_entry(a.lo, Number(wordOf(b)))),
  'swap-part': (_arch, name) => {
    const part = name === '__swp_type' ? archX86.__swp_type : archX86.__swp_offset;
    return (a, _b, out) => storeNumber(out, part(wordOf(a)));
  },
  'swap-type': (arch, name) => {
    const types = arch.swapTypes as unknown as Readonly<Record<string, number>>;
    return (_a, _b, out) => storeNumber(out, types[name] as number);
  },
  migration: (arch) => (a, b, out) => {
    const pfn = Number(wordOf(a));
    storeNumber(out, arch.migrationOffset.make(pfn, (b.lo & 1) !== 0, (b.lo & 2) !== 0));
  },
  canonical: (arch) => (a, _b, out) => storeNumber(out, arch.addressSpace.isCanonical(wordOf(a))),
  address: (arch, name) => {
    const value = arch.addressSpace[name as 'TASK_SIZE_MAX' | '__VIRTUAL_MASK_SHIFT'];
    return (_a, _b, out) => store(out, BigInt(value));
  },
  constant: (arch, name) => {
    const value = (archX86 as unknown as Readonly<Record<string, number>>)[name] as number;
    return (_a, _b, out) => store(out, arch.pgprot_val(value));
  },
};
