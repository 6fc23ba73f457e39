import {
  FAULT_FLAG_WRITE,
  type Kernel,
  lock,
  NO_MM,
  printk,
  unlock,
  VM_FAULT_FALLBACK,
  VM_FAULT_HWPOISON,
  VM_FAULT_SIGBUS,
  type VmAreaStruct,
  type VmFault,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignDown, type Pfn } from '@pfnmap/pgtable-core';
import type { RateLimit } from './rate-limit.ts';

/** The forms of the fault handler, from the series to 7.3. */
export interface HugeFaultGates {
  /** Patch 19: one page a fault, and larger ones where they fit. Before it, the first fault fills the whole VMA. */
  readonly oneLeafAFault: boolean;
  /** ARCH_SUPPORTS_PMD_PFNMAP, ARCH_SUPPORTS_PUD_PFNMAP: the driver's own tests of the options. */
  readonly pmdPfnmap: boolean;
  readonly pudPfnmap: boolean;
  /** The PFN must be aligned to the order (6.13). */
  readonly checksPfn: boolean;
  /** The fault is rounded down to the order (6.15); before, its own address had to be aligned. */
  readonly alignsToOrder: boolean;
}

/** One call of the handler, for those who watch. */
export interface HandlerCall {
  readonly handler: 'vfio-pci';
  readonly order: number;
  readonly ret: number;
  readonly write: boolean;
  readonly address: number;
  readonly vma: VmAreaStruct;
}

/** What the handler asks its device. */
export interface FaultedDevice {
  /** Physical start of the BAR behind a VMA, as a page frame number: vma_to_pfn() without the offset. */
  firstPfn(index: number): Pfn;
  /** Frames whose memory failed: they are not mapped any more. Empty but by experiment. */
  readonly failed: ReadonlySet<Pfn>;
  /** Memory decoding is on and the device is awake. */
  memoryEnabled(): boolean;
  /** Prefix of its log lines: `vfio-pci 0000:00:05.0`. */
  readonly name: string;
  /** Its debug lines are switched on (dynamic debug). */
  debugLines: boolean;
  readonly rateLimit: RateLimit;
  watcher: ((call: HandlerCall) => void) | undefined;
}

// A constant of this module costs nothing where it is used, an imported one is looked up.
const BUS_ERROR = VM_FAULT_SIGBUS;
const FALLBACK = VM_FAULT_FALLBACK;
const MEMORY_LOCK = 'memory_lock (read)';

function tellWatcher(
  watcher: (call: HandlerCall) => void,
  vmf: VmFault,
  order: number,
  ret: number,
): void {
  const { vma, address, flags } = vmf;
  const write = (flags & FAULT_FLAG_WRITE) !== 0;
  watcher({ handler: 'vfio-pci', order, ret, write, address, vma });
}

/** The page offset as the driver prints it: an unsigned difference that wraps below the VMA's start. */
const printedOffset = (pages: number, pageShift: number): string =>
  `0x${BigInt.asUintN(64 - pageShift, BigInt(pages)).toString(16)}`;

/** True when the memory of some frame of a leaf failed. */
const holdsFailed = (failed: ReadonlySet<Pfn>, first: Pfn, order: number): boolean =>
  [...failed].some((pfn) => pfn >= first && pfn < first + 2 ** order);

/** Makes vfio_pci_mmap_huge_fault() for a device. */
export function createHugeFault(
  kernel: Kernel,
  gates: HugeFaultGates,
  memory: MmMemory,
  huge: MmHuge,
  device: FaultedDevice,
): (vmf: VmFault, order: number) => number {
  const { events } = kernel;
  const { pageShift, pageSize, levels } = kernel.arch.geometry;
  const { vmf_insert_pfn } = memory;
  const { oneLeafAFault, alignsToOrder } = gates;
  const pmdOrder = levels[1].order;
  const pudOrder = levels[2].order;
  /** Region index and page in it share vm_pgoff. */
  const regionPages = 2 ** 40 / pageSize;

  /** Page frame of the VMA's start: vma_to_pfn(). */
  const vma_to_pfn = ({ vm_pgoff }: VmAreaStruct): Pfn => {
    const index = Math.floor(vm_pgoff / regionPages);
    return device.firstPfn(index) + (vm_pgoff - index * regionPages);
  };
  /** Where a leaf of an order around the fault would start. A fault's own address is that of a page. */
  const leafStart = ({ address }: VmFault, order: number): number =>
    alignsToOrder ? alignDown(address, pageSize * (1 << order)) : address;
  const fits = (vma: VmAreaStruct, address: number, order: number, pfn: Pfn): boolean => {
    const pages = 1 << order;
    const bytes = pageSize * pages;
    if (!alignsToOrder && alignDown(address, bytes) !== address) return false;
    if (address < vma.vm_start || address + bytes > vma.vm_end) return false;
    return !gates.checksPfn || alignDown(pfn, pages) === pfn;
  };

  const insert = (vmf: VmFault, order: number, pfn: Pfn): number => {
    return order === 0 ? vmf_insert_pfn(vmf.vma, vmf.address, pfn) : insertHuge(vmf, order, pfn);
  };
  const insertHuge = (vmf: VmFault, order: number, pfn: Pfn): number => {
    if (gates.pmdPfnmap && order === pmdOrder) return huge.vmf_insert_pfn_pmd(vmf, pfn, false);
    if (gates.pudPfnmap && order === pudOrder) return huge.vmf_insert_pfn_pud(vmf, pfn, false);
    return VM_FAULT_FALLBACK;
  };

  /** The first fault of kernels before patch 19: every page of the VMA, as far as it goes. */
  const insertAll = (vmf: VmFault, firstPfn: Pfn): number => {
    const { vma } = vmf;
    const pfnOf = (address: number): Pfn => firstPfn + (address - vma.vm_start) / pageSize;
    const ret = memory.vmf_insert_pfn(vma, vmf.address, pfnOf(vmf.address));
    if ((ret & VM_FAULT_SIGBUS) !== 0) return ret;
    for (let address = vma.vm_start; address < vma.vm_end; address += pageSize) {
      if (address === vmf.address) continue;
      const more = memory.vmf_insert_pfn(vma, address, pfnOf(address));
      if ((more & VM_FAULT_SIGBUS) !== 0) break;
    }
    return ret;
  };

  const insertLocked = (vmf: VmFault, order: number, firstPfn: Pfn, pfn: Pfn): number => {
    lock(events, NO_MM, MEMORY_LOCK);
    let ret = BUS_ERROR;
    if (device.memoryEnabled()) {
      ret = oneLeafAFault ? insert(vmf, order, pfn) : insertAll(vmf, firstPfn);
    }
    unlock(events, NO_MM, MEMORY_LOCK);
    return ret;
  };
  const { failed } = device;
  const insertPage = (vmf: VmFault, firstPfn: Pfn): number => {
    const pfn = firstPfn + (vmf.address - vmf.vma.vm_start) / pageSize;
    return failed.has(pfn) ? VM_FAULT_HWPOISON : insertLocked(vmf, 0, firstPfn, pfn);
  };
  const insertLeaf = (vmf: VmFault, order: number, firstPfn: Pfn): number => {
    const { vma } = vmf;
    const address = leafStart(vmf, order);
    const pfn = firstPfn + (address - vma.vm_start) / pageSize;
    if (failed.size > 0 && holdsFailed(failed, pfn, order)) return FALLBACK;
    return fits(vma, address, order, pfn) ? insertLocked(vmf, order, firstPfn, pfn) : FALLBACK;
  };

  const debugLine = (vmf: VmFault, order: number, ret: number): void => {
    const { vma } = vmf;
    const suppressed = device.rateLimit.admit();
    if (suppressed < 0) return;
    const where = 'vfio_pci_mmap_huge_fault';
    if (suppressed > 0) printk(kernel, `${where}: ${suppressed} callbacks suppressed`);
    const bar = Math.floor(vma.vm_pgoff / regionPages);
    const pages = (leafStart(vmf, order) - vma.vm_start) / pageSize;
    printk(
      kernel,
      `${device.name}: ${where}(,order = ${order}) BAR ${bar} page offset ${printedOffset(pages, pageShift)}: 0x${ret.toString(16)}`,
    );
  };

  /**
   * The fault handler of a BAR mapping, for every order. Alignment is looked at before the device: a fault that
   * does not fit is FALLBACK even while memory decoding is off.
   *
   * @returns VM_FAULT_NOPAGE; VM_FAULT_FALLBACK; VM_FAULT_SIGBUS while the device's memory is off; VM_FAULT_OOM. By
   * experiment VM_FAULT_HWPOISON for a page that failed, and FALLBACK for a leaf around it.
   * @context mmap_lock or the per-VMA lock held; takes the device's memory_lock for reading.
   * @fidelity exact
   * @patch 19/19
   */
  return function vfio_pci_mmap_huge_fault(vmf, order) {
    const firstPfn = vma_to_pfn(vmf.vma);
    const ret = order === 0 ? insertPage(vmf, firstPfn) : insertLeaf(vmf, order, firstPfn);
    if (device.debugLines) debugLine(vmf, order, ret);
    if (device.watcher !== undefined) tellWatcher(device.watcher, vmf, order, ret);
    return ret;
  };
}
