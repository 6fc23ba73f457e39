import {
  type Kernel,
  VM_HUGEPAGE,
  VM_MIXEDMAP,
  VM_NO_KHUGEPAGED,
  VM_NOHUGEPAGE,
  VM_PFNMAP,
  VM_SHARED,
  type VmAreaStruct,
  vma_is_anonymous,
} from '@pfnmap/mm-core';
import { alignDown, isAligned } from '@pfnmap/pgtable-core';

/** Who asks for orders: a page fault, smaps' THPeligible, khugepaged, or MADV_COLLAPSE. TVA_* of Linux. */
export type TvaReason = 'fault' | 'smaps' | 'khugepaged' | 'collapse';

/** The gates of the order rules, read once. */
export interface OrderGates {
  readonly transparentHugepage: boolean;
  /** Patch 04: PFN mappings get the special orders. */
  readonly specialOrders: boolean;
  /** The sysfs policy does not apply to a PFNMAP VMA with a huge_fault handler. */
  readonly pfnmapIgnoresSysfs: boolean;
  /** vma_is_special_huge() asks for a file (until 7.x). */
  readonly specialNeedsFile: boolean;
}

/** Page-cache orders end at 2 * XA_CHUNK_SHIFT - 1. */
const MAX_XAS_ORDER = 11;

/**
 * True when a huge entry of this VMA has no struct page to account for: a PFNMAP or MIXEDMAP VMA, until 7.x only of a file.
 *
 * @fidelity exact
 * @patch none
 */
export function vma_is_special_huge(gates: OrderGates, vma: VmAreaStruct): boolean {
  if (gates.specialNeedsFile && vma.vm_file === null) return false;
  return (vma.vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) !== 0;
}

/**
 * Bit set of the orders that the aligned end of the VMA could hold; what thp_vma_suitable_order() decides. It goes by
 * the offset in the file, not by the PFN.
 */
function suitableOrders(kernel: Kernel, vma: VmAreaStruct, orders: number): number {
  const { pageSize } = kernel.arch.geometry;
  let fitting = orders;
  for (let order = 31 - Math.clz32(fitting); fitting !== 0; order = 31 - Math.clz32(fitting)) {
    const pages = 2 ** order;
    const size = pages * pageSize;
    const start = alignDown(vma.vm_end - size, size);
    const inPhase =
      vma_is_anonymous(vma) || isAligned(vma.vm_start / pageSize - vma.vm_pgoff, pages);
    if (inPhase && start >= vma.vm_start && start + size <= vma.vm_end) break;
    fitting &= ~(1 << order);
  }
  return fitting;
}

/**
 * Which of the orders (a bit set) a VMA may be mapped with. A page fault skips alignment and size: the driver checks
 * them.
 *
 * @fidelity partial DAX and read-only file THP, which no PFN mapping meets, always give 0.
 * @patch 04/19
 */
export function thp_vma_allowable_orders(
  kernel: Kernel,
  gates: OrderGates,
  vma: VmAreaStruct,
  reason: TvaReason,
  orders: number,
): number {
  if (!gates.transparentHugepage) return 0;
  const { levels } = kernel.arch.geometry;
  const pmdOrder = levels[1].order;
  const anonymous = vma_is_anonymous(vma);
  let supported: number;
  // Shared memory is tmpfs, whose own setting is off.
  const kinds = vma.vm_flags & (VM_SHARED | VM_PFNMAP | VM_MIXEDMAP);
  if (anonymous && kinds === VM_SHARED) return 0;
  // The smaller sizes have settings of their own, which are off.
  if (anonymous) supported = 1 << pmdOrder;
  else if (gates.specialOrders && vma_is_special_huge(gates, vma)) {
    supported = (1 << pmdOrder) | (levels[2].order < 31 ? 1 << levels[2].order : 0);
  } else supported = (2 << Math.min(MAX_XAS_ORDER, pmdOrder)) - 2;
  let allowed = orders & supported;
  if (allowed === 0) return 0;
  if ((vma.vm_flags & VM_NOHUGEPAGE) !== 0 || vma.vm_mm.thpDisabled) return 0;
  const isCollapsed = reason === 'khugepaged' || reason === 'collapse';
  if (isCollapsed && (vma.vm_flags & VM_NO_KHUGEPAGED) !== 0) return 0;
  if (reason !== 'fault') {
    allowed = suitableOrders(kernel, vma, allowed);
    if (allowed === 0) return 0;
  }
  const hugeFault = vma.vm_ops?.huge_fault !== undefined;
  const bypass = gates.pfnmapIgnoresSysfs && hugeFault && (vma.vm_flags & VM_PFNMAP) !== 0;
  const { thpEnabled } = kernel.sysfs;
  const policyAllows =
    reason === 'collapse' ||
    thpEnabled === 'always' ||
    (thpEnabled === 'madvise' && (vma.vm_flags & VM_HUGEPAGE) !== 0);
  if (anonymous) return policyAllows ? allowed : 0;
  if (!bypass && !policyAllows) return 0;
  return hugeFault && !isCollapsed ? allowed : 0;
}
