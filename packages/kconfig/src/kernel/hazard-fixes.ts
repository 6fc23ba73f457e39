import type { KernelChange } from './kernel-change.ts';

/**
 * What would repair hazards that no kernel up to 7.3 has repaired, in the way the kernel repairs their like. Nobody is
 * known to have posted them; no profile selects one.
 */
export const hazardFixes: readonly KernelChange[] = /* @__PURE__ */ Object.freeze([
  {
    symbol: 'FIX_COPY_HUGE_PMD_REREAD',
    title: 'mm/huge_memory: read a special PMD again under its lock in fork',
    topic: 'mm/fork',
    entry: 'H1',
    help: 'Fork reads a special PMD before it takes the locks and does not read it again, so a leaf that a device takes down meanwhile lives on in the child. It would be read again, and left out when it is gone. A repair thought out for this model; in no kernel.',
    dependsOn: 'FIX_PMD_SPECIAL_PRESENT',
  },
  {
    symbol: 'FIX_SPLIT_VMA_PUD_LEAF',
    title: 'mm/huge_memory: split a PUD leaf where a VMA gets a boundary in it',
    topic: 'mm/huge_memory',
    entry: 'H3',
    help: 'A VMA that is split inside a PUD leaf looks for a PMD there and reads the leaf as a table. The PUD leaf would be split first, as a PMD leaf is. A repair thought out for this model; in no kernel.',
  },
  {
    symbol: 'FIX_KVM_REMAPPED_RETRY',
    title: 'KVM: look device memory up again when it goes away after the fault',
    topic: 'virt/kvm',
    help: 'When the mapping is zapped between the fault and the second lookup, the vcpu ends with EFAULT, as the DMA map of vfio ends with EINVAL. The lookup would start over. A repair thought out for this model; in no kernel.',
    dependsOn: 'SERIES_PATCH_10',
  },
]);
