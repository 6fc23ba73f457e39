import type { MmStruct } from '@pfnmap/mm-core';
import type { GuestMmu } from './guest-mmu.ts';
import { Invalidation } from './invalidation.ts';
import { Memslots } from './memslots.ts';

/** A virtual machine: struct kvm. */
export class Kvm {
  /** Number of the VM, from 1, for events. */
  readonly id: number;
  /** The address space whose memory it gives to the guest. */
  readonly mm: MmStruct;
  readonly memslots = new Memslots();
  readonly invalidation = new Invalidation();
  /** True once its process is gone. */
  vm_dead = false;
  private arch: GuestMmu | undefined;

  constructor(id: number, mm: MmStruct) {
    this.id = id;
    this.mm = mm;
  }

  /** Stage 2 of the VM. */
  get mmu(): GuestMmu {
    if (this.arch === undefined) throw new TypeError('the VM has no stage 2 yet');
    return this.arch;
  }

  /** Internal: gives the VM its stage 2, once. */
  attach(mmu: GuestMmu): void {
    this.arch = mmu;
  }
}
