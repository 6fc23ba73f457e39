import {
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
  type Kernel,
  VM_FAULT_FALLBACK,
  VM_MAYSHARE,
  VM_SHARED,
  type VmAreaStruct,
  type VmFault,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import { raceInFault } from './race-in-fault.ts';

/** The parts of a fault that may end in a leaf. VM_FAULT_FALLBACK hands the fault to the next lower level. */
export interface HugeSteps {
  pudStep(vmf: VmFault): number;
  pmdStep(vmf: VmFault): number;
}

/** A driver with huge_fault decides; without one the next smaller size is tried. */
const createHuge = (vmf: VmFault, order: number): number => {
  const handler = vmf.vma.vm_ops?.huge_fault;
  return handler === undefined ? VM_FAULT_FALLBACK : handler(vmf, order);
};

const asksDriver = (vma: VmAreaStruct): boolean =>
  (vma.vm_flags & (VM_SHARED | VM_MAYSHARE)) !== 0 && vma.vm_ops?.huge_fault !== undefined;

/** Makes the two steps for a kernel: empty slots, and leaves that are there already. */
export function createHugeSteps(kernel: Kernel, huge: MmHuge): HugeSteps {
  const { arch, pt, events } = kernel;
  const pmdOrder = arch.geometry.levels[1].order;
  const pudOrder = arch.geometry.levels[2].order;

  const wp_huge_pud = (vmf: VmFault): number => {
    if (asksDriver(vmf.vma)) {
      const ret = createHuge(vmf, pudOrder);
      if ((ret & VM_FAULT_FALLBACK) === 0) return ret;
    }
    huge.split_huge_pud(vmf.vma, vmf.pud, vmf.address);
    return VM_FAULT_FALLBACK;
  };
  const create_huge_pmd = (vmf: VmFault): number =>
    vma_is_anonymous(vmf.vma) ? huge.do_huge_pmd_anonymous_page(vmf) : createHuge(vmf, pmdOrder);
  const wp_huge_pmd = (vmf: VmFault): number => {
    if (vma_is_anonymous(vmf.vma)) return huge.do_huge_pmd_wp_page(vmf);
    if (asksDriver(vmf.vma)) {
      const ret = createHuge(vmf, pmdOrder);
      if ((ret & VM_FAULT_FALLBACK) === 0) return ret;
    }
    huge.split_huge_pmd(vmf.vma, vmf.pmd, vmf.address);
    return VM_FAULT_FALLBACK;
  };

  /** A leaf is there already: a write that it forbids, or nothing to do but to mark it. */
  const onPudLeaf = (vmf: VmFault): number => {
    const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
    if (write && !arch.pud_write(pt.pudp_get(vmf.pud))) return wp_huge_pud(vmf);
    huge.huge_pud_set_accessed(vmf.pud, write);
    return 0;
  };
  const onPmdLeaf = (vmf: VmFault): number => {
    const write = (vmf.flags & (FAULT_FLAG_WRITE | FAULT_FLAG_UNSHARE)) !== 0;
    if (write && !arch.pmd_write(vmf.orig_pmd)) return wp_huge_pmd(vmf);
    huge.huge_pmd_set_accessed(vmf.pmd, write);
    return 0;
  };

  return {
    pudStep(vmf) {
      if (pt.pud_none(vmf.pud)) {
        if (!arch.hasPudThp || !huge.thp_vma_allowable_order(vmf.vma, 'fault', pudOrder)) {
          return VM_FAULT_FALLBACK;
        }
        if (events.race !== undefined) raceInFault(events, vmf, 'handle_mm_fault_pud');
        return createHuge(vmf, pudOrder);
      }
      return pt.isTable(vmf.pud) || !arch.pud_trans_huge(pt.pudp_get(vmf.pud))
        ? VM_FAULT_FALLBACK
        : onPudLeaf(vmf);
    },
    pmdStep(vmf) {
      if (pt.isTable(vmf.pmd)) return VM_FAULT_FALLBACK;
      if (pt.pmd_none(vmf.pmd)) {
        if (!arch.hasPmdThp || !huge.thp_vma_allowable_order(vmf.vma, 'fault', pmdOrder)) {
          return VM_FAULT_FALLBACK;
        }
        if (events.race !== undefined) raceInFault(events, vmf, 'handle_mm_fault_pmd');
        return create_huge_pmd(vmf);
      }
      vmf.orig_pmd = pt.pmdp_get(vmf.pmd);
      return arch.pmd_trans_huge(vmf.orig_pmd) ? onPmdLeaf(vmf) : VM_FAULT_FALLBACK;
    },
  };
}
