/**
 * The places where a path has read, or is about to read, what others may change, and does not hold the lock that would
 * keep it: the function, and how far it has got. Another path that runs whole at such a place races with it.
 */
export const RACE_POINTS = Object.freeze({
  handle_mm_fault_pud: 'the PUD is empty, the driver is about to be asked for a 1G entry',
  handle_mm_fault_pmd: 'the PMD is empty, the driver is about to be asked for a 2M entry',
  insert_pfn: 'the driver answered with one page, its table is not looked up yet',
  zap_pud_range: 'a PUD is about to be read',
  copy_pud_range: 'a PUD leaf was seen, the locks for its copy are not taken',
  copy_huge_pmd: 'the PMD was read, the locks for its copy are not taken',
  change_pud_range: 'a PUD is about to be read',
  walk_pud_range: 'a PUD leaf was split, what is below is about to be walked',
  walk_pmd_range: 'a PMD leaf was split, what is below is about to be walked',
  gup_fast: 'tables are about to be walked without a lock',
  follow_pfnmap_start: 'the entry was read, its lock is not taken',
  follow_fault_pfn_before: 'nothing was found, the fault is about to happen',
  follow_fault_pfn_after: 'the fault is done, the second lookup is to come',
  vfio_pin_pages_remote: 'between two lookups of a DMA map',
  hva_to_pfn_remapped: 'the fault is done, the second lookup is to come',
  kvm_faultin_pfn: 'the frame was found, mmu_lock is not taken',
} as const);

/** One of {@link RACE_POINTS}. */
export type RacePoint = keyof typeof RACE_POINTS;
