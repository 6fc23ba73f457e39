import type { Explanation } from './shard.ts';

/** An entry in the list of what is known to differ, or to die. */
export interface Known extends Explanation {
  /** The kernel function the model stops in: from that step on the kernel may answer anything, or die. */
  readonly where: string;
}

/**
 * What a campaign expects: defects of kernels, which the model knows as places where it stops. The
 * README tells of each.
 */
export const KNOWN: readonly Known[] = [
  {
    id: 'mbind-strict',
    kind: 'kernel defect',
    text: 'A strict memory policy on a mapping with huge entries kills kernels before 7.3: they take the device page for one of memory (scenarios 23-mbind, 31-mbind-strict).',
    where: 'queue_folios_pte_range',
  },
  {
    id: 'split-in-1g',
    kind: 'kernel defect',
    text: 'A VMA that is split inside a 1G entry, off a 2M boundary, makes x86_64 kernels read the entry as a table (scenarios 20-vma-split-in-1g, 34-shrink-in-1g).',
    where: '__split_huge_pmd',
  },
  {
    id: 'soft-dirty-loop',
    kind: 'kernel defect',
    text: 'After soft-dirty bits were cleared, a write to a huge entry that a read made faults for ever on x86_64, also when a guest does it (scenarios 30-clear-refs-loop, 84-clear-refs-kvm).',
    where: 'handle_mm_fault',
  },
  {
    id: 'mixed-pagemap',
    kind: 'kernel defect',
    text: 'A read of /proc/PID/pagemap of a VM_MIXEDMAP mapping with huge entries kills kernels before 7.3: they take the device page for one of memory (scenario 60-mixed-pagemap).',
    where: 'pagemap_pmd_range',
  },
  {
    id: 'mixed-clear-refs',
    kind: 'kernel defect',
    text: 'Clearing the accessed bits of a VM_MIXEDMAP mapping with huge entries kills kernels before 7.3, for the same reason (scenario 62-mixed-clear-refs).',
    where: 'clear_refs_pte_range',
  },
  {
    id: 'mixed-cold',
    kind: 'kernel defect',
    text: 'MADV_COLD and MADV_PAGEOUT of a VM_MIXEDMAP mapping with huge entries kill kernels before 7.3, for the same reason (scenarios 72-mixed-cold, 73-mixed-pageout).',
    where: 'madvise_cold_or_pageout_pte_range',
  },
];
