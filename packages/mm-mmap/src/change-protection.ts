import {
  createContPte,
  flush_tlb_batched_pending,
  folio_pte_batch,
  type Kernel,
  type MmuGather,
  mmu_notifier_invalidate_range_end,
  mmu_notifier_invalidate_range_start,
  type PteBatch,
  VM_SHARED,
  VM_SOFTDIRTY,
  VM_WRITE,
  type VmAreaStruct,
  vma_wants_writenotify,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import { endOfEntry, type MmMemory } from '@pfnmap/mm-memory';
import { PGTABLE_LEVEL_PTE, type Prot, type Slot } from '@pfnmap/pgtable-core';

/** Gives every entry of a range the VMA's new protection. */
export type ChangeProtection = (
  tlb: MmuGather,
  vma: VmAreaStruct,
  start: number,
  end: number,
) => void;

/** The gates of changes to many PTEs, read once. */
export interface PteBatchGates {
  /** PTEs of one folio are changed and moved together (from 6.17 on); before, one by one. */
  readonly batches: boolean;
}

/** Makes change_protection() for a kernel. */
export function createChangeProtection(
  kernel: Kernel,
  gates: PteBatchGates,
  huge: MmHuge,
  memory: MmMemory,
): ChangeProtection {
  const { arch, pt, anon, events } = kernel;
  const [pteLevel, pmdLevel, pudLevel, p4dLevel, pgdLevel] = arch.geometry.levels;

  const contpte = createContPte(kernel);

  /** vma_wants_manual_pte_write_upgrade(): entries may become writable here, without a fault. */
  const upgrades = (vma: VmAreaStruct): boolean => {
    if ((vma.vm_flags & VM_SHARED) !== 0) return vma_wants_writenotify(arch, vma, vma.vm_page_prot);
    return (vma.vm_flags & VM_WRITE) !== 0;
  };
  const canUpgrade = (vma: VmAreaStruct, address: number, slot: Slot, pte: Prot): boolean => {
    if ((vma.vm_flags & VM_WRITE) === 0 || arch.pte_protnone(pte)) return false;
    const tracked = arch.update.hasSoftDirty && (vma.vm_flags & VM_SOFTDIRTY) === 0;
    if (tracked && !arch.pte_soft_dirty(pte)) return false;
    if ((vma.vm_flags & VM_SHARED) !== 0) return arch.pte_dirty(pte);
    const pfn = pt.pfnAt(PGTABLE_LEVEL_PTE, slot);
    const page = memory.vm_normal_page(vma, address, pte, pfn);
    return page >= 0 && anon.isExclusive(page);
  };

  /** What is changed in one go: one PTE, or a batch of which each gets accessed and dirty if any was. */
  const batchFrom = (slot: Slot, address: number, end: number): PteBatch =>
    gates.batches
      ? folio_pte_batch(kernel, slot, (end - address) / pteLevel.size)
      : { count: 1, pte: pt.ptep_get(slot) };
  const changeBatch = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    start: number,
    end: number,
    slot: Slot,
    upgrade: boolean,
  ): PteBatch => {
    const batch = batchFrom(slot, start, end);
    const batchEnd = start + batch.count * pteLevel.size;
    contpte.unfoldEdges(vma.vm_mm, start, batchEnd, slot);
    const old = arch.pte_mknoncont(batch.count > 1 ? batch.pte : pt.ptep_get(slot));
    const changed = arch.pte_modify(old, vma.vm_page_prot);
    for (let at = slot, address = start; address < batchEnd; at += 2, address += pteLevel.size) {
      const upgraded = upgrade && !arch.pte_write(changed) && canUpgrade(vma, address, at, changed);
      const entry = upgraded ? arch.pte_mkwrite(changed) : changed;
      pt.setProt(PGTABLE_LEVEL_PTE, at, entry);
      if (arch.pte_needs_flush(old, entry)) tlb.cleared(PGTABLE_LEVEL_PTE, address);
    }
    if (batch.count > 1) contpte.markBlocks(start, batchEnd, slot);
    else contpte.fold(vma.vm_mm, start, slot);
    return batch;
  };

  const changePtes = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    pmdp: Slot,
    start: number,
    end: number,
    upgrade: boolean,
  ): void => {
    let slot = pt.pte_offset(pmdp, start);
    flush_tlb_batched_pending(kernel, vma.vm_mm);
    for (let address = start; address < end; ) {
      const { count } =
        pt.pte_none(slot) || !arch.pte_present(pt.ptep_get(slot))
          ? { count: 1 }
          : changeBatch(tlb, vma, address, end, slot, upgrade);
      address += count * pteLevel.size;
      slot += count * 2;
    }
  };
  const changePmds = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    pudp: Slot,
    start: number,
    end: number,
    upgrade: boolean,
  ): void => {
    for (let address = start; address < end; ) {
      const next = endOfEntry(pmdLevel, address, end);
      const pmdp = pt.pmd_offset(pudp, address);
      if (!pt.pmd_none(pmdp) && !pt.isTable(pmdp)) {
        if (next - address === pmdLevel.size) {
          huge.change_huge_pmd(tlb, vma, pmdp, address, vma.vm_page_prot, upgrade);
        } else huge.split_huge_pmd(vma, pmdp, address);
      }
      if (pt.isTable(pmdp)) changePtes(tlb, vma, pmdp, address, next, upgrade);
      address = next;
    }
  };
  /** One notifier pair covers the rest of the walk from the first entry that is not empty. */
  const changePuds = (
    tlb: MmuGather,
    vma: VmAreaStruct,
    p4dp: Slot,
    start: number,
    end: number,
    upgrade: boolean,
  ): void => {
    let notified: { start: number } | undefined;
    const rangeFrom = (from: number) =>
      ({ mm: vma.vm_mm, reason: 'PROTECTION_VMA', start: from, end }) as const;
    for (let address = start; address < end; ) {
      const next = endOfEntry(pudLevel, address, end);
      const pudp = pt.pud_offset(p4dp, address);
      events.race?.('change_pud_range');
      if (!pt.pud_none(pudp)) {
        if (notified === undefined) {
          notified = { start: address };
          mmu_notifier_invalidate_range_start(events, rangeFrom(address));
        }
        if (!pt.isTable(pudp) && !pmdLevel.folded) {
          if (next - address === pudLevel.size) {
            huge.change_huge_pud(tlb, vma, pudp, address, vma.vm_page_prot);
          } else huge.split_huge_pud(vma, pudp, address);
        }
        if (pt.isTable(pudp) || pmdLevel.folded) {
          changePmds(tlb, vma, pudp, address, next, upgrade);
        }
      }
      address = next;
    }
    if (notified !== undefined) {
      mmu_notifier_invalidate_range_end(events, rangeFrom(notified.start));
    }
  };

  /**
   * Gives every entry of [start, end) the protection of its VMA. A leaf that is covered whole is changed in place, one that
   * is covered in part goes away.
   *
   * @context mmap_lock held for writing.
   * @fidelity exact for PFN mappings and anonymous pages
   * @patch none
   */
  return function change_protection(tlb, vma, start, end) {
    const upgrade = upgrades(vma);
    for (let address = start; address < end; ) {
      const pgdEnd = endOfEntry(pgdLevel, address, end);
      const pgdp = pt.pgd_offset(vma.vm_mm, address);
      if (pt.pgd_none(pgdp)) {
        address = pgdEnd;
        continue;
      }
      while (address < pgdEnd) {
        const next = endOfEntry(p4dLevel, address, pgdEnd);
        const p4dp = pt.p4d_offset(pgdp, address);
        if (!pt.p4d_none(p4dp)) changePuds(tlb, vma, p4dp, address, next, upgrade);
        address = next;
      }
    }
    tlb.endVma(vma);
  };
}
