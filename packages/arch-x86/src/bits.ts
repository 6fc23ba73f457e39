/**
 * The bits of an x86-64 entry as bits of a protection word: bits 0 to 12 are where the manual has them, bits 52 to 63
 * lie 32 lower. So DEVMAP (bit 57 of the entry) is bit 25 here and NX (bit 63) is bit 31, the sign.
 */

/** P, bit 0: the CPU may use the entry. */
export const _PAGE_PRESENT = 1 << 0;
/** R/W, bit 1: writable. In a swap-type entry the same bit is {@link _PAGE_SWP_SOFT_DIRTY}. */
export const _PAGE_RW = 1 << 1;
/** U/S, bit 2: user mode may use it. In a swap-type entry the same bit is {@link _PAGE_SWP_UFFD_WP}. */
export const _PAGE_USER = 1 << 2;
/** PWT, bit 3: bit 0 of the PAT index. In a swap-type entry the same bit is {@link _PAGE_SWP_EXCLUSIVE}. */
export const _PAGE_PWT = 1 << 3;
/** PCD, bit 4: bit 1 of the PAT index. */
export const _PAGE_PCD = 1 << 4;
/** A, bit 5: the CPU sets it when it uses the entry. */
export const _PAGE_ACCESSED = 1 << 5;
/** D, bit 6: the CPU sets it in a leaf on a store. */
export const _PAGE_DIRTY = 1 << 6;
/** PS, bit 7 of a PMD or PUD entry: the entry is a leaf. */
export const _PAGE_PSE = 1 << 7;
/** PAT, bit 7 of a PTE: bit 2 of the PAT index. */
export const _PAGE_PAT = 1 << 7;
/** G, bit 8: the translation survives a switch of address space. */
export const _PAGE_GLOBAL = 1 << 8;
/** Bit 8 of an entry without P: all access was taken away by protection, the page stays. */
export const _PAGE_PROTNONE = 1 << 8;
/** Software bit 9: no struct page may be taken from this entry. */
export const _PAGE_SPECIAL = 1 << 9;
/** Software bit 10: userfaultfd write-protect mark. Linux 7.3 calls it _PAGE_UFFD. */
export const _PAGE_UFFD_WP = 1 << 10;
/** Software bit 11: soft-dirty mark. */
export const _PAGE_SOFT_DIRTY = 1 << 11;
/** Bit 12 of a PMD or PUD leaf: bit 2 of the PAT index. In every other entry bit 12 is an address bit. */
export const _PAGE_PAT_LARGE = 1 << 12;
/** Software bit 57: device-map mark. Linux 7.3 no longer has it. */
export const _PAGE_DEVMAP = 1 << 25;
/** Software bit 58 of a leaf: D while the entry is not writable. */
export const _PAGE_SAVED_DIRTY = 1 << 26;
/** Software bit 58 of a PGD entry: no copy in the user page table of PTI. */
export const _PAGE_NOPTISHADOW = 1 << 26;
/** Bits 59 to 62: the protection key. */
export const _PAGE_PKEY_MASK = 15 << 27;
/** XD, bit 63: instructions may not be fetched. */
export const _PAGE_NX = 1 << 31;

/** Soft-dirty mark of a swap-type entry. */
export const _PAGE_SWP_SOFT_DIRTY = _PAGE_RW;
/** userfaultfd write-protect mark of a swap-type entry. */
export const _PAGE_SWP_UFFD_WP = _PAGE_USER;
/** Mark of an anonymous page that only this process has. */
export const _PAGE_SWP_EXCLUSIVE = _PAGE_PWT;

/** The bits of the PAT index in a PTE. */
export const _PAGE_CACHE_MASK = _PAGE_PWT | _PAGE_PCD | _PAGE_PAT;
/** D and its copy. */
export const _PAGE_DIRTY_BITS = _PAGE_DIRTY | _PAGE_SAVED_DIRTY;
/** A and D, which a processor erratum may set in an empty entry: the none tests ignore them. */
export const _PAGE_KNL_ERRATUM_MASK = _PAGE_ACCESSED | _PAGE_DIRTY;
/** A user table entry. */
export const _PAGE_TABLE = _PAGE_PRESENT | _PAGE_RW | _PAGE_USER | _PAGE_ACCESSED | _PAGE_DIRTY;
/** A kernel table entry. */
export const _KERNPG_TABLE = _PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED | _PAGE_DIRTY;

const userLeaf = _PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED;

/** No access: not present, and the CPU finds no entry. */
export const PAGE_NONE = _PAGE_ACCESSED | _PAGE_PROTNONE;
/** Read and write. */
export const PAGE_SHARED = userLeaf | _PAGE_RW | _PAGE_NX;
/** Read, write and execute. */
export const PAGE_SHARED_EXEC = userLeaf | _PAGE_RW;
/** Read only. PAGE_COPY and PAGE_COPY_NOEXEC are the same value. */
export const PAGE_READONLY = userLeaf | _PAGE_NX;
/** Read and execute. PAGE_COPY_EXEC is the same value. */
export const PAGE_READONLY_EXEC = userLeaf;

/** Kernel data. */
export const __PAGE_KERNEL = _KERNPG_TABLE | _PAGE_GLOBAL | _PAGE_NX;
/** Kernel data that is never written. */
export const __PAGE_KERNEL_RO = _PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_GLOBAL | _PAGE_NX;
/** Kernel variables that user mode may read. */
export const __PAGE_KERNEL_VVAR = __PAGE_KERNEL_RO | _PAGE_USER;
/** Kernel data in a huge leaf. */
export const __PAGE_KERNEL_LARGE = __PAGE_KERNEL | _PAGE_PSE;
/** Kernel text and data in a huge leaf. */
export const __PAGE_KERNEL_LARGE_EXEC = __PAGE_KERNEL_LARGE & ~_PAGE_NX;
