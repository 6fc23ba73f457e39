import type { FollowApi } from '@pfnmap/follow-pfnmap';
import type { Kernel, MmStruct } from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import type { MmMemory } from '@pfnmap/mm-memory';
import type { Pfn } from '@pfnmap/pgtable-core';
import type { Arm64Host } from './arm64/arm64-host.ts';
import { Arm64Mmu } from './arm64/arm64-mmu.ts';
import { createBlockSizes } from './arm64/block-size.ts';
import { createGfnToPfn, type GfnToPfn } from './gfn-to-pfn.ts';
import type { GuestMmu } from './guest-mmu.ts';
import { createHvaToPfn } from './hva-to-pfn.ts';
import {
  createRemappedByFollowPfnmap,
  createRemappedByFollowPte,
  type HvaToPfnRemapped,
} from './hva-to-pfn-remapped.ts';
import { Kvm } from './kvm.ts';
import { createKvmMmuNotifier } from './kvm-mmu-notifier.ts';
import { KVM_PFN_NOSLOT } from './kvm-pfn.ts';
import type { Gfn } from './memory-slot.ts';
import { PfnLookup } from './pfn-lookup.ts';
import type { RiscvHost } from './riscv/riscv-host.ts';
import { RiscvMmu } from './riscv/riscv-mmu.ts';
import { createSetMemoryRegion, type UserMemoryRegion } from './set-memory-region.ts';
import { type KvmWatcher, Stage2Events } from './stage2-events.ts';
import { createStalePfnCheck } from './stale-pfn.ts';
import { createCopyToUser } from './user-access.ts';
import { KvmVcpu } from './vcpu.ts';
import { createMaxMappingLevel } from './x86/host-level.ts';
import type { X86Host } from './x86/x86-host.ts';
import { X86Mmu } from './x86/x86-mmu.ts';

/** The host that guests run on: whose second stage, and what its CPU can do. */
export type KvmHost =
  | ({ readonly kind: 'x86' } & X86Host)
  | ({ readonly kind: 'arm64' } & Arm64Host)
  | ({ readonly kind: 'riscv' } & RiscvHost);

/** What KVM works with. */
export interface KvmLayers {
  readonly gup: MmGup;
  readonly memory: MmMemory;
  readonly follow: FollowApi;
  /** The module option allow_unsafe_mappings: device memory may be pinned (from 6.13 on). */
  readonly allowUnsafeMappings: boolean;
}

/** /dev/kvm of a machine. */
export interface KvmDevice {
  /** KVM_CREATE_VM: a VM over the memory of an address space. */
  createVm(mm: MmStruct): Kvm;
  /** KVM_CREATE_VCPU. */
  createVcpu(kvm: Kvm): KvmVcpu;
  /** KVM_SET_USER_MEMORY_REGION: 0, or a negative error number. */
  kvm_set_memory_region(kvm: Kvm, region: UserMemoryRegion): number;
  /** What KVM finds behind a guest frame: the frame, or a KVM_PFN_* value, and whether it may be mapped writable. */
  gfn_to_pfn(
    kvm: Kvm,
    gfn: Gfn,
    request: { readonly write: boolean; readonly pin: boolean },
  ): { readonly pfn: Pfn; readonly writable: boolean };
  /** The VMs whose processes live. */
  readonly vms: readonly Kvm[];
  /** Is told of changes of stage 2 and of guest faults. */
  watch(watcher: KvmWatcher | undefined): void;
}

function createHvaToPfnRemapped(kernel: Kernel, layers: KvmLayers): HvaToPfnRemapped {
  const { config } = kernel;
  const { pfnmap, follow_pte } = layers.follow;
  if (config.enabled('SERIES_PATCH_10') && pfnmap !== undefined) {
    return createRemappedByFollowPfnmap(kernel, layers.follow, pfnmap, {
      refusesPins: config.enabled('KVM_FOLLOW_PFN') && !layers.allowUnsafeMappings,
      looksAgain: config.enabled('FIX_KVM_REMAPPED_RETRY'),
    });
  }
  if (follow_pte !== undefined) {
    return createRemappedByFollowPte(kernel, layers.follow, follow_pte);
  }
  throw new RangeError(
    'this kernel has neither follow_pte() nor a KVM that uses follow_pfnmap_start(); switch SERIES_PATCH_10 on, or 16 off',
  );
}

/** Makes what gives each VM its second stage. */
function createMmuFactory(
  kernel: Kernel,
  layers: KvmLayers,
  host: KvmHost,
  gfn_to_pfn_memslot: GfnToPfn,
  events: Stage2Events,
): (kvm: Kvm) => GuestMmu {
  const { config } = kernel;
  const assertPfnIsCurrent = createStalePfnCheck(kernel);
  const generic = { gfn_to_pfn_memslot, assertPfnIsCurrent, events };
  switch (host.kind) {
    case 'x86': {
      const kvm_mmu_max_mapping_level = createMaxMappingLevel(kernel);
      const copyToUser = createCopyToUser(kernel, layers.memory);
      const childrenFirst = config.enabled('KVM_X86_CHILDREN_FIRST');
      const x86 = { ...generic, kvm_mmu_max_mapping_level, copyToUser, childrenFirst };
      return (kvm) => new X86Mmu(kernel, kvm, host, x86);
    }
    case 'arm64': {
      const trustsOffset = !config.enabled('FIX_KVM_ARM64_HOST_LEAF');
      const sizes = createBlockSizes(kernel, trustsOffset);
      const knowsCacheableDevices = config.enabled('KVM_ARM64_CACHEABLE_PFNMAP');
      const arm64 = { ...generic, sizes, trustsOffset, knowsCacheableDevices };
      return (kvm) => new Arm64Mmu(kernel, kvm, host, arm64);
    }
    case 'riscv': {
      const riscv = { ...generic, mapsEagerly: !config.enabled('KVM_RISCV_LAZY_PFNMAP') };
      return (kvm) => new RiscvMmu(kernel, kvm, host, riscv);
    }
  }
}

/** Makes KVM for a kernel and a host: the only place where its gates are read. */
export function createKvm(kernel: Kernel, layers: KvmLayers, host: KvmHost): KvmDevice {
  const { pageSize } = kernel.arch.geometry;
  const events = new Stage2Events(kernel.events);
  const hva_to_pfn = createHvaToPfn(kernel, layers.gup, createHvaToPfnRemapped(kernel, layers));
  const gfn_to_pfn_memslot = createGfnToPfn(pageSize, hva_to_pfn);
  const mmuOf = createMmuFactory(kernel, layers, host, gfn_to_pfn_memslot, events);
  const vms: Kvm[] = [];
  let nextId = 1;
  const released = (kvm: Kvm): void => {
    vms.splice(vms.indexOf(kvm), 1);
  };
  return {
    createVm(mm) {
      const kvm = new Kvm(nextId++, mm);
      kvm.attach(mmuOf(kvm));
      // The list of notifiers grows at its head: the youngest VM hears of an invalidation first.
      mm.notifiers.unshift(createKvmMmuNotifier(kernel, kvm, released));
      vms.push(kvm);
      return kvm;
    },
    createVcpu: (kvm) => new KvmVcpu(kvm, pageSize),
    kvm_set_memory_region: createSetMemoryRegion(kernel),
    gfn_to_pfn(kvm, gfn, { write, pin }) {
      const slot = kvm.memslots.gfn_to_memslot(gfn);
      if (slot === undefined) return { pfn: KVM_PFN_NOSLOT, writable: false };
      const lookup = new PfnLookup();
      gfn_to_pfn_memslot(kvm, slot, gfn, write, lookup, pin);
      return { pfn: lookup.pfn, writable: lookup.writable };
    },
    vms,
    watch(watcher) {
      events.watcher = watcher;
    },
  };
}
