import {
  AddressSpace,
  EINVAL,
  FAULT_FLAG_WRITE,
  type File,
  is_cow_mapping,
  type Kernel,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_FAULT_FALLBACK,
  VM_IO,
  VM_MIXEDMAP,
  VM_PFNMAP,
  type VmAreaStruct,
  type VmFault,
  type VmOperations,
} from '@pfnmap/mm-core';
import { alignDown, type Pfn } from '@pfnmap/pgtable-core';
import type { MachineLayers } from './process.ts';

/** How the test driver fills its mappings. */
export interface PfnlabConfiguration {
  /** Page frame of file offset 0. */
  readonly pfn: Pfn;
  /** Pages of the file. */
  readonly pages: number;
  readonly mode: 'fault' | 'remap' | 'mixed';
  /** Largest order that its fault handler inserts. */
  readonly maxorder: number;
  /** True when debuggers reach the mapping through generic_access_phys(). */
  readonly access?: boolean;
}

/** One call of the test driver's fault handler. */
export interface PfnlabCall {
  readonly handler: 'lab';
  readonly order: number;
  readonly ret: number;
  readonly write: boolean;
  readonly address: number;
  readonly vma: VmAreaStruct;
}

/** The lab's test driver, /dev/pfnlab. */
export interface Pfnlab {
  readonly file: File;
  configure(configuration: PfnlabConfiguration): void;
  watch(watcher: ((call: PfnlabCall) => void) | undefined): void;
}

/**
 * Makes the test driver in a kernel. Unlike vfio-pci it passes the fault's write flag on, and it inserts what the mm can
 * insert, also before the architecture has a special bit: so the patches of the series can be told apart.
 */
export function createPfnlab(
  kernel: Kernel,
  { memory, huge, access }: Pick<MachineLayers, 'memory' | 'huge' | 'access'>,
): Pfnlab {
  const { arch, config } = kernel;
  const { pageSize, levels } = arch.geometry;
  const hasThp = config.enabled('TRANSPARENT_HUGEPAGE');
  const hasPudThp = hasThp && config.enabled('HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD');
  const pmdOrder = hasThp ? levels[1].order : -1;
  const pudOrder = hasPudThp ? levels[2].order : -1;
  let conf: PfnlabConfiguration = { pfn: 0, pages: 0, mode: 'fault', maxorder: 0 };
  let watcher: ((call: PfnlabCall) => void) | undefined;

  const insert = (vmf: VmFault, order: number): number => {
    const { vma } = vmf;
    const bytes = pageSize * 2 ** order;
    const address = alignDown(vmf.address, bytes);
    const pfn = conf.pfn + (address - vma.vm_start) / pageSize + vma.vm_pgoff;
    if (order > conf.maxorder) return VM_FAULT_FALLBACK;
    if (order > 0) {
      const inside = address >= vma.vm_start && address + bytes <= vma.vm_end;
      if (!inside || alignDown(pfn, 2 ** order) !== pfn) return VM_FAULT_FALLBACK;
    }
    const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
    if (order === 0) return memory.vmf_insert_pfn(vma, vmf.address, pfn);
    if (order === pmdOrder) return huge.vmf_insert_pfn_pmd(vmf, pfn, write);
    if (order === pudOrder) return huge.vmf_insert_pfn_pud(vmf, pfn, write);
    return VM_FAULT_FALLBACK;
  };
  const huge_fault = (vmf: VmFault, order: number): number => {
    const ret = insert(vmf, order);
    const write = (vmf.flags & FAULT_FLAG_WRITE) !== 0;
    watcher?.({ handler: 'lab', order, ret, write, address: vmf.address, vma: vmf.vma });
    return ret;
  };
  const fault = (vmf: VmFault): number => huge_fault(vmf, 0);
  const vm_ops: VmOperations = hasThp ? { fault, huge_fault } : { fault };
  const accessibleOps: VmOperations = { ...vm_ops, access: access.generic_access_phys };

  const mmap = (_file: File, vma: VmAreaStruct): number => {
    const pages = (vma.vm_end - vma.vm_start) / pageSize;
    if (vma.vm_pgoff + pages > conf.pages) return -EINVAL;
    vma.vm_page_prot = arch.pgprot_noncached(vma.vm_page_prot);
    if (conf.mode === 'remap') {
      const pfn = conf.pfn + vma.vm_pgoff;
      const size = vma.vm_end - vma.vm_start;
      return memory.remap_pfn_range(vma, vma.vm_start, pfn, size, vma.vm_page_prot);
    }
    if (is_cow_mapping(vma.vm_flags)) return -EINVAL;
    const kind = conf.mode === 'mixed' ? VM_MIXEDMAP : VM_PFNMAP;
    vma.vm_flags |= VM_IO | kind | VM_DONTEXPAND | VM_DONTDUMP;
    vma.vm_ops = conf.access === true ? accessibleOps : vm_ops;
    return 0;
  };

  return {
    file: { name: '/dev/pfnlab', f_mapping: new AddressSpace(), f_op: { mmap }, writable: true },
    configure(configuration) {
      conf = configuration;
    },
    watch(next) {
      watcher = next;
    },
  };
}
