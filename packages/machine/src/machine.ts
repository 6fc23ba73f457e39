import { createAccessProcessVm } from '@pfnmap/access-process-vm';
import { createFollowApi } from '@pfnmap/follow-pfnmap';
import type { KvmDevice } from '@pfnmap/kvm-consumer';
import { createEventLog, type Kernel, noPfnTracking } from '@pfnmap/mm-core';
import { createMmFork } from '@pfnmap/mm-fork';
import { createMmGup } from '@pfnmap/mm-gup';
import { createMmHuge } from '@pfnmap/mm-huge';
import { createMmMemory } from '@pfnmap/mm-memory';
import { createMmMmap } from '@pfnmap/mm-mmap';
import { createMmPagewalk } from '@pfnmap/mm-pagewalk';
import {
  type Bar,
  createVfioPciDevice,
  type HandlerCall,
  type VfioPciDevice,
} from '@pfnmap/vfio-pci';
import { createVfioType1, type VfioType1 } from '@pfnmap/vfio-type1';
import { _PAGE_CACHE_MODE_UC_MINUS } from '@pfnmap/x86-pat';
import { type Cpu, createCpu } from './cpu.ts';
import { createIoremap } from './create-ioremap.ts';
import { createKernel, type KernelOptions } from './create-kernel.ts';
import { createKvmOf } from './kvm.ts';
import { createPfnlab, type Pfnlab, type PfnlabCall } from './pfnlab.ts';
import { iommuOf, platformOf, testDeviceBars } from './platform.ts';
import { createProcesses, type MachineLayers, type Process } from './process.ts';
import { createX86Tracking, type LateLookups } from './x86-tracking.ts';

/** What {@link createMachine} needs to know. */
export interface MachineOptions extends KernelOptions {
  /** Bytes of the test device's BAR 2, a power of two. */
  readonly barBytes: number;
  /** Physical start of BAR 2; where the firmware would put it when left out. */
  readonly barStart?: number;
  /** Address of the test device, `0000:00:05.0`. */
  readonly bdf?: string;
  /** Pages below 2^28 that chance puts between a program's stack and what mmap() places; one throw of it when left out. */
  readonly mmapRandomPages?: number;
  /** Milliseconds of the machine's clock. Default: it stands still. */
  readonly now?: () => number;
}

/** A number that aligns with nothing, as all but one in 512 do. */
const DEFAULT_MMAP_RANDOM_PAGES = 0x5a3c781;

/** A call of a fault handler. */
export type FaultCall = HandlerCall | PfnlabCall;

/** A whole simulated computer. */
export interface Machine {
  readonly kernel: Kernel;
  readonly layers: MachineLayers;
  readonly cpu: Cpu;
  readonly device: VfioPciDevice;
  readonly pfnlab: Pfnlab;
  /** The device's container: DMA maps. */
  readonly dma: VfioType1;
  /** Its virtual machines. */
  readonly kvm: KvmDevice;
  /** The test device's BARs, by index. */
  readonly bars: readonly Bar[];
  /** Page frame of the test device's BAR 2. */
  readonly bar2Pfn: number;
  /** Starts a program. */
  spawn(): Process;
  /** Is told of every call of a fault handler. */
  watchFaults(watcher: ((call: FaultCall) => void) | undefined): void;
}

/** Builds a computer and boots its kernel. */
export function createMachine(options: MachineOptions): Machine {
  const events = createEventLog();
  const late: LateLookups = { kernel: undefined, follow: undefined, memory: undefined };
  const pat =
    options.arch === 'x86_64'
      ? createX86Tracking(options.config, events, options.pat, late)
      : undefined;
  const kernel = createKernel(options, events, pat?.tracking ?? noPfnTracking);
  const huge = createMmHuge(kernel);
  const memory = createMmMemory(kernel, huge);
  const pagewalk = createMmPagewalk(kernel, huge, memory);
  const mmap = createMmMmap(kernel, { huge, memory, pagewalk, mayCommit: () => true });
  const gup = createMmGup(kernel, huge, memory);
  const fork = createMmFork(kernel, huge, memory);
  const follow = createFollowApi(kernel, memory);
  Object.assign(late, { kernel, follow, memory });
  const access = createAccessProcessVm(kernel, gup, follow, {
    ioremap_prot: createIoremap(options.config, options.arch),
    isOnlineAndUsed: (pfn) => kernel.mem.isRam(pfn),
  });
  const layers: MachineLayers = { huge, memory, pagewalk, mmap, gup, fork, follow, access };

  const bars = testDeviceBars(platformOf(options.arch), options.barBytes, options.barStart);
  const device = createVfioPciDevice(kernel, memory, huge, {
    bdf: options.bdf ?? '0000:00:05.0',
    bars,
    resetWorks: false,
    configSize: 256,
    now: options.now ?? (() => 0),
    onBarEnabled: (bar) => void pat?.ioremap(bar.start, bar.size, _PAGE_CACHE_MODE_UC_MINUS),
  });
  const { ramStart } = platformOf(options.arch);
  const wide = options.vaBits === 52;
  const kvm = createKvmOf(options.arch, kernel, { gup, memory, follow }, ramStart, wide);
  const pfnlab = createPfnlab(kernel, layers);
  const cpu = createCpu(kernel, memory);
  const processes = createProcesses(
    kernel,
    cpu,
    layers,
    options.mmapRandomPages ?? DEFAULT_MMAP_RANDOM_PAGES,
  );
  return {
    kernel,
    layers,
    cpu,
    device,
    pfnlab,
    dma: createVfioType1(kernel, gup, follow, iommuOf(options.arch)),
    kvm,
    bars,
    bar2Pfn: (bars[2]?.start ?? 0) / kernel.arch.geometry.pageSize,
    spawn: processes.spawn,
    watchFaults(watcher) {
      device.watch(watcher);
      pfnlab.watch(watcher);
    },
  };
}
