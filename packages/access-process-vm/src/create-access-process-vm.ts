import { type FollowApi, FollowPfnmapArgs } from '@pfnmap/follow-pfnmap';
import {
  EFAULT,
  EINVAL,
  EIO,
  ENOMEM,
  type Kernel,
  type MmStruct,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import type { MmGup } from '@pfnmap/mm-gup';
import { alignUp, type Pfn, type Prot } from '@pfnmap/pgtable-core';

/** A window on device memory that the kernel maps to copy from or to. Closing is iounmap(). */
export interface IoWindow {
  /** Copies bytes between the window and the caller's buffer. */
  copy(offset: number, length: number, write: boolean): void;
  close(): void;
}

/** What accesses need from the machine. */
export interface AccessServices {
  /** ioremap_prot(): a window of `size` bytes from a page frame on, or null when it cannot be had. */
  ioremap_prot(pfn: Pfn, size: number, prot: Prot): IoWindow | null;
  /** True for a page that the kernel gave to somebody: online and not reserved. */
  isOnlineAndUsed(pfn: Pfn): boolean;
}

/** Access to another process's memory. Answers are bytes, or a negative error number. */
export interface AccessProcessVm {
  generic_access_phys(vma: VmAreaStruct, address: number, length: number, write: boolean): number;
  process_vm_readv(mm: MmStruct, address: number, length: number): number;
  /** pread or pwrite of /proc/PID/mem. */
  mem_rw(mm: MmStruct, address: number, length: number, write: boolean): number;
}

interface Found {
  readonly pfn: Pfn;
  readonly prot: Prot;
  readonly writable: boolean;
}

/** Makes access-process-vm for a kernel: the only place where its gates are read. */
export function createAccessProcessVm(
  kernel: Kernel,
  gup: MmGup,
  follow: FollowApi,
  services: AccessServices,
): AccessProcessVm {
  const { pageSize } = kernel.arch.geometry;
  const onePageOnly = kernel.config.enabled('FIX_ACCESS_PHYS_ONE_PAGE');
  const force = kernel.config.enabled('PROC_MEM_ALWAYS_FORCE');
  const usesPfnmap = kernel.config.enabled('SERIES_PATCH_15') && follow.pfnmap !== undefined;

  /** Looks the frame up, with the new API or with follow_pte(); `use` runs while the page-table lock is held. */
  const withFrame = (vma: VmAreaStruct, address: number, use: (found: Found) => void): boolean => {
    if (usesPfnmap && follow.pfnmap !== undefined) {
      const args = new FollowPfnmapArgs(vma, address);
      if (follow.pfnmap.follow_pfnmap_start(args) !== 0) return false;
      use({ pfn: args.pfn, prot: args.pgprot, writable: args.writable });
      follow.pfnmap.follow_pfnmap_end(args);
      return true;
    }
    const slot = follow.follow_pte?.(vma, address) ?? -EINVAL;
    if (slot < 0) return false;
    const pte = kernel.pt.ptep_get(slot);
    const pfn = kernel.pt.pfnAt(0, slot);
    use({ pfn, prot: kernel.arch.pte_pgprot(pte), writable: kernel.arch.pte_write(pte) });
    return true;
  };
  const lookUp = (vma: VmAreaStruct, address: number): Found | undefined => {
    let seen: Found | undefined;
    withFrame(vma, address, (found) => {
      seen = found;
    });
    return seen;
  };

  const copyChecked = (
    vma: VmAreaStruct,
    address: number,
    offset: number,
    length: number,
    write: boolean,
  ): number | 'changed' => {
    const before = lookUp(vma, address);
    if (before === undefined) return -EINVAL;
    if (write && !before.writable) return -EINVAL;
    if (onePageOnly && services.isOnlineAndUsed(before.pfn)) return -EINVAL;
    const size = onePageOnly ? pageSize : alignUp(length + offset, pageSize);
    const window = services.ioremap_prot(before.pfn, size, before.prot);
    if (window === null) return -ENOMEM;
    let unchanged = false;
    const present = withFrame(vma, address, (now) => {
      unchanged =
        now.pfn === before.pfn && now.prot === before.prot && now.writable === before.writable;
      if (unchanged) window.copy(offset, length, write);
    });
    window.close();
    if (!present) return -EINVAL;
    return unchanged ? length : 'changed';
  };

  /**
   * A driver's ->access for device memory: maps the frames into the kernel, looks again whether the mapping is the same,
   * and copies with the page-table lock held. A mapping that changed meanwhile is tried again.
   *
   * @param length bytes; before 7.x it may reach beyond the page, into whatever lies behind it.
   * @returns bytes, or -EINVAL, -ENOMEM.
   * @context mmap_lock held for reading.
   * @fidelity exact
   * @patch 15/19
   */
  const generic_access_phys = (
    vma: VmAreaStruct,
    address: number,
    length: number,
    write: boolean,
  ): number => {
    const offset = address % pageSize;
    const bytes = onePageOnly ? Math.min(length, pageSize - offset) : length;
    for (;;) {
      const done = copyChecked(vma, address, offset, bytes, write);
      if (done !== 'changed') return done;
    }
  };

  /** __access_remote_vm(): pages where there are any, the driver's ->access elsewhere. */
  const accessRemote = (mm: MmStruct, address: number, length: number, write: boolean): number => {
    let done = 0;
    while (done < length) {
      const at = address + done;
      const inPage = Math.min(length - done, pageSize - (at % pageSize));
      const request = { address: at, nr_pages: 1, write, force };
      if (gup.get_user_pages(mm, request) === 1) {
        done += inPage;
        continue;
      }
      const vma = mm.vma_lookup(at);
      const bytes = vma?.vm_ops?.access?.(vma, at, length - done, write) ?? 0;
      if (bytes <= 0) break;
      done += bytes;
    }
    return done;
  };

  return {
    generic_access_phys,
    /**
     * process_vm_readv() of one range.
     *
     * @returns bytes, or -EFAULT when not one could be read.
     * @context takes mmap_lock for reading.
     * @fidelity partial vectors of one element
     * @patch none
     */
    process_vm_readv(mm, address, length) {
      let done = 0;
      while (done < length) {
        const at = address + done;
        const request = { address: at, nr_pages: 1, write: false };
        if (typeof gup.pin_user_pages_remote(mm, request) === 'number') break;
        done += Math.min(length - done, pageSize - (at % pageSize));
      }
      return done > 0 ? done : -EFAULT;
    },
    /**
     * A read or write through /proc/PID/mem. Where Kconfig lets it, a read is forced: it reaches memory that the program
     * itself may not read, and faults it in.
     *
     * @returns bytes, or -EIO when the first could not be had.
     * @context takes mmap_lock for reading.
     * @fidelity partial a write is not forced, and nobody traces
     * @patch none
     */
    mem_rw(mm, address, length, write) {
      const done = accessRemote(mm, address, length, write);
      return done > 0 ? done : -EIO;
    },
  };
}
