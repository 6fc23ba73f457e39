import type { Pfn } from '@pfnmap/pgtable-core';

/**
 * One lookup of the frame behind a host-virtual address: what is asked and what was found. A VM keeps one and uses it
 * again and again.
 */
export class PfnLookup {
  /** Asked: the guest writes. */
  write_fault = false;
  /** Asked: the caller wants to know whether the frame may be mapped writable (not for read-only slots). */
  wantsWritable = true;
  /** Asked: the caller wants to hold the frame beyond the fault. */
  pin = false;
  /** Found: the frame, or a KVM_PFN_ERR_* value. */
  pfn: Pfn = 0;
  /** Found: the frame may be mapped writable. */
  writable = false;

  /** Makes it ready for another lookup. */
  ask(write_fault: boolean, wantsWritable: boolean, pin: boolean): void {
    this.write_fault = write_fault;
    this.wantsWritable = wantsWritable;
    this.pin = pin;
    this.pfn = 0;
    this.writable = false;
  }
}
