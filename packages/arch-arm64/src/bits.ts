/**
 * The descriptor bits of stage 1 outside the address, as they lie in a protection word: bits 0 to 15 in place, bits 50
 * to 63 moved down by 32. `1 << 24` is therefore bit 56 of the entry. Source: Arm architecture, VMSAv8-64 descriptor
 * formats, and Linux's software bits.
 */
export const PTE_VALID = 1 << 0;
/** Bit 1: page (level 3) or table (above) when set, block when clear. Software keeps its meaning while VALID is clear. */
export const PTE_TABLE_BIT = 1 << 1;
/** Bits 1:0 of a page; also of a table entry. */
export const PTE_TYPE_PAGE = 3;
/** Bits 1:0, which tell page or table (3) and block (1) apart. */
export const PTE_TYPE_MASK = 3;
/** Bits 1:0 of a block. */
export const PMD_TYPE_SECT = 1;
/** AttrIndx, bits 4:2: the memory type, an index into MAIR_EL1. */
export const PTE_ATTRINDX_MASK = 7 << 2;
/** AP[1]: EL0 may access. */
export const PTE_USER = 1 << 6;
/** AP[2]: stores fault. Together with PTE_WRITE it means "writable and clean". */
export const PTE_RDONLY = 1 << 7;
/** SH[1:0], inner shareable. These two bits are PA[51:50] while LPA2 is active. */
export const PTE_SHARED = 3 << 8;
/** Access flag: the entry was used. */
export const PTE_AF = 1 << 10;
/** The same bit of a table entry; without FEAT_HAFT the hardware ignores it. */
export const PTE_TABLE_AF = PTE_AF;
/** nG: the translation belongs to one address space. */
export const PTE_NG = 1 << 11;
/** The same bit as nG, in an entry that is not VALID: present for software, a fault for hardware. */
export const PTE_PRESENT_INVALID = PTE_NG;
/** Bit 50, GP: branch targets are checked (BTI). */
export const PTE_GP = 1 << 18;
/** Bit 51, DBM: hardware may clear RDONLY on a store. Linux's "writable". */
export const PTE_DBM = 1 << 19;
export const PTE_WRITE = PTE_DBM;
/** Bit 52: hint that the aligned group around the entry is one contiguous mapping. */
export const PTE_CONT = 1 << 20;
/** Bit 53: EL1 may not execute. */
export const PTE_PXN = 1 << 21;
/** Bit 54: EL0 may not execute. */
export const PTE_UXN = 1 << 22;
/** Bit 55, software: dirty although RDONLY is set. */
export const PTE_DIRTY = 1 << 23;
/** Bit 56, software: no struct page behind the frame. */
export const PTE_SPECIAL = 1 << 24;
/** Bit 57, software: device memory with struct pages; gone in 7.3. */
export const PTE_DEVMAP = 1 << 25;
/** Bit 58, software: write-protected for userfaultfd. */
export const PTE_UFFD_WP = 1 << 26;
/** Bit 59 of a table entry: EL1 may execute nothing below it. */
export const PMD_TABLE_PXN = 1 << 27;
/** Bit 60 of a table entry: EL0 may execute nothing below it. */
export const PMD_TABLE_UXN = 1 << 28;
/** POIndex, bits 62:60: the protection key of a leaf. */
export const PTE_PO_IDX_MASK = 7 << 28;
/** Bit 63: a software bit without a meaning. */
export const PTE_SW63 = 1 << 31;
/** Bits 63 and 58:55: hardware never looks at them. */
export const PTE_SWBITS_MASK = PTE_SW63 | PTE_UFFD_WP | PTE_DEVMAP | PTE_SPECIAL | PTE_DIRTY;
/** Bit 2 of a swap entry: the page belongs to one process alone. */
export const PTE_SWP_EXCLUSIVE = 1 << 2;
/** Bit 3 of a swap entry: write-protected for userfaultfd. */
export const PTE_SWP_UFFD_WP = 1 << 3;
