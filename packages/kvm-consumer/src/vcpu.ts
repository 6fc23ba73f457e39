import { EIO, type MmStruct } from '@pfnmap/mm-core';
import {
  ACCESS_DONE,
  type AccessKind,
  KVM_EXIT_HLT,
  KVM_EXIT_MMIO,
  KVM_EXIT_UNKNOWN,
} from './exits.ts';
import type { Kvm } from './kvm.ts';

/** A guest program of one instruction that reads or writes memory, and one that ends it. */
export interface GuestProgram {
  /** Guest-physical address of its code, within one page. The guest runs without paging of its own. */
  readonly code: number;
  /** Bytes that the instruction reads or writes. */
  readonly size: number;
  /** How it ends: by a halt instruction, or by a store to a guest-physical address that no slot holds. */
  readonly ends: 'hlt' | { readonly store: number };
}

/** One virtual CPU of a VM. */
export class KvmVcpu {
  readonly kvm: Kvm;
  /** run->exit_reason: KVM_EXIT_*. */
  exit_reason = KVM_EXIT_UNKNOWN;
  /** run->mmio: what the guest wanted of an address without memory. Valid after KVM_EXIT_MMIO. */
  readonly mmio = { phys_addr: 0, is_write: false };
  /** A read that left the guest and that the emulator completes first of all. */
  private pendingRead = false;
  private readonly pageSize: number;

  constructor(kvm: Kvm, pageSize: number) {
    this.kvm = kvm;
    this.pageSize = pageSize;
  }

  /**
   * Runs the guest program until it leaves the guest.
   *
   * A read that ended in KVM_EXIT_MMIO is completed first where KVM emulates instructions: the guest then goes on
   * behind that instruction, whatever registers user space has set meanwhile.
   *
   * @param caller address space of the process that makes the call.
   * @param gpa guest-physical address that the instruction reads or writes.
   * @returns 0 with `exit_reason`; -EIO for another process; -EFAULT and its kind when the host has no memory there.
   * @context sleeps.
   * @fidelity partial the guest is a program of two instructions; interrupts and signals do not come
   * @patch none
   */
  run(caller: MmStruct, program: GuestProgram, gpa: number, write: boolean): number {
    const { kvm } = this;
    if (caller !== kvm.mm || kvm.vm_dead) return -EIO;
    this.exit_reason = KVM_EXIT_UNKNOWN;
    const completed = this.pendingRead;
    this.pendingRead = false;
    if (!this.succeeds(program.code, 'exec')) return this.result;
    if (!completed && !this.operand(gpa, program.size, write)) return this.result;
    return this.end(program.ends);
  }

  /** What the access that did not succeed makes KVM_RUN return. */
  private result = 0;

  /** One access within a page: true when the guest goes on. */
  private succeeds(gpa: number, kind: AccessKind): boolean {
    const ended = this.kvm.mmu.access(gpa, kind);
    if (ended === ACCESS_DONE) return true;
    this.result = Math.min(ended, 0);
    if (ended < 0) return false;
    this.exit_reason = ended;
    if (ended === KVM_EXIT_MMIO) {
      this.mmio.phys_addr = gpa;
      this.mmio.is_write = kind === 'write';
      this.pendingRead = kind === 'read' && this.kvm.mmu.completesReadsFirst;
    }
    return false;
  }

  /** The operand of the instruction, which may lie across two pages: the lower one is met first. */
  private operand(gpa: number, size: number, write: boolean): boolean {
    const kind = write ? 'write' : 'read';
    if (!this.succeeds(gpa, kind)) return false;
    const last = gpa + size - 1;
    const lastPage = last - (last % this.pageSize);
    return lastPage <= gpa || this.succeeds(lastPage, kind);
  }

  private end(ends: GuestProgram['ends']): number {
    if (ends === 'hlt') {
      this.exit_reason = KVM_EXIT_HLT;
      return 0;
    }
    return this.succeeds(ends.store, 'write') ? 0 : this.result;
  }
}
