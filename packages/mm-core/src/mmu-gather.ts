import { type ArchPgtable, alignDown, alignUp, type PgtableLevel } from '@pfnmap/pgtable-core';
import type { EventLog } from './events.ts';
import type { MmStruct } from './mm-struct.ts';
import { VM_MIXEDMAP, VM_PFNMAP } from './vm-flags.ts';
import type { VmAreaStruct } from './vma.ts';

/** What the kernel flushes the TLB of: shared by every path of a machine. */
export interface TlbFlusher {
  readonly arch: ArchPgtable;
  readonly events: EventLog;
}

/**
 * Flushes a range in steps of 2^strideShift bytes; past the architecture's ceiling, the whole mm. Only recorded: the model
 * has no stale translations.
 *
 * @param start byte address; `end` is exclusive.
 * @param freedTables tables went away too, so paging-structure caches are flushed as well.
 * @fidelity partial one flush is one event, whatever CPUs it reaches
 * @patch none
 */
export function flush_tlb_mm_range(
  tlb: TlbFlusher,
  mm: MmStruct,
  start: number,
  end: number,
  strideShift: number,
  freedTables = false,
): void {
  if (!tlb.events.recording) return;
  const { flushRoundsToStep, singlePageFlushCeiling } = tlb.arch.update;
  const step = 2 ** strideShift;
  const full = Math.floor((end - start) / step) > singlePageFlushCeiling;
  const range = flushRoundsToStep
    ? { start: alignDown(start, step), end: alignUp(end, step) }
    : { start, end };
  tlb.events.record({ kind: 'tlb', mm: mm.id, ...range, strideShift, full, freedTables });
}

/**
 * Flushes a range of a mapping of ordinary pages, step by page.
 *
 * @param start byte address; `end` is exclusive.
 * @fidelity exact
 * @patch none
 */
export function flush_tlb_range(tlb: TlbFlusher, mm: MmStruct, start: number, end: number): void {
  const { geometry, update } = tlb.arch;
  flush_tlb_mm_range(tlb, mm, start, end, geometry.pageShift, update.hugeFlushStepsByPage);
}

/** flush_pmd_tlb_range() and flush_pud_tlb_range(). */
export function flushHugeTlbRange(
  tlb: TlbFlusher,
  mm: MmStruct,
  level: PgtableLevel,
  start: number,
  end: number,
): void {
  const { geometry, update } = tlb.arch;
  if (update.hugeFlushStepsByPage) flush_tlb_range(tlb, mm, start, end);
  else flush_tlb_mm_range(tlb, mm, start, end, geometry.levels[level].shift);
}

/**
 * Before entries are changed that reclaim may have taken out a moment ago, everything is flushed, if there were any.
 *
 * @context the lock of the page table held.
 * @fidelity exact
 * @patch none
 */
export function flush_tlb_batched_pending(tlb: TlbFlusher, mm: MmStruct): void {
  if (!mm.tlb_flush_batched) return;
  mm.tlb_flush_batched = false;
  flush_tlb_mm_range(tlb, mm, 0, Number.POSITIVE_INFINITY, tlb.arch.geometry.pageShift);
}

/**
 * struct mmu_gather: collects what was cleared, and flushes it in one go. The step of the flush is the size of the lowest
 * level that was cleared.
 */
export class MmuGather {
  private readonly tlb: TlbFlusher;
  private readonly mm: MmStruct;
  /** fullmm: the whole address space goes away, so nothing is flushed VMA by VMA. */
  private readonly fullmm: boolean;
  private start = Number.POSITIVE_INFINITY;
  private end = 0;
  private lowestLevel: PgtableLevel = 4;
  private freedTables = false;
  private hasDeviceVmas = false;

  /** tlb_gather_mmu(). */
  constructor(tlb: TlbFlusher, mm: MmStruct, fullmm = false) {
    this.tlb = tlb;
    this.mm = mm;
    this.fullmm = fullmm;
  }

  /** tlb_remove_tlb_entry() and its kind: an entry of `level` at `address` was cleared. */
  cleared(level: PgtableLevel, address: number): void {
    this.clearedRange(level, address, address + this.tlb.arch.geometry.levels[level].size);
  }

  /** The same for a run of entries. */
  clearedRange(level: PgtableLevel, start: number, end: number): void {
    if (start < this.start) this.start = start;
    if (end > this.end) this.end = end;
    if (level < this.lowestLevel) this.lowestLevel = level;
  }

  /** p?d_free_tlb(): the table below an entry of `level` was freed; the flush covers the page at `address`. */
  freedTable(level: PgtableLevel, address: number): void {
    this.freedTables = true;
    this.clearedRange(level, address, address + this.tlb.arch.geometry.pageSize);
  }

  /** tlb_end_vma(): a PFN mapping is flushed at once, since its pages may be reused without a struct page to hold them. */
  endVma(vma: VmAreaStruct): void {
    const { flushesEachVma, mergesVmaFlushes } = this.tlb.arch.update;
    const isDevice = (vma.vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) !== 0;
    if (this.fullmm || !(isDevice || flushesEachVma)) return;
    if (mergesVmaFlushes) this.hasDeviceVmas = true;
    else this.flush();
  }

  /** tlb_free_vmas(): the VMAs and their tables are about to go, and with them what says that nothing may be stale. */
  freeVmas(): void {
    if (this.hasDeviceVmas) this.flush();
  }

  /** tlb_finish_mmu(). */
  finish(): void {
    this.flush();
  }

  private flush(): void {
    if (this.end === 0) return;
    const { geometry } = this.tlb.arch;
    const level = this.lowestLevel === 4 ? 0 : this.lowestLevel;
    const { freedTables } = this;
    const start = this.fullmm ? 0 : this.start;
    const end = this.fullmm ? Number.POSITIVE_INFINITY : this.end;
    flush_tlb_mm_range(this.tlb, this.mm, start, end, geometry.levels[level].shift, freedTables);
    this.start = Number.POSITIVE_INFINITY;
    this.end = 0;
    this.lowestLevel = 4;
    this.freedTables = false;
  }
}
