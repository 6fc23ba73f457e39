import { resolveKernel } from '@pfnmap/kconfig';
import {
  EFAULT,
  EINVAL,
  ENOENT,
  ENOMEM,
  is_cow_mapping,
  VM_PFNMAP,
  VM_WRITE,
  VmAreaStruct,
} from '@pfnmap/mm-core';
import { _PAGE_CACHE_MASK, type FollowedPfn } from '../src/index.ts';
import { type TestPat, testPat, testVma } from './test-machine.ts';

const PAGE = 4096;
/** Present, user, special, not executable: the bits of a device entry besides cache and write. */
const DEVICE = 0x80000205 | 0;

/** A page of a process: a device frame with its protection, or the private copy of one. */
type Page = { readonly pfn: number; readonly prot: number } | 'anon';

/** A process: VMAs by address, and pages by page number. */
class Process {
  vmas: VmAreaStruct[] = [];
  readonly pages = new Map<number, Page>();

  at(address: number): VmAreaStruct | undefined {
    return this.vmas.find((vma) => vma.vm_start <= address && address < vma.vm_end);
  }
  link(vma: VmAreaStruct): void {
    this.vmas = [...this.vmas, vma].sort((a, b) => a.vm_start - b.vm_start);
  }
  unlink(vma: VmAreaStruct): void {
    this.vmas = this.vmas.filter((other) => other !== vma);
  }
}

/**
 * The system calls of the captures on the least mm that can carry them: pages in a map, and the calls into the memory
 * types in the order of the kernel, before or from 6.16.
 */
export class LabProcesses {
  readonly pat: TestPat;
  private readonly byContext: boolean;
  private current = new Process();
  private parent: Process | null = null;
  /** Owners of VMAs, for lookups. */
  private readonly owners = new WeakMap<VmAreaStruct, Process>();

  constructor(profile: string, patEnabled: boolean) {
    this.byContext = resolveKernel({ profile, arch: 'x86' }).enabled('PAT_TRACK_CTX');
    this.pat = testPat(profile, {
      patEnabled,
      follow: (vma, address) => this.follow(vma, address),
      followPte: (vma, address) => {
        const found = this.follow(vma, address);
        return found === null ? null : { ...found, normal: !found.special };
      },
    });
  }

  private follow(vma: VmAreaStruct, address: number): FollowedPfn | null {
    const page = this.owners.get(vma)?.pages.get(address / PAGE);
    if (page === undefined) return null;
    if (page === 'anon') return { pfn: 0x100, pgprot: 0x67, special: false };
    return { pfn: page.pfn, pgprot: page.prot, special: true };
  }
  private add(vma: VmAreaStruct, process = this.current): VmAreaStruct {
    this.owners.set(vma, process);
    process.link(vma);
    return vma;
  }
  /** vm_area_dup(). */
  private dup(vma: VmAreaStruct): VmAreaStruct {
    const copy = new VmAreaStruct(vma);
    this.pat.tracking.share(copy, vma);
    return copy;
  }
  private split(address: number): void {
    const vma = this.current.at(address);
    if (vma === undefined || vma.vm_start === address) return;
    const upper = this.dup(vma);
    upper.vm_start = address;
    upper.vm_pgoff += (address - vma.vm_start) / PAGE;
    vma.vm_end = address;
    this.add(upper);
  }
  private clearPages(process: Process, start: number, end: number): void {
    for (let at = start; at < end; at += PAGE) process.pages.delete(at / PAGE);
  }
  /** unmap_single_vma(). */
  private unmapSingle(process: Process, vma: VmAreaStruct, start: number, end: number): void {
    if (!this.byContext && (vma.vm_flags & VM_PFNMAP) !== 0) this.pat.tracking.untrack(vma, 0, 0);
    this.clearPages(process, start, end);
  }
  private remove(process: Process, vma: VmAreaStruct): void {
    this.unmapSingle(process, vma, vma.vm_start, vma.vm_end);
    process.unlink(vma);
    this.pat.tracking.close(vma);
  }

  private remap(vma: VmAreaStruct, address: number, pfn: number, size: number, bits: number) {
    const end = address + size;
    const rules = (): number => {
      if (is_cow_mapping(vma.vm_flags)) {
        if (address !== vma.vm_start || end !== vma.vm_end) return -EINVAL;
        vma.vm_pgoff = pfn;
      }
      vma.vm_flags |= VM_PFNMAP;
      return 0;
    };
    if (this.byContext && rules() !== 0) return -EINVAL;
    const tracked = this.pat.tracking.remap(vma, pfn, address, size, DEVICE | bits);
    if (tracked.error !== 0) return this.byContext ? tracked.error : -EINVAL;
    if (address % PAGE !== 0) return -EINVAL;
    if (!this.byContext && rules() !== 0) {
      this.pat.tracking.untrack(vma, pfn, size);
      return -EINVAL;
    }
    for (let at = 0; at < size; at += PAGE) {
      const page = { pfn: pfn + at / PAGE, prot: tracked.prot };
      this.current.pages.set((address + at) / PAGE, page);
    }
    return 0;
  }

  mmap(
    address: number,
    length: number,
    how: { pfn: number; bits: number; mode: number; off: number; part: number; private: boolean },
  ): { ret: number; remap: [number, number] } {
    const vma = this.add(testVma(address, length, how.private));
    if (how.mode !== 0) vma.vm_flags &= ~VM_PFNMAP;
    vma.vm_private_data = how.mode === 0 ? how.pfn : null;
    vma.vm_page_prot = DEVICE | how.bits;
    const full = (): number => this.remap(vma, address, how.pfn, length, how.bits);
    let ret = 0;
    let second = 0;
    if (how.mode === 2) {
      ret = this.remap(vma, address + how.off, how.pfn, how.part, how.bits);
    } else if (how.mode !== 0) {
      ret = full();
      if (how.mode === 3 && ret === 0) {
        this.unmapSingle(this.current, vma, address, address + length);
        second = full();
      }
    }
    if (ret !== 0) this.remove(this.current, vma);
    return { ret, remap: [ret, second] };
  }
  munmap(address: number, length: number): number {
    this.split(address);
    this.split(address + length);
    const gone = this.current.vmas.filter(
      (vma) => vma.vm_start >= address && vma.vm_end <= address + length,
    );
    for (const vma of gone) this.remove(this.current, vma);
    return 0;
  }
  mprotectRead(address: number, length: number): number {
    if (this.current.at(address) === undefined) return -ENOMEM;
    this.split(address);
    this.split(address + length);
    for (const vma of this.current.vmas) {
      if (vma.vm_start >= address && vma.vm_end <= address + length) vma.vm_flags &= ~VM_WRITE;
    }
    return 0;
  }
  mremap(address: number, length: number, newLength: number, to: number): number {
    const old = this.current.at(address);
    if (old === undefined || newLength > length || old.vm_end < address + length) return -EFAULT;
    this.munmap(address + newLength, length - newLength);
    const vma = this.dup(old);
    vma.vm_start = to;
    vma.vm_end = to + newLength;
    this.add(vma);
    for (let at = 0; at < newLength; at += PAGE) {
      const page = this.current.pages.get((address + at) / PAGE);
      if (page !== undefined) this.current.pages.set((to + at) / PAGE, page);
    }
    this.pat.tracking.clear(old);
    this.remove(this.current, old);
    return 0;
  }
  zap(address: number, length: number): number {
    const vma = this.current.at(address);
    if (vma === undefined) return -ENOENT;
    if (address + length <= vma.vm_end) {
      this.unmapSingle(this.current, vma, address, address + length);
    }
    return 0;
  }
  unmapMappingRange(offset: number, length: number): number {
    for (const vma of this.current.vmas) {
      const base = vma.vm_start - vma.vm_pgoff * PAGE;
      const start = Math.max(vma.vm_start, base + offset);
      const end = Math.min(vma.vm_end, base + offset + length);
      if (start < end) this.unmapSingle(this.current, vma, start, end);
    }
    return 0;
  }
  /** The signal of an access: 0, 7 (SIGBUS) or 11 (SIGSEGV). */
  touch(address: number, isWrite: boolean): number {
    const vma = this.current.at(address);
    if (vma === undefined || (isWrite && (vma.vm_flags & VM_WRITE) === 0)) return 11;
    const page = this.current.pages.get(address / PAGE);
    if (page === undefined) {
      if (typeof vma.vm_private_data !== 'number') return 7;
      const pfn = vma.vm_private_data + (address - vma.vm_start) / PAGE;
      const prot = this.pat.tracking.insert(pfn, vma.vm_page_prot);
      this.current.pages.set(address / PAGE, { pfn, prot });
    } else if (isWrite && page !== 'anon' && is_cow_mapping(vma.vm_flags)) {
      this.current.pages.set(address / PAGE, 'anon');
    }
    return 0;
  }
  fork(): number {
    const parent = this.current;
    const child = new Process();
    for (const from of parent.vmas) {
      const vma = this.dup(from);
      if (!this.byContext) this.pat.tracking.clear(vma);
      this.add(vma, child);
      if (this.pat.tracking.copy(vma, from) !== 0) {
        this.exit(child);
        return -ENOMEM;
      }
      for (let at = from.vm_start; at < from.vm_end; at += PAGE) {
        const page = parent.pages.get(at / PAGE);
        if (page !== undefined) child.pages.set(at / PAGE, page);
      }
    }
    this.parent = parent;
    this.current = child;
    return 0;
  }
  endfork(): void {
    this.exit(this.current);
    this.current = this.parent as Process;
    this.parent = null;
  }
  private exit(process: Process): void {
    for (const vma of process.vmas) this.remove(process, vma);
  }
  /** Flags of the VMA at an address, if there is one. */
  flagsAt(address: number): number | undefined {
    return this.current.at(address)?.vm_flags;
  }
  /** The frame, the cache bits and special of an entry; `anon`, or `none`. */
  entryAt(address: number): string {
    const page = this.current.pages.get(address / PAGE);
    if (page === undefined) return 'none';
    if (page === 'anon') return 'anon';
    return `${page.pfn.toString(16)} ${(page.prot & _PAGE_CACHE_MASK).toString(16)}`;
  }
}
