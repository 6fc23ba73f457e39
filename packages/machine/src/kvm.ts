import {
  createStage2,
  MT_DEVICE_nGnRE,
  MT_DEVICE_nGnRnE,
  MT_NORMAL_NC,
  type PageShift,
  PTE_ATTRINDX,
  PTE_ATTRINDX_MASK,
} from '@pfnmap/arch-arm64';
import {
  createKvm,
  createNpt,
  type KvmDevice,
  type KvmHost,
  type KvmLayers,
} from '@pfnmap/kvm-consumer';
import type { Kernel, VmAreaStruct } from '@pfnmap/mm-core';
import { type MachineArch, RAM_BYTES } from './platform.ts';

/** Physical address bits that the lab's CPU models offer a guest. */
const X86_PHYSICAL_BITS = 40;

/** Bits of a guest-physical address of a VM that asks for no size. */
const DEFAULT_IPA_BITS = 40;

/** Memory types of a VMA that are not cacheable. */
const UNCACHED: readonly number[] = [
  PTE_ATTRINDX(MT_NORMAL_NC),
  PTE_ATTRINDX(MT_DEVICE_nGnRnE),
  PTE_ATTRINDX(MT_DEVICE_nGnRE),
];

function createX86Host(kernel: Kernel, isRam: (pfn: number) => boolean): KvmHost {
  return {
    kind: 'x86',
    format: createNpt(),
    maxphyaddr: X86_PHYSICAL_BITS,
    rootLevel: kernel.arch.geometry.levels[3].folded ? 4 : 5,
    gigabytePages: true,
    isMmioPfn: (pfn) => !isRam(pfn),
  };
}

/** An arm64 CPU with stage 2 forced write-back, whose instruction caches need maintenance. */
function createArm64Host(kernel: Kernel, lpa2: boolean, isRam: (pfn: number) => boolean): KvmHost {
  const pageShift = kernel.arch.geometry.pageShift as PageShift;
  const stage2 = createStage2({
    pageShift,
    // Pages of 64K have wide addresses without it.
    lpa2: lpa2 && pageShift !== 16,
    fwb: true,
    twoBitXn: kernel.config.enabled('KVM_ARM64_STAGE2_XNX'),
  });
  return {
    kind: 'arm64',
    stage2,
    ipaBits: DEFAULT_IPA_BITS,
    cacheableDevices: false,
    cacheDic: false,
    isMapMemory: isRam,
    isVmaCacheable: (vma: VmAreaStruct) => !UNCACHED.includes(vma.vm_page_prot & PTE_ATTRINDX_MASK),
  };
}

/**
 * Gives a machine its KVM: nested page tables of AMD on x86_64, stage 2 on arm64, as in the lab.
 *
 * @param ramStart physical start of RAM. @param lpa2 the CPU of an arm64 machine has 52-bit addresses at both stages.
 */
export function createKvmOf(
  arch: MachineArch,
  kernel: Kernel,
  layers: Pick<KvmLayers, 'gup' | 'memory' | 'follow'>,
  ramStart: number,
  lpa2: boolean,
): KvmDevice {
  const firstPfn = ramStart / kernel.arch.geometry.pageSize;
  const pages = RAM_BYTES / kernel.arch.geometry.pageSize;
  const isRam = (pfn: number): boolean => pfn >= firstPfn && pfn < firstPfn + pages;
  const host =
    arch === 'x86_64' ? createX86Host(kernel, isRam) : createArm64Host(kernel, lpa2, isRam);
  return createKvm(kernel, { ...layers, allowUnsafeMappings: false }, host);
}
