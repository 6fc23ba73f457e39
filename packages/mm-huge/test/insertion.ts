import {
  AddressSpace,
  type File,
  formatEvent,
  type Kernel,
  MmStruct,
  type PfnTracking,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  VmAreaStruct,
  VmFault,
} from '@pfnmap/mm-core';
import { createMmHuge, type MmHuge } from '@pfnmap/mm-huge';
import { LEVEL_NAMES, type PgtableLevel, wordAt } from '@pfnmap/pgtable-core';
import { computer, type Wanted } from '@pfnmap/testbed';

/** A device file that nobody maps through mmap(). */
export const deviceFile: File = {
  name: '/dev/test',
  f_mapping: new AddressSpace(),
  f_op: { mmap: () => 0 },
  writable: true,
};

/** Flags of a shared mapping of device memory that may be read and written. */
export const SHARED_PFNMAP =
  VM_READ | VM_WRITE | VM_SHARED | VM_MAYREAD | VM_MAYWRITE | VM_MAYSHARE | VM_PFNMAP;

/** Calls the insertion helpers of a kernel by hand, as a driver of any quality would. */
export class Insertion {
  readonly kernel: Kernel;
  readonly huge: MmHuge;
  readonly mm: MmStruct;

  constructor(setup: Wanted = {}, tracking?: PfnTracking) {
    const { kernel } = computer(setup);
    this.kernel = tracking === undefined ? kernel : { ...kernel, tracking };
    this.huge = createMmHuge(this.kernel);
    this.mm = new MmStruct(1, kernel.pt.pgd_alloc());
  }

  /** A mapping with the protection that an uncached BAR of these flags has. */
  vma(start: number, end: number, vm_flags = SHARED_PFNMAP, vm_file: File | null = deviceFile) {
    const { arch } = this.kernel;
    const vma = new VmAreaStruct({
      vm_mm: this.mm,
      vm_start: start,
      vm_end: end,
      vm_pgoff: 0,
      vm_flags,
      vm_page_prot: arch.pgprot_noncached(arch.vm_get_page_prot(vm_flags)),
      vm_file,
    });
    vma.vm_ops = { huge_fault: () => 0 };
    return vma;
  }

  /** A fault on its way: slots of the address at PUD and PMD level, tables made down to `level`. */
  fault(vma: VmAreaStruct, address: number, level: PgtableLevel): VmFault {
    const { pt } = this.kernel;
    const vmf = new VmFault();
    vmf.vma = vma;
    vmf.address = address;
    vmf.pud = pt.walkAlloc(2, this.mm, address);
    if (level === 1) vmf.pmd = pt.walkAlloc(1, this.mm, address);
    return vmf;
  }

  /** vmf_insert_pfn_pmd() or vmf_insert_pfn_pud() for an address. */
  insert(level: 1 | 2, vma: VmAreaStruct, address: number, pfn: number, write = false): number {
    const vmf = this.fault(vma, address, level);
    return level === 1
      ? this.huge.vmf_insert_pfn_pmd(vmf, pfn, write)
      : this.huge.vmf_insert_pfn_pud(vmf, pfn, write);
  }

  /** The entry where the walk of an address ends, as `pmd 0x80000000e00002b7`. */
  entry(address: number): string {
    const { pt, mem } = this.kernel;
    const slot = pt.walk(this.mm, address);
    const word = wordAt(mem.lanes, slot);
    return `${LEVEL_NAMES[pt.walked.level]} ${word === 0n ? 'none' : `0x${word.toString(16)}`}`;
  }

  /** What happens to secondary MMUs and TLBs meanwhile, line by line. */
  record(work: () => void): string[] {
    const { events } = this.kernel;
    events.take();
    events.recording = true;
    work();
    events.recording = false;
    const kinds = ['notifier', 'tlb'];
    return events
      .take()
      .filter(({ kind }) => kinds.includes(kind))
      .map(formatEvent);
  }

  /** What was warned about since the last call. */
  warnings(): string[] {
    return this.kernel.events
      .take()
      .flatMap((event) => (event.kind === 'warn' ? [`${event.where}: ${event.what}`] : []));
  }
}
