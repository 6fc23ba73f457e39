import type { FollowApi } from '@pfnmap/follow-pfnmap';
import {
  EACCES,
  EFAULT,
  EINVAL,
  ENODEV,
  ENOMEM,
  FAULT_FLAG_WRITE,
  type Kernel,
  lock,
  type MmStruct,
  unlock,
  VM_IO,
  VM_PFNMAP,
  VM_READ,
  VM_WRITE,
} from '@pfnmap/mm-core';
import { createWithIoAddress, createWithIoAddressByPte, type UseIoAddress } from './io-address.ts';
import type { MmioServices } from './mmio-services.ts';

/** The two system calls. Addresses are those of the calling program; answers are 0 or a negative error number. */
export interface S390PciMmio {
  s390_pci_mmio_write(mm: MmStruct, mmio_addr: number, user_buffer: number, length: number): number;
  s390_pci_mmio_read(mm: MmStruct, mmio_addr: number, user_buffer: number, length: number): number;
}

/** Bytes that need no allocation. */
const STACK_BUFFER = 64;
/** The permission of the VMA that an access needs, and the flags of the fault that it makes. */
const WRITE = { vm_flag: VM_WRITE, fault_flags: FAULT_FLAG_WRITE } as const;
const READ = { vm_flag: VM_READ, fault_flags: 0 } as const;

/** Makes the system calls for a kernel: the only place where their gate is read. */
export function createS390PciMmio(
  kernel: Kernel,
  follow: FollowApi,
  services: MmioServices,
): S390PciMmio {
  const { events } = kernel;
  const { pageSize } = kernel.arch.geometry;
  const withIoAddress = kernel.config.enabled('SERIES_PATCH_11')
    ? createWithIoAddress(kernel, follow)
    : createWithIoAddressByPte(kernel, follow);

  /** What is refused before anything is looked at. */
  const check = (mmio_addr: number, length: number): number => {
    if (!services.zpci_is_enabled()) return -ENODEV;
    const leftInPage = pageSize - (mmio_addr % pageSize);
    return length <= 0 || length > leftInPage ? -EINVAL : 0;
  };
  const hasBuffer = (length: number): boolean => length <= STACK_BUFFER || services.kmalloc(length);

  /** The access, once mmap_lock is held: the VMA, its permission, its frame. */
  const access = (
    mm: MmStruct,
    mmio_addr: number,
    { vm_flag, fault_flags }: typeof WRITE | typeof READ,
    use: UseIoAddress,
  ): number => {
    const vma = mm.vma_lookup(mmio_addr);
    if (vma === null || (vma.vm_flags & (VM_IO | VM_PFNMAP)) === 0) return -EINVAL;
    if ((vma.vm_flags & vm_flag) === 0) return -EACCES;
    return withIoAddress(vma, mmio_addr, fault_flags, use);
  };
  const underMmapLock = (mm: MmStruct, run: () => number): number => {
    mm.mmap_lock = 'read';
    lock(events, mm, 'mmap_lock (read)');
    const result = run();
    unlock(events, mm, 'mmap_lock (read)');
    mm.mmap_lock = 'free';
    return result;
  };

  return {
    /**
     * Stores to PCI memory that a program has mapped. The fault that fills an empty entry may not drop mmap_lock, and how
     * it ends is not asked: what the second look finds counts. Only the VMA's permission matters, not that of the entry.
     *
     * @param length 1 to the end of the page.
     * @returns 0; -ENODEV without PCI; -EINVAL for a length of 0 or beyond the page, no VMA, none of device memory, or no
     * entry even after a fault; -ENOMEM; -EFAULT for the buffer, or a frame that is no PCI memory; -EACCES; what the
     * access answers. With MIO all of it but ENODEV and the length is left to the instructions.
     * @context takes mmap_lock for reading; the store is made with the page-table lock held.
     * @fidelity exact
     * @patch 11/19
     */
    s390_pci_mmio_write(mm, mmio_addr, user_buffer, length) {
      const refused = check(mmio_addr, length);
      if (refused !== 0) return refused;
      if (services.mio !== undefined) {
        return services.mio.memcpy_toio_inuser(mm, mmio_addr, user_buffer, length);
      }
      if (!hasBuffer(length)) return -ENOMEM;
      const bytes = services.copy_from_user(mm, user_buffer, length);
      if (bytes === undefined) return -EFAULT;
      return underMmapLock(mm, () =>
        access(mm, mmio_addr, WRITE, (ioAddress) => services.zpci_memcpy_toio(ioAddress, bytes)),
      );
    },
    /**
     * Loads from PCI memory that a program has mapped: as {@link S390PciMmio.s390_pci_mmio_write}, but the buffer is
     * touched last, after mmap_lock is given up.
     *
     * @param length 1 to the end of the page.
     * @returns 0, or the errors of the store, in the order in which they are met here.
     * @context takes mmap_lock for reading; the load is made with the page-table lock held.
     * @fidelity exact
     * @patch 11/19
     */
    s390_pci_mmio_read(mm, mmio_addr, user_buffer, length) {
      const refused = check(mmio_addr, length);
      if (refused !== 0) return refused;
      if (services.mio !== undefined) {
        return services.mio.memcpy_fromio_inuser(mm, user_buffer, mmio_addr, length);
      }
      if (!hasBuffer(length)) return -ENOMEM;
      let bytes: Uint8Array = new Uint8Array();
      const error = underMmapLock(mm, () =>
        access(mm, mmio_addr, READ, (ioAddress) => {
          const found = services.zpci_memcpy_fromio(ioAddress, length);
          if (typeof found === 'number') return found;
          bytes = found;
          return 0;
        }),
      );
      if (error !== 0) return error;
      return services.copy_to_user(mm, user_buffer, bytes) ? 0 : -EFAULT;
    },
  };
}
