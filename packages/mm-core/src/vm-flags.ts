/**
 * VM_* flags of a VMA, bits 0 to 31 of vm_flags, as signed 32-bit integers. The flags above bit 31 are kept apart in
 * `vm_flags_high`, so that tests are single integer operations.
 */
export const VM_NONE = 0;
export const VM_READ = 0x1;
export const VM_WRITE = 0x2;
export const VM_EXEC = 0x4;
export const VM_SHARED = 0x8;
export const VM_MAYREAD = 0x10;
export const VM_MAYWRITE = 0x20;
export const VM_MAYEXEC = 0x40;
export const VM_MAYSHARE = 0x80;
export const VM_PFNMAP = 0x400;
export const VM_LOCKED = 0x2000;
export const VM_IO = 0x4000;
export const VM_SEQ_READ = 0x8000;
export const VM_RAND_READ = 0x10000;
export const VM_DONTCOPY = 0x20000;
export const VM_DONTEXPAND = 0x40000;
export const VM_LOCKONFAULT = 0x80000;
export const VM_ACCOUNT = 0x100000;
export const VM_NORESERVE = 0x200000;
export const VM_HUGETLB = 0x400000;
export const VM_PAT = 0x1000000;
export const VM_WIPEONFORK = 0x2000000;
export const VM_DONTDUMP = 0x4000000;
export const VM_SOFTDIRTY = 0x8000000;
export const VM_MIXEDMAP = 0x10000000;
export const VM_HUGEPAGE = 0x20000000;
export const VM_NOHUGEPAGE = 0x40000000;
export const VM_MERGEABLE = 0x80000000 | 0;

/** Bit 39 of vm_flags: KVM on arm64 may map the memory Normal-NC. In `vm_flags_high`. */
export const VM_ALLOW_ANY_UNCACHED_HIGH = 1 << (39 - 32);

/** VMAs that the mm core leaves alone: no merge, no mlock, no migration. */
export const VM_SPECIAL = VM_IO | VM_DONTEXPAND | VM_PFNMAP | VM_MIXEDMAP;
export const VM_NO_KHUGEPAGED = VM_SPECIAL | VM_HUGETLB;
export const VM_ACCESS_FLAGS = VM_READ | VM_WRITE | VM_EXEC;

/**
 * True for a private mapping that may be written: its pages are copied on write.
 *
 * @fidelity exact
 * @patch none
 */
export const is_cow_mapping = (vm_flags: number): boolean =>
  (vm_flags & (VM_SHARED | VM_MAYWRITE)) === VM_MAYWRITE;

/** The mnemonics of smaps' VmFlags line, in bit order. */
const MNEMONICS: ReadonlyArray<readonly [flag: number, name: string]> = [
  [VM_READ, 'rd'],
  [VM_WRITE, 'wr'],
  [VM_EXEC, 'ex'],
  [VM_SHARED, 'sh'],
  [VM_MAYREAD, 'mr'],
  [VM_MAYWRITE, 'mw'],
  [VM_MAYEXEC, 'me'],
  [VM_MAYSHARE, 'ms'],
  [VM_PFNMAP, 'pf'],
  [VM_LOCKED, 'lo'],
  [VM_IO, 'io'],
  [VM_SEQ_READ, 'sr'],
  [VM_RAND_READ, 'rr'],
  [VM_DONTCOPY, 'dc'],
  [VM_DONTEXPAND, 'de'],
  [VM_LOCKONFAULT, 'lf'],
  [VM_ACCOUNT, 'ac'],
  [VM_NORESERVE, 'nr'],
  [VM_HUGETLB, 'ht'],
  [VM_PAT, 'ar'],
  [VM_WIPEONFORK, 'wf'],
  [VM_DONTDUMP, 'dd'],
  [VM_SOFTDIRTY, 'sd'],
  [VM_MIXEDMAP, 'mm'],
  [VM_HUGEPAGE, 'hg'],
  [VM_NOHUGEPAGE, 'nh'],
  [VM_MERGEABLE, 'mg'],
];

/** Prints vm_flags as smaps' VmFlags line does; bits without a mnemonic print as `??`. */
export function formatVmFlags(vm_flags: number, vm_flags_high = 0): string {
  const names = MNEMONICS.filter(([flag]) => (vm_flags & flag) !== 0).map(([, name]) => name);
  for (let bit = 0; bit < 31; bit++) if ((vm_flags_high & (1 << bit)) !== 0) names.push('??');
  return names.join(' ');
}
