import {
  EFAULT,
  ENOMEM,
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_KILLABLE,
  FAULT_FLAG_TRIED,
  FAULT_FLAG_WRITE,
  type MmStruct,
  VM_FAULT_COMPLETED,
  VM_FAULT_ERROR,
  VM_FAULT_HWPOISON,
  VM_FAULT_HWPOISON_LARGE,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
  VM_READ,
  VM_WRITE,
} from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { KernelBug } from '@pfnmap/pgtable-core';

/** What fixup_user_fault() answers: `unlocked` tells that mmap_lock was dropped, so VMAs must be looked up again. */
export interface FixupResult {
  readonly error: number;
  readonly unlocked: boolean;
}

/**
 * The error number for a fault's answer.
 *
 * @returns -ENOMEM, -EFAULT, or 0 when there is none.
 * @fidelity exact
 * @patch none
 */
export function vm_fault_to_errno(fault: number): number {
  if ((fault & VM_FAULT_OOM) !== 0) return -ENOMEM;
  const fatal = VM_FAULT_HWPOISON | VM_FAULT_HWPOISON_LARGE | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV;
  return (fault & fatal) !== 0 ? -EFAULT : 0;
}

/** Makes fixup_user_fault() over a kernel's fault handler. */
export function createFixupUserFault(
  memory: MmMemory,
): (mm: MmStruct, address: number, fault_flags: number, mayUnlock: boolean) => FixupResult {
  /**
   * Faults an address in for somebody who needs the entry, not the data: KVM, VFIO, s390. One pass, since mmap_lock is
   * held: ->fault may be called at once.
   *
   * @param fault_flags FAULT_FLAG_WRITE, FAULT_FLAG_REMOTE. @param mayUnlock the caller can cope with a dropped lock.
   * @returns error 0 or -EFAULT, -ENOMEM.
   * @context mmap_lock held for reading, and held again on return.
   * @fidelity partial signals do not interrupt it
   * @patch none
   */
  return function fixup_user_fault(mm, address, fault_flags, mayUnlock) {
    let flags = fault_flags | (mayUnlock ? FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE : 0);
    let unlocked = false;
    for (;;) {
      const vma = mm.vma_lookup(address);
      const needs = (fault_flags & FAULT_FLAG_WRITE) !== 0 ? VM_WRITE : VM_READ;
      if (vma === null || (vma.vm_flags & needs) === 0) return { error: -EFAULT, unlocked };
      const fault = memory.handle_mm_fault(vma, address, flags);
      if ((fault & VM_FAULT_COMPLETED) !== 0) return { error: 0, unlocked: true };
      if ((fault & VM_FAULT_ERROR) !== 0) {
        const error = vm_fault_to_errno(fault);
        if (error === 0) {
          throw new KernelBug('a fault ended in FALLBACK alone', 'fixup_user_fault', { fault });
        }
        return { error, unlocked };
      }
      if ((fault & VM_FAULT_RETRY) === 0) return { error: 0, unlocked };
      unlocked = true;
      flags |= FAULT_FLAG_TRIED;
    }
  };
}
