import type { KernelChange } from './kernel-change.ts';

/** Later changes of the architectures that the model can tell apart. */
export const archChanges: readonly KernelChange[] = /* @__PURE__ */ Object.freeze([
  {
    symbol: 'PGPROT_WRITECOMBINE_REPLACES',
    title: 'x86/mm: pgprot_writecombine() replaces the cache mode',
    topic: 'arch/x86',
    help: 'pgprot_writecombine() and pgprot_writethrough() or their bits onto the mode that is there, so write-combining on top of uncached gives uncached. They clear the mode first now.',
  },
  {
    symbol: 'X86_5LEVEL_ALWAYS',
    title: 'x86/mm: always build five-level paging',
    topic: 'arch/x86',
    help: 'Five-level paging is a build option. It is always built now; the CPU decides.',
  },
  {
    symbol: 'X86_PFN_PTE_DIRTY_WARN',
    title: 'x86/mm: warn of dirty protections without write access',
    topic: 'arch/x86',
    help: 'pfn_pte() takes any protection. It now warns of one that is dirty but not writable, which would mean a shadow stack.',
  },
  {
    symbol: 'GENERIC_P4D_LEAF',
    title: 'mm: p4d_leaf() and pgd_leaf() from generic code',
    topic: 'arch/x86',
    help: 'Architectures without leaves at these levels define predicates that say so. The generic ones serve now; results stay.',
  },
  {
    symbol: 'ARM64_IOREMAP_USER_ONLY',
    title: 'arm64: ioremap_prot() refuses what user space may not access',
    topic: 'arch/arm64',
    help: 'generic_access_phys() hands the protection of a user mapping to ioremap_prot(). One without user access, as after mprotect(PROT_NONE), is refused, and the access fails. Seen on 6.12.117 and 7.3.4; that the series had it from the start is not known.',
  },
  {
    symbol: 'ARM64_TABLE_AF',
    title: 'arm64: set the access flag in table entries',
    topic: 'arch/arm64',
    help: 'Table entries have bit 10 clear. It is set now, for CPUs that keep an access flag in tables.',
  },
  {
    symbol: 'ARM64_TABLE_TYPE_FIELD',
    title: 'arm64: test the whole type field of upper table entries',
    topic: 'arch/arm64',
    help: 'p4d_bad() and pgd_bad() look at bit 1 only. They look at both bits of the type now.',
  },
  {
    symbol: 'ARM64_MKCONT_ONLY_CONT',
    title: 'arm64: pte_mkcont() sets the contiguous bit alone',
    topic: 'arch/arm64',
    help: 'pte_mkcont() also forces the type to page. It leaves the type alone now.',
  },
  {
    symbol: 'ARM64_CONT_LIVE_CHANGE',
    title: 'arm64: change live contiguous entries where the CPU allows it',
    topic: 'arch/arm64',
    help: 'A change of the contiguous bit of a live entry is refused. It is allowed now.',
  },
  {
    symbol: 'ARM64_REALM_SHARED',
    title: 'arm64: shared memory of realms',
    topic: 'arch/arm64',
    help: 'pgprot_decrypted() changes nothing. In a realm it now sets the address bit that means shared.',
  },
  {
    symbol: 'ARM64_LAZY_BARRIERS',
    title: 'arm64: batch barriers after changes of kernel tables',
    topic: 'arch/arm64',
    help: 'Every change of a kernel entry is followed by barriers. They may now wait until a batch of changes is done.',
  },
  {
    symbol: 'ARM64_SPURIOUS_FLUSH',
    title: 'arm64: flush locally after a spurious fault',
    topic: 'arch/arm64',
    help: 'A spurious fault flushes nothing. It now flushes the address on the CPU that took it, for PTEs and PMD leaves.',
  },
  {
    symbol: 'ARM64_NEEDS_FLUSH',
    title: 'arm64: flush after mprotect only where the TLB can notice',
    topic: 'arch/arm64',
    help: 'mprotect() flushed every entry that it changed. It now leaves out changes that no cached translation can contradict.',
  },
  {
    symbol: 'S390_RSTE_PRESENT',
    title: 's390/mm: present bits in segment and region-third table entries',
    topic: 'arch/s390',
    help: 'Whether a large entry is present follows from its other bits. It has a bit of its own now, and the bits for read, write and soft-dirty moved.',
  },
  {
    symbol: 'RISCV_HUGE_PFNMAP',
    title: 'riscv: enable huge pfn mappings and huge PUDs',
    topic: 'arch/riscv',
    entry: 'U1',
    commit: '03dc00a2b678',
    help: 'riscv has neither huge pfn mappings nor transparent huge PUDs. It gets both, with the software bit that marks special PTEs.',
    dependsOn: 'SERIES_PATCH_08',
  },
  {
    symbol: 'POWERPC_HUGE_PFNMAP',
    title: 'powerpc: enable huge pfn mappings on Book3S-64',
    topic: 'arch/powerpc',
    entry: 'U1',
    help: 'powerpc has no huge pfn mappings. Book3S-64 gets them, with the software bit that marks special PTEs.',
    dependsOn: 'FIX_VFIO_POWERPC_BUILD',
  },
]);
