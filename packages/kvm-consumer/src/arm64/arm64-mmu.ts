import {
  EAGAIN,
  EFAULT,
  EINVAL,
  type Kernel,
  lock,
  unlock,
  VM_ALLOW_ANY_UNCACHED_HIGH,
  VM_MIXEDMAP,
  VM_PFNMAP,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import { KernelBug, type PgtableLevel, type WalkedEntry } from '@pfnmap/pgtable-core';
import {
  ACCESS_DONE,
  type AccessKind,
  type AccessResult,
  ENOEXEC,
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
import { kvm_pgtable_stage2_map, kvm_pgtable_stage2_relax_perms } from '../stage2/stage2-map.ts';
import { stage2Path } from '../stage2/stage2-path.ts';
import { Stage2Tables } from '../stage2/stage2-tables.ts';
import {
  allStage2Gfns,
  forEachStage2Leaf,
  kvm_pgtable_stage2_unmap,
} from '../stage2/stage2-unmap.ts';
import type { Stage2Events } from '../stage2-events.ts';
import type { createStalePfnCheck } from '../stale-pfn.ts';
import type { Arm64Host, Stage2MemoryType, Stage2Rights } from './arm64-host.ts';
import type { BlockSizes } from './block-size.ts';
import { formatOfDescriptors, LeafProts } from './leaf-prots.ts';

/** HPFAR_EL2 tells where the guest faulted in steps of 4 KiB, whatever the page size. */
const FIPA_GRANULE = 4096;

/** Faults of one access that change nothing before it is certain that they go on for ever. */
const FAULTS_WITHOUT_PROGRESS = 8;

/** What the arm64 part works with. */
export interface Arm64MmuLayers {
  readonly gfn_to_pfn_memslot: GfnToPfn;
  readonly sizes: BlockSizes;
  readonly assertPfnIsCurrent: ReturnType<typeof createStalePfnCheck>;
  readonly events: Stage2Events;
  /** The size comes from vm_pgoff, and device memory then keeps it: before FIX_KVM_ARM64_HOST_LEAF. */
  readonly trustsOffset: boolean;
  /** Device memory that is mapped cacheable may stay so: KVM_ARM64_CACHEABLE_PFNMAP. */
  readonly knowsCacheableDevices: boolean;
}

/** The stage 2 of one VM. */
export class Arm64Mmu implements GuestMmu {
  readonly completesReadsFirst = false;
  readonly followsHostLeaf: boolean;
  readonly statistics = null;
  readonly tables: Stage2Tables;
  /** The fault that runs. */
  readonly fault = new GuestFault();
  private memoryType: Stage2MemoryType = 'normal';
  private level: PgtableLevel = 0;
  private readonly lookup = new PfnLookup();
  private readonly leafProts: LeafProts;
  private readonly kernel: Kernel;
  private readonly kvm: Kvm;
  private readonly host: Arm64Host;
  private readonly layers: Arm64MmuLayers;
  private readonly pageSize: number;
  /** End of the guest-physical addresses. */
  private readonly guestBytes: number;

  constructor(kernel: Kernel, kvm: Kvm, host: Arm64Host, layers: Arm64MmuLayers) {
    this.kernel = kernel;
    this.kvm = kvm;
    this.host = host;
    this.layers = layers;
    const { pageSize, pageShift } = kernel.arch.geometry;
    this.pageSize = pageSize;
    this.guestBytes = 2 ** host.ipaBits;
    this.followsHostLeaf = !layers.trustsOffset;
    this.leafProts = new LeafProts(host.stage2, pageShift === 12 ? [0, 1, 2] : [0, 1]);
    this.tables = new Stage2Tables({
      mem: kernel.mem,
      format: formatOfDescriptors(host.stage2),
      geometry: { pageShift, ipaBits: host.ipaBits, levels: host.stage2.levelsOf(host.ipaBits) },
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

  /**
   * The architecture's checks of a slot, and of the VMAs that it lies over.
   *
   * @returns 0; -EFAULT for guest memory beyond the IPA space; -EINVAL for a dirty log of PFN mappings, and for
   * cacheable device memory that the CPU cannot give to a guest.
   * @context takes mmap_lock for reading.
   * @fidelity exact
   * @patch none
   */
  prepareMemoryRegion(slot: MemorySlot, change: MemoryRegionChange): number {
    if (change === 'delete') return 0;
    const { host, kvm, pageSize, layers } = this;
    if ((slot.base_gfn + slot.npages) * pageSize > this.guestBytes) return -EFAULT;
    const end = slot.userspace_addr + slot.npages * pageSize;
    for (const vma of kvm.mm.overlapping(slot.userspace_addr, end)) {
      if ((vma.vm_flags & VM_PFNMAP) === 0) continue;
      if ((slot.flags & KVM_MEM_LOG_DIRTY_PAGES) !== 0) return -EINVAL;
      const refused = layers.knowsCacheableDevices && !host.cacheableDevices;
      if (refused && host.isVmaCacheable(vma)) return -EINVAL;
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

  /** The memory type of a leaf: 0, or -EFAULT for cacheable device memory on a CPU that cannot keep it coherent. */
  private chooseMemoryType(vma: VmAreaStruct): number {
    const { fault, host, layers } = this;
    this.memoryType = 'normal';
    if (host.isMapMemory(fault.pfn)) return 0;
    if (layers.knowsCacheableDevices) {
      if ((vma.vm_flags & (VM_PFNMAP | VM_MIXEDMAP)) === 0) return 0;
      if (host.isVmaCacheable(vma)) return host.cacheableDevices ? 0 : -EFAULT;
    }
    const anyUncached = (vma.vm_flags_high & VM_ALLOW_ANY_UNCACHED_HIGH) !== 0;
    this.memoryType = anyUncached ? 'normal-nc' : 'device';
    return 0;
  }

  /**
   * The first half of a fault: the VMA's size rule, the frame, and its memory type. What it finds is in `fault`.
   *
   * @returns RET_PF_CONTINUE; RET_PF_EMULATE where no memory may be accessed that way; -EFAULT; -ENOEXEC for
   * instructions from device memory.
   * @context sleeps; takes mmap_lock for reading.
   * @fidelity partial no memory tags, no nested guests
   * @patch 10/19
   */
  kvm_faultin_pfn(gfn: Gfn, kind: AccessKind): number {
    const { fault, kvm, lookup, layers, pageSize } = this;
    const slot = kvm.memslots.gfn_to_memslot(gfn);
    fault.start(gfn, kind, slot, kvm.invalidation.mmu_invalidate_seq);
    if (slot === undefined || (kind === 'write' && memslot_is_readonly(slot))) {
      return kind === 'exec' ? -ENOEXEC : RET_PF_EMULATE;
    }
    const hva = gfn_to_hva_memslot(slot, gfn, pageSize);
    const vma = kvm.mm.vma_lookup(hva);
    if (vma === null) return -EFAULT;
    const logging = kvm_slot_dirty_track_enabled(slot);
    this.level = logging ? 0 : layers.sizes.fromVma(slot, vma, hva);
    fault.gfn = this.tables.firstOf(gfn, this.level);
    fault.hva = gfn_to_hva_memslot(slot, fault.gfn, pageSize);
    layers.gfn_to_pfn_memslot(kvm, slot, fault.gfn, kind === 'write', lookup);
    fault.pfn = lookup.pfn;
    fault.map_writable = lookup.writable;
    this.kernel.events.race?.('kvm_faultin_pfn');
    if (is_error_noslot_pfn(fault.pfn)) return -EFAULT;
    const error = this.chooseMemoryType(vma);
    if (error !== 0) return error;
    if (kind === 'exec' && this.memoryType !== 'normal') return -ENOEXEC;
    if (this.memoryType === 'normal' && logging && kind !== 'write') fault.map_writable = false;
    return RET_PF_CONTINUE;
  }

  /**
   * The question that makes a frame safe to use. Any invalidation counts, wherever it is.
   *
   * @context mmu_lock held.
   * @fidelity exact
   * @patch none
   */
  is_page_fault_stale(): boolean {
    return this.kvm.invalidation.mmu_invalidate_retry(this.fault.mmu_seq);
  }

  /** The level by the host's leaf, where the VMA asked for pages: 0, or -EAGAIN. */
  private transparent_hugepage_adjust(hva: number): number {
    const { fault, kvm, layers, tables } = this;
    const { slot } = fault;
    if (slot === undefined || this.level !== 0 || kvm_slot_dirty_track_enabled(slot)) return 0;
    if (layers.trustsOffset && this.memoryType !== 'normal') return 0;
    const level = layers.sizes.fromHostLeaf(kvm, slot, hva);
    if (level < 0) return level;
    this.level = level as PgtableLevel;
    fault.gfn = tables.firstOf(fault.gfn, this.level);
    fault.pfn = tables.firstOf(fault.pfn, this.level);
    return 0;
  }

  /**
   * The second half of a fault: the leaf, or more rights for the one that is there.
   *
   * @returns RET_PF_FIXED; RET_PF_RETRY when the host's entry is gone or the leaf is there; -ENOMEM.
   * @throws KernelBug when the frame was taken away since the lookup, and nobody asked.
   * @context mmu_lock held for reading; {@link is_page_fault_stale} was false.
   * @fidelity exact
   * @patch none
   */
  install(): number {
    const { fault, tables, host } = this;
    this.layers.assertPfnIsCurrent(this.kvm, fault, 'user_mem_abort');
    const old = tables.walk(fault.gfn);
    const oldLevel = tables.isLeaf(old, tables.walkedLevel) ? tables.walkedLevel : -1;
    // A fault for want of rights keeps the block that is there; only missing leaves ask the host for their size.
    if (oldLevel > 0) this.level = oldLevel as PgtableLevel;
    else if (this.transparent_hugepage_adjust(fault.hva) === -EAGAIN) return RET_PF_RETRY;
    const exec = fault.kind === 'exec' || (this.memoryType === 'normal' && host.cacheDic);
    const write = fault.map_writable;
    let ret: number;
    if (oldLevel === this.level) {
      const rights: Stage2Rights = { read: true, write, execute: exec ? 'both' : 'none' };
      const relaxed = (prot: number): number => host.stage2.relaxPermissions(prot, rights);
      ret = kvm_pgtable_stage2_relax_perms(tables, fault.gfn, relaxed);
    } else {
      const prot = this.leafProts.of(this.level, this.memoryType, write, exec);
      ret = kvm_pgtable_stage2_map(tables, this.level, fault.gfn, fault.pfn, prot);
    }
    if (ret === -EAGAIN) return RET_PF_RETRY;
    return ret === 0 ? RET_PF_FIXED : ret;
  }

  /**
   * One fault of the guest: user_mem_abort().
   *
   * @returns RET_PF_FIXED, RET_PF_RETRY, RET_PF_EMULATE, or -EFAULT, -ENOEXEC, -ENOMEM.
   * @context sleeps; takes mmap_lock and mmu_lock for reading, one after the other.
   * @fidelity partial no memory tags, no nested guests
   * @patch 10/19
   */
  pageFault(gfn: Gfn, kind: AccessKind): number {
    const ret = this.kvm_faultin_pfn(gfn, kind);
    if (ret !== RET_PF_CONTINUE) return ret;
    const { events } = this.kernel;
    lock(events, this.kvm.mm, 'mmu_lock (read)');
    const result = this.is_page_fault_stale() ? RET_PF_RETRY : this.install();
    unlock(events, this.kvm.mm, 'mmu_lock (read)');
    return result;
  }

  private permits(gfn: Gfn, kind: AccessKind): boolean {
    const { tables } = this;
    const slot = tables.walk(gfn);
    const level = tables.walkedLevel;
    return tables.isLeaf(slot, level) && this.leafProts.permits(tables.protAt(slot, level), kind);
  }

  /**
   * An access of the guest: the hardware's walk, and faults until it succeeds. Each fault is told to watchers.
   *
   * @returns ACCESS_DONE, KVM_EXIT_MMIO, or a negative error number.
   * @throws KernelBug when the access faults for ever: the host's entry is present without access, and its size is asked
   * for; or the address lies beyond the guest's address space.
   * @fidelity partial translations are never cached, so a missing flush goes unseen
   * @patch none
   */
  access(gpa: number, kind: AccessKind): AccessResult {
    const gfn = Math.floor(gpa / this.pageSize);
    if (gpa >= this.guestBytes) this.repeats(gpa, kind, 'kvm_handle_guest_abort');
    for (let faults = 0; ; faults++) {
      if (this.permits(gfn, kind)) return ACCESS_DONE;
      this.layers.events.watcher?.guestFault?.(this.kvm.id, gpa - (gpa % FIPA_GRANULE));
      const ret = this.pageFault(gfn, kind);
      if (ret === RET_PF_EMULATE) return KVM_EXIT_MMIO;
      if (ret < 0) return ret;
      if (faults >= FAULTS_WITHOUT_PROGRESS) this.repeats(gpa, kind, 'user_mem_abort');
    }
  }

  private repeats(gpa: number, kind: AccessKind, where: string): never {
    throw new KernelBug(
      'the same access of the guest faults again and again: KVM_RUN never comes back',
      where,
      { gpa: `0x${gpa.toString(16)}`, kind },
    );
  }

  private readonly isWritable = (prot: number): boolean => this.leafProts.permits(prot, 'write');

  leafAt(gfn: Gfn): Stage2Leaf | undefined {
    const slot = this.tables.walk(gfn);
    return this.tables.leaf(slot, this.tables.walkedLevel, gfn, this.isWritable);
  }

  path(gfn: Gfn): WalkedEntry[] {
    return stage2Path(this.tables, gfn, this.pageSize);
  }

  leaves(): Stage2Leaf[] {
    const { tables } = this;
    const found: Stage2Leaf[] = [];
    forEachStage2Leaf(tables, 0, allStage2Gfns(tables), (slot, level, gfn) => {
      const leaf = tables.leaf(slot, level, gfn, this.isWritable);
      if (leaf !== undefined) found.push(leaf);
    });
    return found;
  }

  tableFrames(): number {
    return this.tables.frames;
  }
}
