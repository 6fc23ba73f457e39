import { type AccessProcessVm, createAccessProcessVm } from '@pfnmap/access-process-vm';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type Process } from '@pfnmap/machine';
import { AddressSpace, type File, type VmAreaStruct, type VmOperations } from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';

export const KiB = 2 ** 10;
export const MiB = 2 ** 20;
export const GiB = 2 ** 30;
export const PAGE = 4 * KiB;
export const VA = 0x7f0000000000;
export const R = 1;
export const RW = 3;

/** A window that the kernel opened on the device, and what happened in it. */
export interface Opened {
  readonly pfn: Pfn;
  readonly size: number;
  readonly prot: Prot;
  readonly copies: string[];
  closed: boolean;
}

/** A device as UIO drivers have them: its pages are mapped at once, and debuggers may reach them. */
export class UioDevice {
  readonly machine: Machine;
  readonly process: Process;
  readonly access: AccessProcessVm;
  readonly opened: Opened[] = [];
  /** Runs while the kernel opens a window: what another thread does meanwhile. */
  meanwhile: () => void = () => {};
  /** The kernel has no room for windows. */
  noRoom = false;
  readonly file: File;

  constructor(changes: { readonly profile?: string; readonly with?: readonly string[] } = {}) {
    const config = resolveKernel({ ...configForRelease('6.12.117+deb12-amd64'), ...changes });
    const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
    const small = { thp: 'always', barBytes: 8 * GiB, ramBytes: 8 * MiB } as const;
    this.machine = createMachine({ ...cpu, ...small, config });
    this.process = this.machine.spawn();
    const { kernel, layers, bar2Pfn } = this.machine;
    this.access = createAccessProcessVm(kernel, layers.gup, layers.follow, {
      ioremap_prot: (pfn, size, prot) => this.open(pfn, size, prot),
      isOnlineAndUsed: (pfn) => kernel.mem.isRam(pfn),
    });
    const vm_ops: VmOperations = { access: this.access.generic_access_phys };
    this.file = {
      name: '/dev/uio0',
      f_mapping: new AddressSpace(),
      writable: true,
      f_op: {
        mmap: (_file, vma) => {
          vma.vm_ops = vm_ops;
          const { vm_start, vm_end, vm_page_prot } = vma;
          const pfn = bar2Pfn + vma.vm_pgoff;
          return layers.memory.remap_pfn_range(vma, vm_start, pfn, vm_end - vm_start, vm_page_prot);
        },
      },
    };
  }

  private open(pfn: Pfn, size: number, prot: Prot) {
    if (this.noRoom) return null;
    const window: Opened = { pfn, size, prot, copies: [], closed: false };
    this.opened.push(window);
    this.meanwhile();
    return {
      copy: (offset: number, length: number, write: boolean) => {
        window.copies.push(`${write ? 'write' : 'read'} ${length} at ${offset}`);
      },
      close: () => {
        window.closed = true;
      },
    };
  }

  map(length: number, prot = RW, at = VA): number {
    return this.process.mmap({
      address: at,
      length,
      prot,
      shared: true,
      file: this.file,
      offset: 0,
    });
  }

  vma(): VmAreaStruct {
    const vma = this.process.mm.vma_lookup(VA);
    if (vma === null) throw new Error('nothing is mapped');
    return vma;
  }

  /** generic_access_phys() of the mapping; bytes, or a negative error number. */
  phys(offset: number, length: number, write = false): number {
    return this.access.generic_access_phys(this.vma(), VA + offset, length, write);
  }
}
