/** Bits of a PTE. The CPU reads NOEXEC, PROTECT and INVALID; the others are Linux's own. Names as Linux has them. */
export const _PAGE_PRESENT = 0x001;
export const _PAGE_SOFT_DIRTY = 0x002;
export const _PAGE_YOUNG = 0x004;
export const _PAGE_DIRTY = 0x008;
export const _PAGE_READ = 0x010;
export const _PAGE_WRITE = 0x020;
/** The frame has no struct page. */
export const _PAGE_SPECIAL = 0x040;
export const _PAGE_UNUSED = 0x080;
export const _PAGE_NOEXEC = 0x100;
export const _PAGE_PROTECT = 0x200;
/** Set in an empty entry, and in one that is old or without access. */
export const _PAGE_INVALID = 0x400;
export const _PAGE_LARGE = 0x800;

/** Bits that stand at the same place in segment and region-third entries of all kernels. */
export const _SEGMENT_ENTRY_TYPE_MASK = 0x000c;
export const _SEGMENT_ENTRY_INVALID = 0x0020;
export const _SEGMENT_ENTRY_NOEXEC = 0x0100;
export const _SEGMENT_ENTRY_PROTECT = 0x0200;
/** The entry maps memory: 1 MiB, or 2 GiB in a region-third table. */
export const _SEGMENT_ENTRY_LARGE = 0x0400;
export const _SEGMENT_ENTRY_YOUNG = 0x1000;
export const _SEGMENT_ENTRY_DIRTY = 0x2000;

/** Types of region-table entries, and the length that each must name: all of the table below. */
export const _REGION_ENTRY_TYPE_R3 = 0x0004;
export const _REGION_ENTRY_TYPE_R2 = 0x0008;
export const _REGION_ENTRY_LENGTH = 0x0003;

/** Where Linux keeps its own bits of a large segment, which changed after 6.12. */
export interface SegmentLayout {
  readonly read: number;
  readonly write: number;
  /** 0 where Linux was built without MEM_SOFT_DIRTY. */
  readonly softDirty: number;
  /** 0 in 6.12, which tells by the other bits whether an entry is there. */
  readonly present: number;
}

/** The layout of a kernel. */
export const segmentLayout = (hasPresent: boolean, softDirty: boolean): SegmentLayout =>
  hasPresent
    ? { read: 0x4000, write: 0x8000, softDirty: softDirty ? 0x0002 : 0, present: 0x0001 }
    : { read: 0x0001, write: 0x0002, softDirty: softDirty ? 0x4000 : 0, present: 0 };
