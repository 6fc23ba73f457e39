import type { FollowApi } from '@pfnmap/follow-pfnmap';
import type { Machine, Process } from '@pfnmap/machine';
import type { VmAreaStruct } from '@pfnmap/mm-core';
import { computer, entryAt, GiB, KiB, RW, VA, type Wanted } from '@pfnmap/testbed';
import { expect } from 'vitest';
import {
  ACRN_MEM_ACCESS_READ,
  ACRN_MEM_ACCESS_WRITE,
  type Acrn,
  type AcrnRegion,
  type AcrnVmMemmap,
  createAcrn,
} from '../src/index.ts';

export const PAGE = 4 * KiB;
export const READ = ACRN_MEM_ACCESS_READ;
export const READ_WRITE = ACRN_MEM_ACCESS_READ | ACRN_MEM_ACCESS_WRITE;
export const GUEST = 4 * GiB;

/** Kernels before patch 14 keep follow_pte(). */
export const BEFORE_P14: Wanted = { reverted: ['SERIES_PATCH_14', 'SERIES_PATCH_16'] };
export const BOTH: readonly (readonly [string, Wanted])[] = [
  ['before the series', { kernel: 'base' }],
  ['before patch 14', BEFORE_P14],
  ['with patch 14', {}],
  ['7.3', { kernel: '7.3' }],
];
export const AFTER: readonly (readonly [string, Wanted])[] = BOTH.slice(2);

/** The lookups of a machine, counted. */
function counted(follow: FollowApi): { follow: FollowApi; lookups: () => number } {
  let lookups = 0;
  const { pfnmap, follow_pte } = follow;
  return {
    lookups: () => lookups,
    follow: {
      ...follow,
      pfnmap: pfnmap && {
        ...pfnmap,
        follow_pfnmap_start: (args) => {
          lookups++;
          return pfnmap.follow_pfnmap_start(args);
        },
      },
      follow_pte:
        follow_pte &&
        ((vma: VmAreaStruct, address: number) => {
          lookups++;
          return follow_pte(vma, address);
        }),
    },
  };
}

/** A service VM with a device model, and a guest. */
export class ServiceVm {
  readonly machine: Machine;
  readonly process: Process;
  readonly acrn: Acrn;
  readonly vm = { regions_mapping_count: 0 };
  readonly regions: AcrnRegion[] = [];
  readonly reserved = new Set<number>();
  readonly lookups: () => number;
  answer = 0;
  hasRoom = true;

  constructor(wanted: Wanted = {}) {
    this.machine = computer(wanted);
    this.process = this.machine.spawn();
    const { kernel, layers } = this.machine;
    const { follow, lookups } = counted(layers.follow);
    this.lookups = lookups;
    this.acrn = createAcrn(kernel, layers.gup, follow, {
      hcall_set_memory_regions: (_vm, regions) => {
        if (this.answer === 0) this.regions.push(...regions);
        return this.answer;
      },
      PageReserved: (pfn) => this.reserved.has(pfn),
      vmap: () => this.hasRoom,
    });
  }

  /** Maps the test driver's device, which has as many pages as asked for from frame `pfn` on. */
  mapLab(length: number, changes: { readonly pfn?: number; readonly prot?: number } = {}): void {
    const { pfnlab, bar2Pfn } = this.machine;
    const { pfn = bar2Pfn, prot = RW } = changes;
    pfnlab.configure({ pfn, pages: length / PAGE, mode: 'fault', maxorder: 18 });
    const file = { shared: true, file: pfnlab.file, offset: 0 };
    expect(this.process.mmap({ address: VA, length, prot, ...file })).toBe(VA);
  }
  touch(...offsets: readonly number[]): void {
    for (const offset of offsets) expect(this.process.touch(VA + offset, false)).toBe(0);
  }
  map(len: number, attr = READ_WRITE, vma_base = VA): number {
    const memmap: AcrnVmMemmap = { user_vm_pa: GUEST, vma_base, len, attr };
    return this.acrn.acrn_vm_ram_map(this.process.mm, this.vm, memmap);
  }
  /** Level of the entry that maps an address: 0 PTE, 1 PMD, 2 PUD. */
  level(address: number): number {
    return entryAt(this.machine, this.process, address).level;
  }
}
