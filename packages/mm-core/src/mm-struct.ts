import type { Pfn, PgtableRoot, Slot } from '@pfnmap/pgtable-core';
import type { MmuNotifier } from './mmu-notifier.ts';
import type { VmAreaStruct } from './vma.ts';

/** An address space. */
export class MmStruct implements PgtableRoot {
  /** Number of this address space in its machine, for events. */
  declare readonly id: number;
  declare readonly pgd: Slot;
  pgtables_bytes = 0;
  /** Resident pages, in pages: MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES. */
  readonly rss = { file: 0, anon: 0, swap: 0, shmem: 0 };
  /** PTE tables put aside for the PMD leaves of anonymous memory: pgtable_trans_huge_deposit(). */
  readonly deposited: Pfn[] = [];
  /** Pages mapped, whatever is resident. */
  total_vm = 0;
  /** Where mmap() without an address begins to look, downwards. Set when the program starts. */
  mmap_base = 0;
  locked_vm = 0;
  /** Pages of private writable mappings that were charged to the commit limit. */
  committed = 0;
  /** MMF_DISABLE_THP, set by prctl(PR_SET_THP_DISABLE). */
  thpDisabled = false;
  /** Reclaim took entries out and has not waited for the end of their flush: tlb_flush_batched. */
  tlb_flush_batched = false;
  /** How mmap_lock is held by the path that runs. */
  mmap_lock: 'free' | 'read' | 'write' = 'free';
  /** Odd while fork copies a COW mapping. */
  write_protect_seq = 0;
  readonly notifiers: MmuNotifier[] = [];
  /** VMAs by address. */
  readonly vmas: VmAreaStruct[] = [];
  private lastFound: VmAreaStruct | null = null;

  constructor(id: number, root: PgtableRoot) {
    this.id = id;
    this.pgd = root.pgd;
  }

  get map_count(): number {
    return this.vmas.length;
  }

  /** Index of the first VMA that ends above `address`. */
  private indexAbove(address: number): number {
    let low = 0;
    let high = this.vmas.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.vmas[middle] as VmAreaStruct).vm_end > address) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** find_vma(): the VMA at the address or the next above it, or null. */
  find_vma(address: number): VmAreaStruct | null {
    return this.vmas[this.indexAbove(address)] ?? null;
  }

  /** vma_lookup(): the VMA that holds the address, or null. */
  vma_lookup(address: number): VmAreaStruct | null {
    const last = this.lastFound;
    if (last !== null && address >= last.vm_start && address < last.vm_end) return last;
    const vma = this.vmas[this.indexAbove(address)];
    if (vma === undefined || address < vma.vm_start) return null;
    this.lastFound = vma;
    return vma;
  }

  /** The VMAs that overlap [start, end), by address. */
  overlapping(start: number, end: number): VmAreaStruct[] {
    const found: VmAreaStruct[] = [];
    for (let at = this.indexAbove(start); at < this.vmas.length; at++) {
      const vma = this.vmas[at] as VmAreaStruct;
      if (vma.vm_start >= end) break;
      found.push(vma);
    }
    return found;
  }

  /** Whether a part of a range lies in no VMA. */
  hasHole(start: number, end: number): boolean {
    let mappedTo = start;
    for (const vma of this.overlapping(start, end)) {
      if (vma.vm_start > mappedTo) return true;
      mappedTo = vma.vm_end;
    }
    return mappedTo < end;
  }

  /** The VMA before and after a VMA, or null: the bounds for freeing tables. */
  neighbours(vma: VmAreaStruct): { previous: VmAreaStruct | null; next: VmAreaStruct | null } {
    const at = this.indexAbove(vma.vm_start);
    return { previous: this.vmas[at - 1] ?? null, next: this.vmas[at + 1] ?? null };
  }

  /** Puts a VMA into its place. The caller made sure that nothing overlaps it. */
  link(vma: VmAreaStruct): void {
    this.vmas.splice(this.indexAbove(vma.vm_start), 0, vma);
  }

  /** Takes a VMA out. */
  unlink(vma: VmAreaStruct): void {
    const at = this.vmas.indexOf(vma);
    if (at >= 0) this.vmas.splice(at, 1);
    this.lastFound = null;
  }
}
