import type { KernelBug } from '@pfnmap/pgtable-core';
import type { FoundBug } from '../played.ts';

/** What is known about places where real kernels stop, by the function. */
const KNOWN: Readonly<Record<string, Pick<FoundBug, 'rule' | 'kernels'>>> = {
  __split_huge_pmd: {
    rule: 'a VMA boundary inside a 1G entry must be 2M-aligned: vma_adjust_trans_huge() looks for a PMD and does not ask whether the PUD is a leaf',
    kernels: 'x86_64 with huge pfnmaps: 6.12 to 7.3 (seen on 6.12.117 and 7.3.4)',
  },
  handle_mm_fault: {
    rule: 'a fault handler must change the entry it is called for: huge_fault with write=false finds a read-only leaf and leaves it',
    kernels: 'x86_64 with soft-dirty tracking, 6.12 to 7.3: clear_refs, zap, read, then write',
  },
  queue_folios_pte_range: {
    rule: 'a walker that takes a folio from a PMD must ask vm_normal_folio_pmd() first: device memory has none',
    kernels: '6.12 to before 7.3, x86_64 and arm64 (seen on 6.12.117): mbind() with MPOL_MF_STRICT',
  },
  gup_fast_pmd_leaf: {
    rule: 'gup-fast must refuse special leaves, since device memory has no struct page',
    kernels: 'kernels without patch 5',
  },
  gup_fast_pud_leaf: {
    rule: 'gup-fast must refuse special leaves, since device memory has no struct page',
    kernels: 'kernels without patch 5',
  },
  pagemap_pmd_range: {
    rule: 'a walker must ask vm_normal_page_pmd() for the page of a PMD: a VM_MIXEDMAP mapping of device memory has none',
    kernels: '6.12 to before 7.3, x86_64 and arm64 (seen on 6.12.117): a read of /proc/PID/pagemap',
  },
  clear_refs_pte_range: {
    rule: 'a walker must ask vm_normal_page_pmd() for the page of a PMD: a VM_MIXEDMAP mapping of device memory has none',
    kernels:
      '6.12 to before 7.3, x86_64 and arm64 (seen on 6.12.117): 1 or 3 written to /proc/PID/clear_refs',
  },
  do_pages_stat: {
    rule: 'folio_walk_start() must find nothing behind a special PUD, since device memory has no struct page',
    kernels: 'kernels without patch 6',
  },
};

/** A bug in the words that a reader needs. */
export function describeBug(bug: KernelBug): FoundBug {
  const known = KNOWN[bug.where];
  return {
    what: bug.message,
    where: bug.where,
    rule: known?.rule ?? 'the caller broke a rule that the kernel only checks with BUG_ON',
    kernels: known?.kernels ?? 'all that have this path',
  };
}
