import type { KernelChange } from './kernel-change.ts';

/**
 * What the cover letter of the series lists as to do, and what its thread asks for: in no released kernel, so off in
 * every profile. They are turned on with `with`.
 */
export const experiments: readonly KernelChange[] = /* @__PURE__ */ Object.freeze([
  {
    symbol: 'EXPERIMENT_SPLIT_LEAVES',
    title: 'mm/huge_memory: split leaves of device memory into smaller ones',
    topic: 'mm/huge_memory',
    entry: 'E1',
    help: 'Splitting a leaf of device memory clears it, so an munmap() of one page costs the mapping of 1 GiB, and a VMA boundary inside a PUD leaf that is not PMD-aligned crashes. The leaf now becomes a table of the next smaller entries, and VMA boundaries split PUD leaves too.',
    dependsOn: 'SERIES_PATCH_19 && TRANSPARENT_HUGEPAGE',
  },
]);
