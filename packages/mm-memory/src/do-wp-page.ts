import {
  anon_vma_prepare,
  createContPte,
  FAULT_FLAG_MKWRITE,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_VMA_LOCK,
  flush_tlb_mm_range,
  type Kernel,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  VM_FAULT_ERROR,
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_MAYSHARE,
  VM_SHARED,
  VM_WRITE,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import { type Pfn, PGTABLE_LEVEL_PTE, type Prot } from '@pfnmap/pgtable-core';
import { createSetAccessFlags } from './set-access-flags.ts';
import type { NormalPages } from './vm-normal-page.ts';

/** Makes the write-protect fault of a PTE for a kernel. */
export function createWriteProtectFault(
  kernel: Kernel,
  normal: NormalPages,
  gates: { readonly reusesLargeFolios: boolean },
): (vmf: VmFault) => number {
  const { arch, pt, anon, events } = kernel;
  const { pageSize, pageShift } = arch.geometry;
  const contpte = createContPte(kernel);
  const ptep_set_access_flags = createSetAccessFlags(kernel, contpte);

  /** wp_page_reuse(): the entry becomes young, dirty, and writable if the VMA allows. */
  const reuse = (vmf: VmFault): number => {
    const { vma, pte } = vmf;
    if ((vmf.flags & FAULT_FLAG_UNSHARE) !== 0) return 0;
    const old = pt.ptep_get(pte);
    let entry = arch.pte_mkdirty(arch.pte_mkyoung(old));
    if ((vma.vm_flags & VM_WRITE) !== 0) entry = arch.pte_mkwrite(entry);
    ptep_set_access_flags(vmf, old, entry, true);
    events.counts.pgreuse++;
    return 0;
  };

  /** The entry of the copy: writable for a write; one that only must not be shared any more stays as clean as it was. */
  const entryOfCopy = ({ vma, flags }: VmFault, old: Prot): Prot => {
    const young = arch.pte_mkyoung(vma.vm_page_prot);
    if ((flags & FAULT_FLAG_UNSHARE) !== 0) {
      return arch.pte_soft_dirty(old) ? arch.pte_mksoft_dirty(young) : young;
    }
    const dirty = arch.pte_mkdirty(young);
    return (vma.vm_flags & VM_WRITE) === 0 ? dirty : arch.pte_mkwrite(dirty);
  };

  /** wp_page_copy(): a page of RAM takes the place of what was mapped. */
  const copy = (vmf: VmFault, oldPage: Pfn): number => {
    const { vma, address, pte } = vmf;
    if (!vma.anon_vma && (vmf.flags & FAULT_FLAG_VMA_LOCK) !== 0) return VM_FAULT_RETRY;
    const page = anon.alloc();
    if (page < 0) return VM_FAULT_OOM;
    anon_vma_prepare(vma, pageSize);
    const range = {
      mm: vma.vm_mm,
      reason: 'CLEAR',
      start: address,
      end: address + pageSize,
    } as const;
    mmu_notifier_invalidate_range_start(events, range);
    const entry = entryOfCopy(vmf, pt.ptep_get(pte));
    const oldPfn = pt.pfnAt(PGTABLE_LEVEL_PTE, pte);
    contpte.unfold(vma.vm_mm, address, pte);
    pt.clear(pte);
    flush_tlb_mm_range(kernel, vma.vm_mm, address, address + pageSize, pageShift);
    pt.set(PGTABLE_LEVEL_PTE, pte, page, entry);
    anon.copyContent(page, oldPage >= 0 ? oldPage : oldPfn);
    if (oldPage >= 0) anon.put(oldPage, vma.vm_mm.id);
    else vma.vm_mm.rss.anon++;
    mmu_notifier_invalidate_range_end(events, range);
    return 0;
  };

  /** wp_can_reuse_anon_folio(). */
  const mayReuse = (page: Pfn): boolean =>
    anon.isExclusive(page) ||
    anon.reuse(page) ||
    (gates.reusesLargeFolios && anon.reuseOfLarge(page));

  const sharedPfn = (vmf: VmFault, vma: VmAreaStruct): number => {
    const mkwrite = vma.vm_ops?.pfn_mkwrite;
    if (mkwrite === undefined) return reuse(vmf);
    if ((vmf.flags & FAULT_FLAG_VMA_LOCK) !== 0) return VM_FAULT_RETRY;
    vmf.flags |= FAULT_FLAG_MKWRITE;
    const ret = mkwrite(vmf);
    if ((ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE)) !== 0) return ret;
    return reuse(vmf);
  };

  /**
   * A write met a PTE that is not writable: do_wp_page().
   *
   * @returns 0, VM_FAULT_OOM, VM_FAULT_RETRY, or what pfn_mkwrite answered.
   * @fidelity partial write faults on shared memory with pages (page_mkwrite) do not occur here
   * @patch none
   */
  return function do_wp_page(vmf: VmFault): number {
    const { vma, pte } = vmf;
    const page = normal.vm_normal_page(
      vma,
      vmf.address,
      pt.ptep_get(pte),
      pt.pfnAt(PGTABLE_LEVEL_PTE, pte),
    );
    if ((vma.vm_flags & (VM_SHARED | VM_MAYSHARE)) !== 0) {
      return page < 0 ? sharedPfn(vmf, vma) : reuse(vmf);
    }
    if (page >= 0 && mayReuse(page)) return reuse(vmf);
    return copy(vmf, page);
  };
}
