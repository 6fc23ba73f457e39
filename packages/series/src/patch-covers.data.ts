import { seriesPatches } from '@pfnmap/kconfig';
import type { KernelFunction, PatchCover, SeriesTarget } from './cover.ts';

/** What this file says of a patch; number, symbol, subject and commit come from its symbol. */
type Told = Omit<PatchCover, 'number' | 'symbol' | 'subject' | 'commit' | 'fixes' | 'targets'> & {
  readonly fixes?: readonly string[];
  readonly targets?: readonly SeriesTarget[];
};

const at = (file: string, ...names: readonly string[]): KernelFunction[] =>
  names.map((name) => ({ name, file: `packages/${file}` }));

const TOLD: readonly Told[] = [
  {
    packages: ['kconfig', 'arch-x86', 'arch-arm64'],
    effect: 'nothing',
    problem:
      'Nothing says whether an architecture can mark a PMD or PUD entry as device memory without counted pages, as pte_special() does for PTEs.',
    change:
      'Three symbols without a prompt, ARCH_SUPPORTS_HUGE_PFNMAP, …_PMD_PFNMAP and …_PUD_PFNMAP; where they are off, pmd_special() and pud_special() find nothing and pmd_mkspecial() and pud_mkspecial() change nothing.',
    observable: 'nothing: no architecture selects the symbols yet',
    functions: [
      { name: 'pmd_special', file: 'packages/arch-x86/src/build-predicates.ts' },
      { name: 'pmd_mkspecial', file: 'packages/arch-x86/src/build-transformations.ts' },
    ],
    gates: ['ARCH_SUPPORTS_HUGE_PFNMAP depends on it'],
    visibleFrom: 17,
    scenarios: ['17-special', '03-fork-child', '03-lookup'],
  },
  {
    packages: ['mm-huge'],
    effect: 'calls',
    problem: 'is_huge_zero_pud() asks for a huge zero page at PUD level, which never existed.',
    change:
      'The predicate is dropped; a PUD that is occupied by another frame always warns on write.',
    observable: 'the function is gone; every answer stays',
    functions: [
      ...at('mm-huge/src/create-mm-huge.ts', 'is_huge_zero_pud'),
      ...at('mm-huge/src/insert-pfn.ts', 'insert_pfn_pud'),
    ],
    gates: ['is_huge_zero_pud exists until it'],
    visibleFrom: undefined,
    scenarios: [],
  },
  {
    packages: ['mm-huge'],
    effect: 'nothing',
    problem: 'Huge entries for device memory look like entries for pages.',
    change:
      'insert_pfn_pmd() and insert_pfn_pud() mark what is not devmap as special, after making it huge and before making it dirty or writable.',
    observable: 'nothing yet: pmd_mkspecial() is a stub until patches 17 and 18',
    functions: at('mm-huge/src/insert-pfn.ts', 'insert_pfn_pmd', 'insert_pfn_pud'),
    gates: ['insertion marks special'],
    visibleFrom: 17,
    scenarios: ['17-special', '03-fork-child', '03-lookup'],
    fixes: ['F6', 'F16'],
  },
  {
    packages: ['mm-huge'],
    effect: 'answers',
    problem:
      'A pfn mapping of a file gets the orders of the page cache: the PMD order with 4K and 16K pages, never the PUD order, and nothing huge with 64K pages.',
    change:
      'thp_vma_allowable_orders() gives special-huge VMAs exactly the PMD and PUD orders; the mask was for DAX alone.',
    observable: 'huge_fault handlers are asked for the PUD order: entries of 1 GiB on x86_64',
    functions: at('mm-huge/src/thp-orders.ts', 'thp_vma_allowable_orders', 'vma_is_special_huge'),
    gates: ['the order mask of PFNMAP and MIXEDMAP VMAs'],
    visibleFrom: 4,
    scenarios: ['04-orders', '04-page-tables', '04-mixed'],
    targets: [{ name: 'arm64, 64K pages', arch: 'arm64', with: ['ARM64_64K_PAGES'] }],
    fixes: ['F12'],
  },
  {
    packages: ['mm-gup'],
    effect: 'nothing',
    problem:
      'gup-fast has no VMA to ask, and would compute a struct page for device memory behind a huge entry.',
    change: 'Its two leaf functions stop at a special entry, after the test of permissions.',
    observable:
      'nothing yet: nothing is special until patches 17 and 18; without it they crash gup-fast',
    functions: at('mm-gup/src/gup-fast.ts', 'gup_fast_pmd_leaf', 'gup_fast_pud_leaf'),
    gates: ['gup-fast refuses special leaves'],
    visibleFrom: 17,
    scenarios: ['05-gup-fast', '05-guest-write', '05-pin'],
  },
  {
    packages: ['mm-pagewalk', 'mm-memory'],
    effect: 'nothing',
    problem: 'folio_walk_start() would return a folio for a huge entry of device memory.',
    change:
      'It finds nothing behind a special PUD. As posted it also passed over special PMDs before asking whether they are present; as merged, vm_normal_page_pmd() asks.',
    observable:
      'nothing yet: nothing is special until patch 17; without it move_pages() crashes on a 1 GiB entry',
    functions: [
      ...at('mm-pagewalk/src/folio-walk.ts', 'folio_walk_start'),
      ...at('mm-memory/src/vm-normal-page.ts', 'vm_normal_page_pmd'),
    ],
    gates: ['the walk knows special entries', 'FIX_FOLIO_WALK_PRESENT_PMD: the form as merged'],
    visibleFrom: 17,
    scenarios: ['06-move-pages', '06-move-pages-inside', '06-move-pages-child'],
  },
  {
    packages: ['mm-fork'],
    effect: 'answers',
    problem:
      'fork() leaves PMD entries of pfn mappings out, which a driver without a fault handler cannot repair, and write-protects PUD entries on both sides even in shared mappings.',
    change:
      'copy_huge_pmd() copies a special PMD, not accessed, else as it is. copy_huge_pud() write-protects only where the mapping is copy-on-write.',
    observable:
      '1 GiB entries keep write access over fork; children have 2 MiB entries from patch 17 on',
    functions: at('mm-fork/src/copy-huge.ts', 'copy_huge_pmd', 'copy_huge_pud'),
    gates: ['fork accepts huge pfn entries'],
    visibleFrom: 7,
    scenarios: ['07-fork', '07-fork-mixed', '07-two-processes'],
    fixes: ['F1', 'F16'],
  },
  {
    packages: ['arch-x86', 'arch-arm64'],
    effect: 'calls',
    problem:
      'Generic code cannot ask an entry for its protection: most architectures lack pmd_pgprot() and pud_pgprot().',
    change:
      'Each of the three helpers exists everywhere, and gives 0 where an architecture has none of its own.',
    observable: 'nothing but that patch 9 builds; arm64 tells 0 for a PMD until patch 18',
    functions: [...at('arch-arm64/src/leaf-tables.ts', 'pte_pgprot', 'pmd_pgprot', 'pud_pgprot')],
    gates: ['none: the interface of an architecture has the helpers in every kernel'],
    visibleFrom: undefined,
    scenarios: [],
  },
  {
    packages: ['follow-pfnmap'],
    effect: 'answers',
    problem:
      'follow_pte(), the only lookup of raw frames, knows PTEs and hands out a pointer to the entry.',
    change:
      'follow_pfnmap_start() finds the frame of an address at any level and holds the page-table lock until follow_pfnmap_end(); frame, protection, write access and special mark are told by value.',
    observable: 'lookups answer for entries of every size; nobody in the kernel calls them yet',
    functions: at('follow-pfnmap/src/follow-pfnmap.ts', 'follow_pfnmap_start', 'follow_pfnmap_end'),
    gates: ['the two functions exist'],
    visibleFrom: 9,
    scenarios: ['09-follow', '09-protection', '09-remap'],
    fixes: ['F2', 'F8'],
  },
  {
    packages: ['kvm-consumer'],
    effect: 'answers',
    problem:
      'KVM looks frames of device memory up by follow_pte(): behind a huge entry it finds none, and the access of the guest fails.',
    change: 'hva_to_pfn_remapped() uses the new lookup; its order of steps and its errors stay.',
    observable: 'guests reach device memory that the host maps huge, with stage-2 entries as large',
    functions: at('kvm-consumer/src/hva-to-pfn-remapped.ts', 'hva_to_pfn_remapped'),
    gates: ['which lookup hva_to_pfn_remapped() uses'],
    visibleFrom: 10,
    scenarios: ['10-kvm', '10-guest-1g', '10-guest-first'],
    fixes: ['F15'],
  },
  {
    packages: ['s390-pci-mmio', 'arch-s390'],
    effect: 'nothing',
    problem: 'The s390 system calls for PCI memory look frames up by follow_pte().',
    change: 's390_pci_mmio_write() and s390_pci_mmio_read() use the new lookup.',
    observable: 'nothing: s390 has no huge pfn mappings, and both lookups find the same PTEs',
    functions: at(
      's390-pci-mmio/src/create-s390-pci-mmio.ts',
      's390_pci_mmio_write',
      's390_pci_mmio_read',
    ),
    gates: ['which lookup s390_pci_mmio_write() and s390_pci_mmio_read() use'],
    visibleFrom: undefined,
    scenarios: [],
  },
  {
    packages: ['x86-pat'],
    effect: 'nothing',
    problem: 'follow_phys() finds the first frame of a tracked mapping by follow_pte().',
    change: 'It uses the new lookup and accepts special entries only.',
    observable:
      'nothing: tracked mappings have PTEs, which are special; a huge leaf would be found from patch 17 on',
    functions: [{ name: 'follow_phys', file: 'packages/x86-pat/src/follow-phys.ts' }],
    gates: ['which lookup follow_phys() uses'],
    visibleFrom: undefined,
    scenarios: [],
    fixes: ['F17'],
  },
  {
    packages: ['vfio-type1'],
    effect: 'answers',
    problem:
      'Mapping device memory for DMA looks frames up by follow_pte(), and fails on huge entries.',
    change: 'follow_fault_pfn() uses the new lookup.',
    observable: 'VFIO_IOMMU_MAP_DMA of huge pfn mappings succeeds instead of EINVAL',
    functions: at('vfio-type1/src/vaddr-get-pfns.ts', 'follow_fault_pfn'),
    gates: ['which lookup follow_fault_pfn() uses'],
    visibleFrom: 13,
    scenarios: ['13-dma', '13-dma-1g', '13-dma-first', '13-dma-sizes'],
    fixes: ['F10'],
  },
  {
    packages: ['acrn'],
    effect: 'calls',
    problem: 'The ACRN service module cannot map huge pfn mappings into a guest.',
    change: 'acrn_vm_ram_map() uses the new lookup, page by page.',
    observable: 'ACRN guests get device memory that is mapped huge, instead of EINVAL',
    functions: at('acrn/src/create-acrn.ts', 'acrn_vm_ram_map'),
    gates: ['which lookup acrn_vm_ram_map() uses'],
    visibleFrom: undefined,
    scenarios: [],
  },
  {
    packages: ['access-process-vm'],
    effect: 'answers',
    problem:
      'generic_access_phys(), which lets debuggers read device memory, fails on huge entries.',
    change:
      'It uses the new lookup, and compares frame, protection and write access to notice a mapping that changed meanwhile.',
    observable:
      '/proc/PID/mem reads through huge entries, for drivers with this ->access; vfio-pci has none',
    functions: at('access-process-vm/src/create-access-process-vm.ts', 'generic_access_phys'),
    gates: ['which lookup generic_access_phys() uses'],
    visibleFrom: 15,
    scenarios: ['15-debugger', '15-debugger-1g', '15-debugger-read-only'],
    fixes: ['F13'],
  },
  {
    packages: ['follow-pfnmap'],
    effect: 'calls',
    problem: 'Nobody calls follow_pte() any more.',
    change: 'It is removed.',
    observable: 'the function is gone; modules that call it no longer load',
    functions: at('follow-pfnmap/src/follow-pte.ts', 'follow_pte'),
    gates: ['follow_pte exists until it'],
    visibleFrom: undefined,
    scenarios: [],
  },
  {
    packages: ['arch-x86', 'kconfig'],
    effect: 'answers',
    problem: 'x86_64 has no special mark above the PTE.',
    change:
      'It selects ARCH_SUPPORTS_HUGE_PFNMAP with THP, and marks by software bit 9 at PMD and PUD level, as at PTE level.',
    observable:
      'entries have bit 9; gup-fast stops at them, fork copies 2 MiB entries, lookups say special',
    functions: [
      ...at('arch-x86/src/build-predicates.ts', 'pmd_special', 'pud_special'),
      ...at('arch-x86/src/build-transformations.ts', 'pmd_mkspecial', 'pud_mkspecial'),
    ],
    gates: ['ARCH_SUPPORTS_HUGE_PFNMAP is selected by X86_64'],
    visibleFrom: 17,
    scenarios: ['17-special', '03-fork-child', '03-lookup', '05-gup-fast', '06-move-pages'],
    fixes: ['F1'],
  },
  {
    packages: ['arch-arm64', 'kconfig'],
    effect: 'answers',
    problem: 'arm64 has no special mark above the PTE, and no pmd_pgprot().',
    change:
      'It selects ARCH_SUPPORTS_HUGE_PFNMAP with THP, marks by software bit 56, and tells the protection of PMD and PUD entries.',
    observable:
      'entries have bit 56; gup-fast stops at them, fork copies them, lookups tell protection and mark',
    functions: at('arch-arm64/src/leaf-tables.ts', 'pmd_special', 'pmd_mkspecial', 'pmd_pgprot'),
    gates: ['ARCH_SUPPORTS_HUGE_PFNMAP is selected by ARM64', 'pmd_pgprot() is real'],
    visibleFrom: 18,
    scenarios: ['17-special', '03-fork-child', '03-lookup', '05-gup-fast', '09-protection'],
    fixes: ['F7'],
  },
  {
    packages: ['vfio-pci'],
    effect: 'answers',
    problem: 'The first fault in a BAR fills the whole mapping with 4 KiB entries.',
    change:
      'vfio_pci_mmap_huge_fault() maps what the fault asks for, of the order asked for; nothing is mapped ahead.',
    observable: 'BARs are mapped with entries of 2 MiB and 1 GiB, on demand',
    functions: at('vfio-pci/src/huge-fault.ts', 'vfio_pci_mmap_huge_fault'),
    gates: ['vfio-pci has huge_fault, and maps one leaf a fault'],
    visibleFrom: 19,
    scenarios: ['19-first-touch', '19-guest', '19-memory-off', '19-page-tables'],
    fixes: ['F3', 'F4', 'F9', 'F11'],
  },
];

/** The 19 patches in order. */
export const patchCovers: readonly PatchCover[] = /* @__PURE__ */ Object.freeze(
  TOLD.map((told, index) => {
    const { number, symbol, title, commit } = seriesPatches[index]!;
    return Object.freeze({
      number,
      symbol,
      subject: title,
      commit,
      fixes: [],
      targets: [],
      ...told,
    });
  }),
);
