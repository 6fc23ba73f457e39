/** Bits of a vfio-pci file offset below the region index. */
export const VFIO_PCI_OFFSET_SHIFT = 40;

/** Region indexes: BARs 0 to 5, then these. */
export const VFIO_PCI_ROM_REGION_INDEX = 6;
export const VFIO_PCI_CONFIG_REGION_INDEX = 7;
export const VFIO_PCI_VGA_REGION_INDEX = 8;
export const VFIO_PCI_NUM_REGIONS = 9;

/** VFIO_REGION_INFO_FLAG_*. */
export const VFIO_REGION_INFO_FLAG_READ = 1;
export const VFIO_REGION_INFO_FLAG_WRITE = 2;
export const VFIO_REGION_INFO_FLAG_MMAP = 4;

/** File offset of a region. */
export const offsetOfRegion = (index: number): number => index * 2 ** VFIO_PCI_OFFSET_SHIFT;

/** One BAR of a device: physical start and bytes; size 0 for none. */
export interface Bar {
  readonly start: number;
  readonly size: number;
  /** An I/O BAR cannot be mapped. */
  readonly io?: boolean;
}
