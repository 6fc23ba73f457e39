import {
  FAULT_FLAG_DEFAULT,
  FAULT_FLAG_WRITE,
  type Kernel,
  type MmStruct,
  VM_FAULT_ERROR,
  VM_WRITE,
} from '@pfnmap/mm-core';
import type { MmMemory } from '@pfnmap/mm-memory';
import { KernelBug } from '@pfnmap/pgtable-core';

/**
 * The kernel stores to user memory: copy_to_user(). False when that is not allowed or fails.
 *
 * @throws KernelBug when the store faults for ever.
 */
export type CopyToUser = (mm: MmStruct, address: number) => boolean;

/** Faults of one store that change nothing before it is certain that they go on for ever. */
const FAULTS_WITHOUT_PROGRESS = 8;

/** Makes the kernel's stores to user memory: the emulator writes for the guest where stage 2 may not. */
export function createCopyToUser(kernel: Kernel, memory: MmMemory): CopyToUser {
  const { pt, arch, mem } = kernel;
  const { lanes } = mem;
  const { validMask } = arch.format;

  const stores = (mm: MmStruct, address: number): boolean => {
    const slot = pt.walk(mm, address);
    const { level } = pt.walked;
    const lo = lanes[slot] as number;
    if ((lo & validMask) === 0) return false;
    const prot = arch.codec.prot(level, lo, lanes[slot + 1] as number);
    if (!arch.hardware.permits(level, prot, true, false)) return false;
    const after = arch.hardware.accessed(level, prot, true);
    if (after !== prot) pt.setProt(level, slot, after);
    return true;
  };

  return (mm, address) => {
    for (let faults = 0; ; faults++) {
      if (stores(mm, address)) return true;
      const vma = mm.vma_lookup(address);
      if (vma === null || (vma.vm_flags & VM_WRITE) === 0) return false;
      mm.mmap_lock = 'read';
      const ret = memory.handle_mm_fault(vma, address, FAULT_FLAG_DEFAULT | FAULT_FLAG_WRITE);
      mm.mmap_lock = 'free';
      if ((ret & VM_FAULT_ERROR) !== 0) return false;
      if (faults >= FAULTS_WITHOUT_PROGRESS) {
        throw new KernelBug(
          'the same store for the guest faults again and again: KVM_RUN never comes back',
          'handle_mm_fault',
          { address: `0x${address.toString(16)}` },
        );
      }
    }
  };
}
