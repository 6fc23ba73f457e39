import {
  AddressSpace,
  EINVAL,
  type File,
  type Kernel,
  lock,
  NO_MM,
  unlock,
  VM_ALLOW_ANY_UNCACHED_HIGH,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_IO,
  VM_PFNMAP,
  VM_SHARED,
  type VmAreaStruct,
  type VmOperations,
} from '@pfnmap/mm-core';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import { alignUp, isAligned, type LevelGeometry, type Pfn } from '@pfnmap/pgtable-core';
import { createHugeFault, type FaultedDevice, type HandlerCall } from './huge-fault.ts';
import {
  type Bar,
  offsetOfRegion,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_NUM_REGIONS,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
} from './layout.ts';
import { createRateLimit } from './rate-limit.ts';

/** PCI_COMMAND_MEMORY. */
const PCI_COMMAND_MEMORY = 0x2;

/** What VFIO_DEVICE_GET_REGION_INFO tells. Bytes. */
export interface RegionInfo {
  readonly index: number;
  readonly size: number;
  readonly offset: number;
  readonly flags: number;
}

/** A device bound to vfio-pci. */
export interface VfioPciDevice {
  /** The device's file: mmap it at a region's offset. */
  readonly file: File;
  /** VFIO_DEVICE_GET_REGION_INFO; -EINVAL for an index without a region. */
  regionInfo(index: number): RegionInfo | number;
  /** Writes the 16-bit command register: bytes written, or a negative error number. */
  writeCommand(value: number): number;
  /** Memory decoding is on and the device is awake: its mappings can be accessed. */
  memoryEnabled(): boolean;
  /** VFIO_DEVICE_RESET. */
  reset(): number;
  /** VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY and _EXIT. */
  lowPowerEntry(): number;
  lowPowerExit(): void;
  /** Switches the driver's debug lines. */
  setDebugLines(on: boolean): void;
  /** Is told of every call of the fault handler. */
  watch(watcher: ((call: HandlerCall) => void) | undefined): void;
}

/** What {@link createVfioPciDevice} needs to know. */
export interface VfioPciOptions {
  /** `0000:00:05.0`. */
  readonly bdf: string;
  /** Six BARs. */
  readonly bars: readonly Bar[];
  /** The device has a function-level reset. */
  readonly resetWorks: boolean;
  /** Bytes of config space. */
  readonly configSize: number;
  /** Milliseconds of the machine's clock. */
  readonly now: () => number;
  /** The device says that its BARs cannot be mapped; asked from 7.x on. */
  readonly nonMappableBars?: boolean;
  /**
   * Told of a BAR that the driver requests and maps (x86 reserves its memory type then). A negative error number refuses
   * it: another driver has it.
   */
  readonly onBarEnabled?: (bar: Bar) => number | undefined;
}

/** Makes a device bound to vfio-pci: the only place where the driver's gates are read. */
export function createVfioPciDevice(
  kernel: Kernel,
  memory: MmMemory,
  huge: MmHuge,
  options: VfioPciOptions,
): VfioPciDevice {
  const { arch, config } = kernel;
  const { pageSize, levels } = arch.geometry;
  const { bars } = options;
  const mapping = new AddressSpace();
  const state = { command: PCI_COMMAND_MEMORY, engaged: false };
  const atEnable = config.enabled('VFIO_CLAIM_BARS_AT_ENABLE');
  const asksForAlignment = config.enabled('EXPERIMENT_MAPPING_ORDER');
  const mapsBars = !config.enabled('VFIO_NON_MAPPABLE_BARS') || options.nonMappableBars !== true;
  /** What requesting a BAR said, by index. */
  const claims = new Map<number, number>();

  const barPfns = bars.map(({ start }) => start / pageSize);
  const failed = new Set<Pfn>();
  const device: FaultedDevice = {
    failed,
    name: `vfio-pci ${options.bdf}`,
    firstPfn: (index) => barPfns[index] ?? 0,
    memoryEnabled: () => !state.engaged && (state.command & PCI_COMMAND_MEMORY) !== 0,
    debugLines: false,
    rateLimit: createRateLimit(options.now),
    watcher: undefined,
  };
  const hugePfnmap = config.enabled('ARCH_SUPPORTS_HUGE_PFNMAP');
  const oneLeafAFault = config.enabled('SERIES_PATCH_19');
  const pmdPfnmap = config.enabled('ARCH_SUPPORTS_PMD_PFNMAP');
  const pudPfnmap = config.enabled('ARCH_SUPPORTS_PUD_PFNMAP');
  /** Largest first. */
  const leafLevels = [...(pudPfnmap ? [levels[2]] : []), ...(pmdPfnmap ? [levels[1]] : [])];
  const vfio_pci_mmap_huge_fault = createHugeFault(
    kernel,
    {
      oneLeafAFault,
      pmdPfnmap,
      pudPfnmap,
      checksPfn: config.enabled('FIX_VFIO_PFN_ALIGNED'),
      alignsToOrder: config.enabled('FIX_VFIO_ALIGN_TO_ORDER'),
    },
    memory,
    huge,
    device,
  );
  const fault: VmOperations['fault'] = (vmf) => vfio_pci_mmap_huge_fault(vmf, 0);
  const vm_ops: VmOperations = Object.freeze(
    hugePfnmap && oneLeafAFault ? { fault, huge_fault: vfio_pci_mmap_huge_fault } : { fault },
  );

  /** A BAR smaller than a page can be mapped when it owns its page: what follows it there is reserved for it. */
  const ownsItsPage = (bar: Bar): boolean => {
    const [end, pageEnd] = [bar.start + bar.size, bar.start + pageSize];
    const isFree = !bars.some(
      (other) => other.io !== true && other.start < pageEnd && other.start + other.size > end,
    );
    return isAligned(bar.start, pageSize) && isFree;
  };
  const mappable = (bar: Bar | undefined): bar is Bar =>
    mapsBars &&
    bar !== undefined &&
    bar.io !== true &&
    bar.size > 0 &&
    (bar.size >= pageSize || ownsItsPage(bar));

  /** Requests a BAR and maps it for the driver: 0, or a negative error number, which only 7.x remembers. */
  const enableBar = (index: number): number => {
    const known = claims.get(index);
    const bar = bars[index];
    if (known !== undefined || bar === undefined) return known ?? 0;
    const result = options.onBarEnabled?.(bar) ?? 0;
    if (result === 0 || atEnable) claims.set(index, result);
    return result;
  };

  /**
   * ->mmap of the device: checks, then flags, protection and operations; maps nothing.
   *
   * @returns 0; -EINVAL: a private mapping, a region that cannot be mapped, or a range beyond the BAR; or what requesting
   * the BAR said.
   * @context mmap_lock held for writing.
   * @fidelity partial device-specific regions do not exist
   * @patch none
   */
  const vfio_pci_core_mmap = (_file: File, vma: VmAreaStruct): number => {
    const regionPages = offsetOfRegion(1) / pageSize;
    const index = Math.floor(vma.vm_pgoff / regionPages);
    if (index >= VFIO_PCI_NUM_REGIONS || vma.vm_end < vma.vm_start) return -EINVAL;
    if ((vma.vm_flags & VM_SHARED) === 0) return -EINVAL;
    const bar = bars[index];
    if (index >= VFIO_PCI_ROM_REGION_INDEX || !mappable(bar)) return -EINVAL;
    const start = (vma.vm_pgoff % regionPages) * pageSize;
    if (start + (vma.vm_end - vma.vm_start) > alignUp(bar.size, pageSize)) return -EINVAL;
    const refused = enableBar(index);
    if (refused !== 0) return refused;
    vma.vm_private_data = device;
    vma.vm_page_prot = arch.pgprot_decrypted(arch.pgprot_noncached(vma.vm_page_prot));
    vma.vm_flags |= VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP;
    vma.vm_flags_high |= VM_ALLOW_ANY_UNCACHED_HIGH;
    vma.vm_ops = vm_ops;
    return 0;
  };

  /** The largest entry that a mapping could have: as long as it, and aligned in the BAR's physical address. */
  const get_mapping_order = (_file: File, pgoff: number, pages: number): number => {
    const bar = bars[Math.floor(pgoff / (offsetOfRegion(1) / pageSize))];
    if (bar === undefined) return 0;
    const fits = ({ size }: LevelGeometry): boolean =>
      pages * pageSize >= size && isAligned(bar.start, size);
    return leafLevels.find(fits)?.order ?? 0;
  };

  /** Does something to the device with memory_lock held for writing, its BARs unmapped in every process if asked. */
  const withMemoryLock = (zap: boolean, change: () => void): void => {
    lock(kernel.events, NO_MM, 'memory_lock (write)');
    if (zap) {
      memory.unmap_mapping_range(mapping, 0, offsetOfRegion(VFIO_PCI_ROM_REGION_INDEX), true);
    }
    change();
    unlock(kernel.events, NO_MM, 'memory_lock (write)');
  };

  /** The device answers for the memory of its BARs. */
  const registerBar = (index: number, bar: Bar): void => {
    const first = bar.start / pageSize;
    memory.register_pfn_address_space({
      first,
      last: first + Math.ceil(bar.size / pageSize) - 1,
      mapping,
      pgoffOf: (pfn) => offsetOfRegion(index) / pageSize + pfn - first,
      failed: (pfn) => failed.add(pfn),
    });
  };
  if (config.enabled('EXPERIMENT_MEMORY_FAILURE_UNMAP')) {
    for (const [index, bar] of bars.entries()) if (mappable(bar)) registerBar(index, bar);
  }
  if (atEnable) {
    for (const index of bars.keys()) if (mappable(bars[index])) enableBar(index);
  }

  return {
    file: {
      name: device.name,
      f_mapping: mapping,
      f_op: asksForAlignment
        ? { mmap: vfio_pci_core_mmap, get_mapping_order }
        : { mmap: vfio_pci_core_mmap },
      writable: true,
      noexec: config.enabled('ANON_INODE_NOEXEC'),
    },
    regionInfo(index) {
      if (index >= VFIO_PCI_VGA_REGION_INDEX) return -EINVAL;
      const offset = offsetOfRegion(index);
      const readWrite = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE;
      if (index === VFIO_PCI_CONFIG_REGION_INDEX) {
        return { index, offset, size: options.configSize, flags: readWrite };
      }
      const bar = bars[index];
      if (bar === undefined || bar.size === 0) return { index, offset, size: 0, flags: 0 };
      const flags = readWrite | (mappable(bar) ? VFIO_REGION_INFO_FLAG_MMAP : 0);
      return { index, offset, size: bar.size, flags };
    },
    writeCommand(value) {
      withMemoryLock((value & PCI_COMMAND_MEMORY) === 0, () => {
        state.command = value;
      });
      return 2;
    },
    memoryEnabled: device.memoryEnabled,
    reset() {
      if (!options.resetWorks) return -EINVAL;
      withMemoryLock(true, () => {});
      return 0;
    },
    lowPowerEntry() {
      if (state.engaged) return -EINVAL;
      withMemoryLock(true, () => {
        state.engaged = true;
      });
      return 0;
    },
    lowPowerExit() {
      withMemoryLock(false, () => {
        state.engaged = false;
      });
    },
    setDebugLines(on) {
      device.debugLines = on;
    },
    watch(watcher) {
      device.watcher = watcher;
    },
  };
}
