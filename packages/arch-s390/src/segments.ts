import type { Prot } from '@pfnmap/pgtable-core';
import {
  _SEGMENT_ENTRY_DIRTY,
  _SEGMENT_ENTRY_INVALID,
  _SEGMENT_ENTRY_LARGE,
  _SEGMENT_ENTRY_PROTECT,
  _SEGMENT_ENTRY_TYPE_MASK,
  _SEGMENT_ENTRY_YOUNG,
  type SegmentLayout,
} from './bits.ts';
import { createMassagePgprotPmd } from './protections.ts';

type Test = (entry: Prot) => boolean;
type Change = (entry: Prot) => Prot;

const has =
  (bit: number): Test =>
  (entry) =>
    (entry & bit) !== 0;

/** Bits that no segment entry that points to a table may have, its type among them; the same for region tables. */
const BAD_SEGMENT = 0x01c0 | _SEGMENT_ENTRY_TYPE_MASK;
const BAD_REGION = 0x0dd0 | _SEGMENT_ENTRY_TYPE_MASK;

/** True for a region-table entry that points to no table: a leaf, or stray bits. @fidelity exact @patch none */
export const region_bad = (entry: Prot): boolean => (entry & BAD_REGION) !== 0;

/** Predicates of segment entries, by the layout of a kernel; large region-third entries have the same bits. */
export function segmentPredicates(layout: SegmentLayout) {
  const { present } = layout;
  const large = has(_SEGMENT_ENTRY_LARGE);
  const leaf: Test =
    present === 0
      ? large
      : (entry) => (entry & (present | _SEGMENT_ENTRY_LARGE)) === (present | _SEGMENT_ENTRY_LARGE);
  return {
    pmd_present:
      present === 0 ? (pmd: Prot): boolean => pmd !== _SEGMENT_ENTRY_INVALID : has(present),
    /** 6.12 tells by the address. An empty entry is invalid and no leaf. */
    pud_present:
      present === 0
        ? (pud: Prot): boolean => (pud & _SEGMENT_ENTRY_INVALID) === 0 || large(pud)
        : has(present),
    leaf,
    /** Of a region-third entry: its type must be right as well. */
    pud_leaf: (pud: Prot): boolean => (pud & _SEGMENT_ENTRY_TYPE_MASK) === 0 && leaf(pud),
    pmd_bad: (pmd: Prot): boolean => (pmd & BAD_SEGMENT) !== 0 || leaf(pmd),
    write: has(layout.write),
    dirty: has(_SEGMENT_ENTRY_DIRTY),
    young: has(_SEGMENT_ENTRY_YOUNG),
    soft_dirty: has(layout.softDirty),
    protnone: (pmd: Prot): boolean => leaf(pmd) && (pmd & layout.read) === 0,
    access_permitted: (pmd: Prot, write: boolean): boolean =>
      leaf(pmd) && (!write || (pmd & layout.write) !== 0),
  };
}

/** Transformations of large segments, by the layout of a kernel. */
export function segmentTransforms(layout: SegmentLayout) {
  const { read, write, softDirty } = layout;
  const massage_pgprot_pmd = createMassagePgprotPmd(layout);
  const dirtyBits = _SEGMENT_ENTRY_DIRTY | softDirty;
  const kept = dirtyBits | _SEGMENT_ENTRY_YOUNG | _SEGMENT_ENTRY_LARGE;
  const unprotectIf = (entry: Prot, condition: number): Prot =>
    (entry & condition) === 0 ? entry : entry & ~_SEGMENT_ENTRY_PROTECT;
  const change =
    (set: number): Change =>
    (entry) =>
      entry | set;
  return {
    wrprotect: (pmd: Prot): Prot => (pmd & ~write) | _SEGMENT_ENTRY_PROTECT,
    mkwrite: (pmd: Prot): Prot => unprotectIf(pmd | write, _SEGMENT_ENTRY_DIRTY),
    mkclean: (pmd: Prot): Prot => (pmd & ~_SEGMENT_ENTRY_DIRTY) | _SEGMENT_ENTRY_PROTECT,
    mkdirty: (pmd: Prot): Prot => unprotectIf(pmd | dirtyBits, write),
    mkold: (pmd: Prot): Prot => (pmd & ~_SEGMENT_ENTRY_YOUNG) | _SEGMENT_ENTRY_INVALID,
    mkyoung: (pmd: Prot): Prot =>
      (pmd & read) === 0
        ? pmd | _SEGMENT_ENTRY_YOUNG
        : (pmd | _SEGMENT_ENTRY_YOUNG) & ~_SEGMENT_ENTRY_INVALID,
    mksoft_dirty: change(softDirty),
    clear_soft_dirty: (pmd: Prot): Prot => pmd & ~softDirty,
    mkinvalid: change(_SEGMENT_ENTRY_INVALID),
    modify(pmd: Prot, newprot: Prot): Prot {
      const entry = (pmd & kept) | massage_pgprot_pmd(newprot);
      const protect = (entry & _SEGMENT_ENTRY_DIRTY) === 0 ? _SEGMENT_ENTRY_PROTECT : 0;
      const invalid = (entry & _SEGMENT_ENTRY_YOUNG) === 0 ? _SEGMENT_ENTRY_INVALID : 0;
      return entry | protect | invalid;
    },
    /** pfn_pmd() and pmd_mkhuge(): of a protection in the form of pages. */
    mkhuge: (prot: Prot): Prot =>
      massage_pgprot_pmd(prot) |
      _SEGMENT_ENTRY_LARGE |
      _SEGMENT_ENTRY_YOUNG |
      _SEGMENT_ENTRY_PROTECT,
  };
}
