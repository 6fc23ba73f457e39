import { EFAULT, EINTR, EINVAL, type EventLog, type Kernel, lock, unlock } from '@pfnmap/mm-core';
import { KernelBug, NO_SLOT, type Slot, type WalkedEntry } from '@pfnmap/pgtable-core';
import {
  ACCESS_DONE,
  type AccessKind,
  type AccessResult,
  formatRetPf,
  KVM_EXIT_INTERNAL_ERROR,
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
import {
  is_error_pfn,
  KVM_PFN_ERR_RO_FAULT,
  KVM_PFN_ERR_SIGPENDING,
  KVM_PFN_NOSLOT,
} from '../kvm-pfn.ts';
import {
  type Gfn,
  KVM_MEM_LOG_DIRTY_PAGES,
  kvm_slot_dirty_track_enabled,
  type MemorySlot,
  memslot_is_readonly,
} from '../memory-slot.ts';
import { PfnLookup } from '../pfn-lookup.ts';
import type { Stage2Events } from '../stage2-events.ts';
import type { createStalePfnCheck } from '../stale-pfn.ts';
import type { CopyToUser } from '../user-access.ts';
import { is_mmu_writable_spte, startDirtyLog, zap_collapsible_spte_range } from './dirty-log.ts';
import type { MaxMappingLevel } from './host-level.ts';
import { LpageInfo } from './lpage-info.ts';
import {
  gfn_round_for_level,
  PAGES_PER_LEVEL,
  PG_LEVEL_1G,
  PG_LEVEL_2M,
  PG_LEVEL_4K,
  type PgLevel,
} from './pg-level.ts';
import { MMIO_SPTE_GEN_MASK, PT_WRITABLE_MASK } from './spte-format.ts';
import { kvm_tdp_mmu_map } from './tdp-map.ts';
import { tdpPath } from './tdp-path.ts';
import { TdpTables } from './tdp-tables.ts';
import { allGfns, forEachPresentSpte } from './tdp-walk.ts';
import { tdp_mmu_zap_leafs, tdp_mmu_zap_root } from './tdp-zap.ts';
import type { X86Host } from './x86-host.ts';

/** Faults of one access that change nothing before it is certain that they go on for ever. */
const FAULTS_WITHOUT_PROGRESS = 8;

/** What the x86 part works with. */
export interface X86MmuLayers {
  readonly gfn_to_pfn_memslot: GfnToPfn;
  readonly kvm_mmu_max_mapping_level: MaxMappingLevel;
  readonly copyToUser: CopyToUser;
  readonly assertPfnIsCurrent: ReturnType<typeof createStalePfnCheck>;
  readonly events: Stage2Events;
  /** KVM_X86_CHILDREN_FIRST. */
  readonly childrenFirst: boolean;
}

/** The two-dimensional-paging MMU of one VM. */
export class X86Mmu implements GuestMmu {
  readonly completesReadsFirst = true;
  readonly followsHostLeaf = true;
  readonly tables: TdpTables;
  /** The fault that runs. */
  readonly fault = new GuestFault();
  private readonly lookup = new PfnLookup();
  private readonly events: EventLog;
  private readonly kvm: Kvm;
  private readonly host: X86Host;
  private readonly layers: X86MmuLayers;
  private readonly maxHugeLevel: PgLevel;
  /** The last guest frame that can be mapped. */
  private readonly kvm_mmu_max_gfn: Gfn;
  private readonly pageSize: number;

  constructor(kernel: Kernel, kvm: Kvm, host: X86Host, layers: X86MmuLayers) {
    this.events = kernel.events;
    this.kvm = kvm;
    this.host = host;
    this.layers = layers;
    this.maxHugeLevel = host.gigabytePages ? PG_LEVEL_1G : PG_LEVEL_2M;
    this.kvm_mmu_max_gfn = 2 ** (host.maxphyaddr - 12) - 1;
    this.pageSize = kernel.arch.geometry.pageSize;
    this.tables = new TdpTables({
      mem: kernel.mem,
      format: host.format,
      rootLevel: host.rootLevel,
      events: layers.events,
      vm: kvm.id,
      childrenFirst: layers.childrenFirst,
    });
  }

  get statistics(): TdpTables['statistics'] {
    return this.tables.statistics;
  }

  get guestFrames(): number {
    return this.kvm_mmu_max_gfn + 1;
  }

  slotMetadata(base_gfn: Gfn, npages: number, userspace_addr: number): LpageInfo {
    return new LpageInfo(base_gfn, npages, userspace_addr / this.pageSize);
  }

  /**
   * The architecture's checks of a slot.
   *
   * @returns 0, or -EINVAL for guest memory beyond the CPU's physical addresses.
   * @fidelity exact
   * @patch none
   */
  prepareMemoryRegion(slot: MemorySlot, change: MemoryRegionChange): number {
    if (change !== 'create' && change !== 'move') return 0;
    return slot.base_gfn + slot.npages - 1 > this.kvm_mmu_max_gfn ? -EINVAL : 0;
  }

  /**
   * What follows from a change: dirty logging switched on splits and write-protects, switched off lets large leaves
   * come back.
   *
   * @fidelity partial
   * @patch none
   */
  commitMemoryRegion(
    old: MemorySlot | undefined,
    slot: MemorySlot | undefined,
    change: MemoryRegionChange,
  ): void {
    if (change !== 'flags' || old === undefined || slot === undefined) return;
    if (((old.flags ^ slot.flags) & KVM_MEM_LOG_DIRTY_PAGES) === 0) return;
    const { base_gfn: start } = slot;
    const end = start + slot.npages;
    if (kvm_slot_dirty_track_enabled(slot)) startDirtyLog(this.tables, start, end);
    else {
      zap_collapsible_spte_range(this.tables, start, end, (gfn) =>
        this.layers.kvm_mmu_max_mapping_level(this.kvm, slot, gfn, this.maxHugeLevel),
      );
    }
  }

  /** When the generation wraps in MMIO entries, everything is zapped: kvm_mmu_invalidate_mmio_sptes(). */
  memslotsUpdated(generation: number): void {
    if ((generation & MMIO_SPTE_GEN_MASK & ~1) === 0) this.kvm_mmu_zap_all_fast();
  }

  /** x86 gives up the whole second stage when a slot goes, unless user space disabled that quirk. */
  flushMemslot(_slot: MemorySlot): void {
    this.kvm_mmu_zap_all_fast();
  }

  flushAll(): void {
    this.kvm_mmu_zap_all_fast();
  }

  private kvm_mmu_zap_all_fast(): void {
    tdp_mmu_zap_root(this.tables);
  }

  unmapGfnRange(start: Gfn, end: Gfn): void {
    tdp_mmu_zap_leafs(this.tables, start, end);
  }

  /**
   * The first half of a fault: the frame behind the guest's, without a lock. What it finds is in `fault`.
   *
   * @returns RET_PF_CONTINUE; RET_PF_RETRY when an invalidation of the frame runs or ended meanwhile; RET_PF_EMULATE for a
   * write to read-only memory; -EFAULT when the host has nothing there; -EINTR.
   * @context sleeps.
   * @fidelity exact
   * @patch 10/19
   */
  kvm_faultin_pfn(gfn: Gfn, kind: AccessKind): number {
    const { fault, kvm, lookup } = this;
    const { invalidation } = kvm;
    const slot = kvm.memslots.gfn_to_memslot(gfn);
    fault.start(gfn, kind, slot, invalidation.mmu_invalidate_seq);
    if (slot === undefined) {
      fault.pfn = KVM_PFN_NOSLOT;
      return gfn > this.kvm_mmu_max_gfn ? RET_PF_EMULATE : RET_PF_CONTINUE;
    }
    if (invalidation.mmu_invalidate_retry_gfn(fault.mmu_seq, gfn)) return RET_PF_RETRY;
    fault.hva = gfn_to_hva_memslot(slot, gfn, this.pageSize);
    this.layers.gfn_to_pfn_memslot(kvm, slot, gfn, kind === 'write', lookup);
    fault.pfn = lookup.pfn;
    fault.map_writable = lookup.writable;
    this.events.race?.('kvm_faultin_pfn');
    if (is_error_pfn(fault.pfn)) {
      if (fault.pfn === KVM_PFN_ERR_RO_FAULT) return RET_PF_EMULATE;
      return fault.pfn === KVM_PFN_ERR_SIGPENDING ? -EINTR : -EFAULT;
    }
    return invalidation.mmu_invalidate_retry_gfn(fault.mmu_seq, gfn)
      ? RET_PF_RETRY
      : RET_PF_CONTINUE;
  }

  /**
   * The question that makes a frame safe to use: did the host change anything since the lookup?
   *
   * @context mmu_lock held.
   * @fidelity exact
   * @patch none
   */
  is_page_fault_stale(): boolean {
    const { fault } = this;
    if (fault.slot === undefined) return false;
    return this.kvm.invalidation.mmu_invalidate_retry_gfn(fault.mmu_seq, fault.gfn);
  }

  /** The level of the leaf: as large as slot and host allow. A logged slot has pages only. */
  private kvm_mmu_hugepage_adjust(slot: MemorySlot): void {
    if (kvm_slot_dirty_track_enabled(slot)) return;
    const { fault } = this;
    const { gfn, pfn } = fault;
    const level = this.layers.kvm_mmu_max_mapping_level(this.kvm, slot, gfn, this.maxHugeLevel);
    if (level === PG_LEVEL_4K) return;
    const mask = (PAGES_PER_LEVEL[level] as number) - 1;
    if ((gfn & mask) !== (pfn & mask)) {
      throw new KernelBug(
        'guest frame and frame differ within a large leaf',
        'kvm_mmu_hugepage_adjust',
        { gfn, pfn, level },
      );
    }
    fault.goal_level = level;
    fault.pfn = pfn - (pfn & mask);
  }

  /**
   * The second half of a fault: the entry.
   *
   * @returns RET_PF_FIXED, RET_PF_SPURIOUS, RET_PF_EMULATE, -ENOMEM.
   * @throws KernelBug when the frame was taken away since the lookup, and nobody asked.
   * @context mmu_lock held for reading; {@link is_page_fault_stale} was false.
   * @fidelity exact
   * @patch none
   */
  install(): number {
    const { fault, kvm } = this;
    const { slot } = fault;
    const { generation } = kvm.memslots;
    if (slot === undefined) return kvm_tdp_mmu_map(this.tables, fault, generation, false);
    this.layers.assertPfnIsCurrent(kvm, fault, 'kvm_tdp_mmu_map');
    this.kvm_mmu_hugepage_adjust(slot);
    return kvm_tdp_mmu_map(this.tables, fault, generation, this.host.isMmioPfn(fault.pfn));
  }

  /** fast_page_fault(): a write that only write protection stopped. True when it is repaired. */
  private fast_page_fault(gfn: Gfn, kind: AccessKind): boolean {
    const { tables } = this;
    if (kind !== 'write') return false;
    const slot = tables.walk(gfn);
    const level = tables.walkedLevel;
    if (slot === NO_SLOT || !tables.isLeaf(slot, level)) return false;
    const lo = tables.lanes[slot] as number;
    const hi = tables.lanes[slot + 1] as number;
    if ((lo & PT_WRITABLE_MASK) !== 0 || !is_mmu_writable_spte(tables.format, lo, hi)) return false;
    const first = gfn_round_for_level(gfn, level);
    tables.set(slot, level, first, lo | PT_WRITABLE_MASK, hi);
    return true;
  }

  /**
   * One fault of the guest: lookup, retry test, level, entry.
   *
   * @returns RET_PF_*, or -EFAULT, -EINTR, -ENOMEM.
   * @context sleeps; takes mmu_lock for reading.
   * @fidelity exact
   * @patch 10/19
   */
  pageFault(gfn: Gfn, kind: AccessKind): number {
    if (this.fast_page_fault(gfn, kind)) return RET_PF_FIXED;
    const ret = this.kvm_faultin_pfn(gfn, kind);
    if (ret !== RET_PF_CONTINUE) return ret;
    lock(this.events, this.kvm.mm, 'mmu_lock (read)');
    const result = this.is_page_fault_stale() ? RET_PF_RETRY : this.install();
    unlock(this.events, this.kvm.mm, 'mmu_lock (read)');
    return result;
  }

  /** True when an MMIO entry of the present slots is there: the access is emulated without a lookup. */
  private handle_mmio_page_fault(slot: Slot): boolean {
    if (slot === NO_SLOT) return false;
    const { lanes, format } = this.tables;
    const lo = lanes[slot] as number;
    const hi = lanes[slot + 1] as number;
    if (lo === 0 || !format.is_mmio_spte(lo, hi)) return false;
    const generation = this.kvm.memslots.generation & MMIO_SPTE_GEN_MASK;
    return format.mmioGeneration(lo, hi) === generation;
  }

  /** The emulator does what stage 2 cannot: a write through the host's own mapping, or else an exit to user space. */
  private emulate(gpa: number, gfn: Gfn, kind: AccessKind): AccessResult {
    if (kind === 'exec') return KVM_EXIT_INTERNAL_ERROR;
    const slot = this.kvm.memslots.gfn_to_memslot(gfn);
    if (kind === 'write' && slot !== undefined && !memslot_is_readonly(slot)) {
      const hva = gfn_to_hva_memslot(slot, gfn, this.pageSize) + (gpa % this.pageSize);
      if (this.layers.copyToUser(this.kvm.mm, hva)) return ACCESS_DONE;
    }
    return KVM_EXIT_MMIO;
  }

  /**
   * An access of the guest: the hardware's walk, and faults until it succeeds.
   *
   * @returns ACCESS_DONE, KVM_EXIT_MMIO, KVM_EXIT_INTERNAL_ERROR for code without memory, or a negative error number.
   * @throws KernelBug when the access faults for ever.
   * @fidelity partial translations are never cached, so a missing flush goes unseen
   * @patch none
   */
  access(gpa: number, kind: AccessKind): AccessResult {
    const { tables } = this;
    const { lanes, format } = tables;
    const gfn = Math.floor(gpa / this.pageSize);
    const mappable = gfn <= this.kvm_mmu_max_gfn;
    for (let faults = 0; ; faults++) {
      const slot = mappable ? tables.walk(gfn) : NO_SLOT;
      let ret = RET_PF_EMULATE;
      if (slot !== NO_SLOT && tables.is_shadow_present_pte(slot)) {
        const lo = lanes[slot] as number;
        if (format.permits(lo, lanes[slot + 1] as number, kind)) return ACCESS_DONE;
      }
      if (!this.handle_mmio_page_fault(slot)) ret = this.pageFault(gfn, kind);
      if (ret === RET_PF_EMULATE) return this.emulate(gpa, gfn, kind);
      if (ret < 0) return ret;
      if (faults >= FAULTS_WITHOUT_PROGRESS) this.repeats(gpa, kind, ret);
    }
  }

  private repeats(gpa: number, kind: AccessKind, ret: number): never {
    throw new KernelBug(
      'the same access of the guest faults again and again',
      'kvm_tdp_page_fault',
      {
        gpa: `0x${gpa.toString(16)}`,
        kind,
        last: formatRetPf(ret),
      },
    );
  }

  leafAt(gfn: Gfn): Stage2Leaf | undefined {
    const slot = this.tables.walk(gfn);
    return this.tables.leaf(slot, this.tables.walkedLevel, gfn);
  }

  path(gfn: Gfn): WalkedEntry[] {
    return tdpPath(this.tables, gfn, this.pageSize);
  }

  leaves(): Stage2Leaf[] {
    const found: Stage2Leaf[] = [];
    forEachPresentSpte(this.tables, 0, allGfns(this.tables), (slot, level, gfn) => {
      const leaf = this.tables.leaf(slot, level, gfn);
      if (leaf !== undefined) found.push(leaf);
      return true;
    });
    return found;
  }

  tableFrames(): number {
    return this.tables.frames;
  }
}
