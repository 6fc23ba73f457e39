import { createArchArm64 } from '@pfnmap/arch-arm64';
import { createArchX86 } from '@pfnmap/arch-x86';
import type { KernelConfig } from '@pfnmap/kconfig';
import {
  createAnonPages,
  type EventLog,
  type Kernel,
  type PfnTracking,
  type ThpEnabled,
} from '@pfnmap/mm-core';
import { type ArchPgtable, createPgtable, createPhysMem } from '@pfnmap/pgtable-core';
import { DEFAULT_RAM_BYTES, type MachineArch, platformOf, RAM_BYTES } from './platform.ts';

/** CPU and boot options that change what page tables look like. */
export interface KernelOptions {
  readonly arch: MachineArch;
  readonly config: KernelConfig;
  /** x86_64: 5 with LA57. */
  readonly levels: 4 | 5;
  /** arm64: 48 hides LPA2 and 52-bit addresses from the kernel (arm64.nolva). */
  readonly vaBits: 48 | 52;
  /** x86_64: false boots with nopat. */
  readonly pat: boolean;
  /** x86_64: the CPU has the L1 terminal fault. */
  readonly l1tf: boolean;
  readonly thp: ThpEnabled;
  /** Bytes of RAM for tables and anonymous pages. */
  readonly ramBytes?: number;
  /** Memory that another machine of the same size released. */
  readonly lanes?: Int32Array;
}

function createArch(options: KernelOptions): ArchPgtable {
  const { config } = options;
  if (options.arch === 'x86_64') {
    return createArchX86({
      config,
      levels: options.levels,
      cpu: {
        pat: options.pat ? 'full' : 'none',
        nx: true,
        shstk: false,
        l1tf: options.l1tf,
        physBits: 46,
        encryption: { kind: 'none' },
      },
    });
  }
  const wide = options.vaBits === 52;
  return createArchArm64({
    config,
    cpu: { lpa2: wide, va52: wide, hafdbs: true, bti: true, mte: true, epan: true, poe: true },
  });
}

/** End of user addresses: x86_64 keeps a page below the half free. */
function taskSizeOf(arch: ArchPgtable, options: KernelOptions): number {
  const { vaBits, pageSize } = arch.geometry;
  return options.arch === 'x86_64' ? 2 ** (vaBits - 1) - pageSize : 2 ** vaBits;
}

/** Boots a kernel: architecture, memory and page tables. */
export function createKernel(
  options: KernelOptions,
  events: EventLog,
  tracking: PfnTracking,
): Kernel {
  const arch = createArch(options);
  const { pageShift, pageSize, levels } = arch.geometry;
  const ramBytes = options.ramBytes ?? DEFAULT_RAM_BYTES;
  const largeOrder = levels[1].order;
  const mem = createPhysMem({
    pageShift,
    frames: ramBytes / pageSize,
    large: {
      order: largeOrder,
      folios: Math.max(0, Math.floor((RAM_BYTES - ramBytes) / levels[1].size)),
    },
    basePfn: platformOf(options.arch).ramStart / pageSize,
    ...(options.lanes === undefined ? {} : { lanes: options.lanes }),
  });
  return {
    config: options.config,
    arch,
    mem,
    pt: createPgtable(arch, mem),
    anon: createAnonPages(mem, largeOrder),
    events,
    tracking,
    taskSize: taskSizeOf(arch, options),
    sysfs: { thpEnabled: options.thp },
  };
}
