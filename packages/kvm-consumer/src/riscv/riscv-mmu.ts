import {
  EFAULT,
  EINVAL,
  EPERM,
  type Kernel,
  lock,
  unlock,
  VM_PFNMAP,
  VM_WRITE,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import {
  KernelBug,
  PGTABLE_LEVEL_PMD,
  type PgtableLevel,
  type WalkedEntry,
} from '@pfnmap/pgtable-core';
import {
  ACCESS_DONE,
  type AccessKind,
  type AccessResult,
  KVM_EXIT_MMIO,
  RET_PF_CONTINUE,
  RET_PF_EMULATE,
  RET_PF_FIXED,
  RET_PF_RETRY,
} from '../exits.ts';
import { type GfnToPfn, gfn_to_hva_memslot } from '../gfn-to-pfn.ts';
import { GuestFault } from '../guest-fault.ts';
import type { GuestMmu, MemoryRegionChange, Stage2Leaf } from '../guest-mmu.ts';
import type { Kvm } from '../kvm.ts';
import { is_error_noslot_pfn } from '../kvm-pfn.ts';
import {
  type Gfn,
  KVM_MEM_LOG_DIRTY_PAGES,
  kvm_slot_dirty_track_enabled,
  type MemorySlot,
  memslot_is_readonly,
} from '../memory-slot.ts';
import { PfnLookup } from '../pfn-lookup.ts';
import { kvm_pgtable_stage2_map } from '../stage2/stage2-map.ts';
import { stage2Path } from '../stage2/stage2-path.ts';
import { Stage2Tables } from '../stage2/stage2-tables.ts';
import {
  allStage2Gfns,
  forEachStage2Leaf,
  kvm_pgtable_stage2_unmap,
} from '../stage2/stage2-unmap.ts';
import type { Stage2Events } from '../stage2-events.ts';
import type { createStalePfnCheck } from '../stale-pfn.ts';
import { gstageFormat, gstageLeaf, gstagePermits, type RiscvHost } from './riscv-host.ts';

const FAULTS_WITHOUT_PROGRESS = 8;

/** What the RISC-V part works with. */
export interface RiscvMmuLayers {
  readonly gfn_to_pfn_memslot: GfnToPfn;
  readonly assertPfnIsCurrent: ReturnType<typeof createStalePfnCheck>;
  readonly events: Stage2Events;
  /** A slot over device memory is mapped at once, by vm_pgoff: before KVM_RISCV_LAZY_PFNMAP. */
  readonly mapsEagerly: boolean;
}

/** The G-stage of one VM, as far as device memory meets it. */
export class RiscvMmu implements GuestMmu {
  readonly completesReadsFirst = false;
  readonly followsHostLeaf: boolean;
  readonly statistics = null;
  readonly tables: Stage2Tables;
  /** The fault that runs. */
  readonly fault = new GuestFault();
  private vma: VmAreaStruct | null = null;
  private readonly lookup = new PfnLookup();
  private readonly kernel: Kernel;
  private readonly kvm: Kvm;
  private readonly host: RiscvHost;
  private readonly layers: RiscvMmuLayers;
  private readonly pageSize: number;

  constructor(kernel: Kernel, kvm: Kvm, host: RiscvHost, layers: RiscvMmuLayers) {
    this.kernel = kernel;
    this.kvm = kvm;
    this.host = host;
    this.layers = layers;
    const { pageSize, pageShift } = kernel.arch.geometry;
    this.pageSize = pageSize;
    this.followsHostLeaf = !layers.mapsEagerly;
    // The root has two bits more than a table: four joined pages.
    const ipaBits = pageShift + (pageShift - 3) * host.levels + 2;
    this.tables = new Stage2Tables({
      mem: kernel.mem,
      format: gstageFormat,
      geometry: { pageShift, ipaBits, levels: host.levels },
      events: layers.events,
      vm: kvm.id,
    });
  }

  get guestFrames(): number {
    return allStage2Gfns(this.tables);
  }

  slotMetadata(): undefined {
    return undefined;
  }

  /** Maps the part of a slot that lies over a PFN mapping, taking its file offset for a physical address. */
  private mapEagerly(slot: MemorySlot, vma: VmAreaStruct): void {
    const { pageSize, tables } = this;
    const start = Math.max(slot.userspace_addr, vma.vm_start);
    const end = Math.min(slot.userspace_addr + slot.npages * pageSize, vma.vm_end);
    const prot = gstageLeaf(this.host, (vma.vm_flags & VM_WRITE) !== 0, true);
    for (let hva = start; hva < end; hva += pageSize) {
      const pfn = vma.vm_pgoff + (hva - vma.vm_start) / pageSize;
      const gfn = slot.base_gfn + (hva - slot.userspace_addr) / pageSize;
      kvm_pgtable_stage2_map(tables, 0, gfn, pfn, prot);
    }
  }

  /**
   * The architecture's checks of a slot against its VMAs, and the eager map of older kernels.
   *
   * @returns 0; -EFAULT beyond the G-stage; -EPERM for a writable slot over a VMA that may not be written; -EINVAL for a
   * dirty log of device memory.
   * @context takes mmap_lock for reading.
   * @fidelity partial read from the source only
   * @patch none
   */
  prepareMemoryRegion(slot: MemorySlot, change: MemoryRegionChange): number {
    if (change === 'delete') return 0;
    if (slot.base_gfn + slot.npages > allStage2Gfns(this.tables)) return -EFAULT;
    const end = slot.userspace_addr + slot.npages * this.pageSize;
    const vmas = this.kvm.mm.overlapping(slot.userspace_addr, end);
    for (const vma of vmas) {
      if (!memslot_is_readonly(slot) && (vma.vm_flags & VM_WRITE) === 0) return -EPERM;
      if ((vma.vm_flags & VM_PFNMAP) === 0) continue;
      if ((slot.flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0) return -EINVAL;
      if (this.layers.mapsEagerly && change !== 'flags') this.mapEagerly(slot, vma);
    }
    return 0;
  }

  commitMemoryRegion(): void {}

  memslotsUpdated(): void {}

  flushMemslot(slot: MemorySlot): void {
    this.unmapGfnRange(slot.base_gfn, slot.base_gfn + slot.npages);
  }

  flushAll(): void {
    this.unmapGfnRange(0, allStage2Gfns(this.tables));
  }

  unmapGfnRange(start: Gfn, end: Gfn): void {
    kvm_pgtable_stage2_unmap(this.tables, start, end);
  }

  /** The first half of a fault. What it finds is in `fault`. */
  private faultin(gfn: Gfn, kind: AccessKind): number {
    const { fault, kvm, lookup, pageSize } = this;
    const slot = kvm.memslots.gfn_to_memslot(gfn);
    fault.start(gfn, kind, slot, kvm.invalidation.mmu_invalidate_seq);
    if (slot === undefined || (kind === 'write' && memslot_is_readonly(slot)))
      return RET_PF_EMULATE;
    fault.hva = gfn_to_hva_memslot(slot, gfn, pageSize);
    this.vma = kvm.mm.vma_lookup(fault.hva);
    if (this.vma === null) return -EFAULT;
    this.layers.gfn_to_pfn_memslot(kvm, slot, gfn, kind === 'write', lookup);
    fault.pfn = lookup.pfn;
    fault.map_writable = lookup.writable;
    this.kernel.events.race?.('kvm_faultin_pfn');
    return is_error_noslot_pfn(fault.pfn) ? -EFAULT : RET_PF_CONTINUE;
  }

  /** The level of the leaf: pages in older kernels; PMD size in later ones, where slot and host have it. */
  private chooseLevel(): PgtableLevel {
    const { fault, kernel, kvm, layers, tables } = this;
    const { slot } = fault;
    if (slot === undefined || layers.mapsEagerly || kvm_slot_dirty_track_enabled(slot)) return 0;
    const pages = tables.pages[PGTABLE_LEVEL_PMD] as number;
    const userspacePage = slot.userspace_addr / this.pageSize;
    if (slot.base_gfn % pages !== userspacePage % pages) return 0;
    const first = fault.gfn - (fault.gfn % pages);
    if (first < slot.base_gfn || first + pages > slot.base_gfn + slot.npages) return 0;
    kernel.pt.walk(kvm.mm, fault.hva);
    if (kernel.pt.walked.level < PGTABLE_LEVEL_PMD) return 0;
    fault.gfn = first;
    fault.pfn -= fault.pfn % pages;
    return PGTABLE_LEVEL_PMD;
  }

  private install(): number {
    const { fault, tables } = this;
    this.layers.assertPfnIsCurrent(this.kvm, fault, 'kvm_riscv_gstage_map');
    const level = this.chooseLevel();
    const prot = gstageLeaf(this.host, fault.map_writable, !this.host.isRam(fault.pfn));
    const ret = kvm_pgtable_stage2_map(tables, level, fault.gfn, fault.pfn, prot);
    return ret === 0 ? RET_PF_FIXED : RET_PF_RETRY;
  }

  /**
   * One fault of the guest.
   *
   * @returns RET_PF_FIXED, RET_PF_RETRY, RET_PF_EMULATE, -EFAULT.
   * @context sleeps; takes mmu_lock.
   * @fidelity partial read from the source only
   * @patch 10/19
   */
  pageFault(gfn: Gfn, kind: AccessKind): number {
    const ret = this.faultin(gfn, kind);
    if (ret !== RET_PF_CONTINUE) return ret;
    const { events } = this.kernel;
    lock(events, this.kvm.mm, 'mmu_lock (write)');
    const { fault, kvm } = this;
    const stale = kvm.invalidation.mmu_invalidate_retry(fault.mmu_seq);
    const result = stale ? RET_PF_RETRY : this.install();
    unlock(events, this.kvm.mm, 'mmu_lock (write)');
    return result;
  }

  access(gpa: number, kind: AccessKind): AccessResult {
    const { tables } = this;
    const gfn = Math.floor(gpa / this.pageSize);
    for (let faults = 0; ; faults++) {
      const slot = tables.walk(gfn);
      const level = tables.walkedLevel;
      if (tables.isLeaf(slot, level) && gstagePermits(tables.protAt(slot, level), kind)) {
        return ACCESS_DONE;
      }
      this.layers.events.watcher?.guestFault?.(this.kvm.id, gfn * this.pageSize);
      const ret = this.pageFault(gfn, kind);
      if (ret === RET_PF_EMULATE) return KVM_EXIT_MMIO;
      if (ret < 0) return ret;
      if (faults >= FAULTS_WITHOUT_PROGRESS) {
        throw new KernelBug(
          'the same access of the guest faults again and again',
          'gstage_page_fault',
          {
            gpa: `0x${gpa.toString(16)}`,
            kind,
          },
        );
      }
    }
  }

  leafAt(gfn: Gfn): Stage2Leaf | undefined {
    const slot = this.tables.walk(gfn);
    return this.tables.leaf(slot, this.tables.walkedLevel, gfn, (leaf) =>
      gstagePermits(leaf, 'write'),
    );
  }

  path(gfn: Gfn): WalkedEntry[] {
    return stage2Path(this.tables, gfn, this.pageSize);
  }

  leaves(): Stage2Leaf[] {
    const found: Stage2Leaf[] = [];
    forEachStage2Leaf(this.tables, 0, allStage2Gfns(this.tables), (slot, level, gfn) => {
      const leaf = this.tables.leaf(slot, level, gfn, (word) => gstagePermits(word, 'write'));
      if (leaf !== undefined) found.push(leaf);
    });
    return found;
  }

  tableFrames(): number {
    return this.tables.frames;
  }
}
