import { type AddressSpace, EBUSY, ENXIO, EOPNOTSUPP, type Kernel, printk } from '@pfnmap/mm-core';
import type { Pfn } from '@pfnmap/pgtable-core';
import type { Zapper } from './zap.ts';

/** The gates of memory failure, read once. */
export interface MemoryFailureGates {
  /** MEMORY_FAILURE: errors of memory are handled at all. */
  readonly handlesFailures: boolean;
  /** Drivers may register ranges of frames without struct pages (7.x). */
  readonly registersRanges: boolean;
  /** Experiment: the failed page is unmapped, and the driver told, in place of a signal. */
  readonly unmaps: boolean;
}

/** A range of frames without struct pages that a driver answers for: struct pfn_address_space. */
export interface PfnAddressSpace {
  readonly first: Pfn;
  /** The last frame, itself in the range. */
  readonly last: Pfn;
  readonly mapping: AddressSpace;
  /** The page of the file that maps a frame. */
  pgoffOf(pfn: Pfn): number;
  /** Experiment: the frame failed, and must not be mapped again. */
  failed(pfn: Pfn): void;
}

/** Memory failure of one kernel, as far as device memory goes. */
export interface MemoryFailure {
  register_pfn_address_space(space: PfnAddressSpace): number;
  memory_failure(pfn: Pfn): number;
}

const SIGBUS = 7;

/** Makes it for a kernel. */
export function createMemoryFailure(
  kernel: Kernel,
  gates: MemoryFailureGates,
  { unmap_mapping_range }: Zapper,
): MemoryFailure {
  const { events, arch } = kernel;
  const { pageSize } = arch.geometry;
  const spaces: PfnAddressSpace[] = [];

  /** SIGBUS to every process that maps the page, whether an entry is there or not. */
  const signal = ({ mapping }: PfnAddressSpace, pgoff: number): void => {
    for (const { vm_mm, vm_start, vm_end, vm_pgoff } of mapping.i_mmap) {
      const address = vm_start + (pgoff - vm_pgoff) * pageSize;
      if (address < vm_start || address >= vm_end) continue;
      events.record({ kind: 'signal', mm: vm_mm.id, signal: SIGBUS, address });
    }
  };
  const isolate = (space: PfnAddressSpace, pgoff: number, pfn: Pfn): void => {
    space.failed(pfn);
    unmap_mapping_range(space.mapping, pgoff * pageSize, pageSize, true);
  };

  return {
    /**
     * A driver answers for a range of frames.
     *
     * @returns 0; -EBUSY where another range is; -EOPNOTSUPP before 7.x and without MEMORY_FAILURE.
     * @fidelity exact
     * @patch none
     */
    register_pfn_address_space(space) {
      if (!gates.handlesFailures || !gates.registersRanges) return -EOPNOTSUPP;
      if (spaces.some(({ first, last }) => space.first <= last && first <= space.last)) {
        return -EBUSY;
      }
      spaces.push(space);
      return 0;
    },
    /**
     * The memory behind a frame without a struct page failed. Page tables stay as they are: before 7.x nothing at all
     * happens, from then on the users of a registered range get SIGBUS. With EXPERIMENT_MEMORY_FAILURE_UNMAP the page is
     * unmapped in place of that.
     *
     * @returns 0; -ENXIO before 7.x; -EBUSY where no driver answers; -EOPNOTSUPP without MEMORY_FAILURE.
     * @fidelity partial frames of RAM are not modelled and count as frames that nobody answers for; log lines differ from 7.x
     * @patch none
     */
    memory_failure(pfn) {
      if (!gates.handlesFailures) return -EOPNOTSUPP;
      const prefix = `Memory failure: 0x${pfn.toString(16)}`;
      if (!gates.registersRanges) {
        printk(kernel, `${prefix}: memory outside kernel control`);
        return -ENXIO;
      }
      const space = spaces.find(({ first, last }) => pfn >= first && pfn <= last);
      const result = space === undefined ? 'Ignored' : 'Recovered';
      if (space !== undefined) {
        const pgoff = space.pgoffOf(pfn);
        if (gates.unmaps) isolate(space, pgoff, pfn);
        else signal(space, pgoff);
      }
      printk(kernel, `${prefix}: recovery action for PFN map: ${result}`);
      return space === undefined ? -EBUSY : 0;
    },
  };
}
