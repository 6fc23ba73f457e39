export type { HandlerCall } from './huge-fault.ts';
export {
  type Bar,
  offsetOfRegion,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_NUM_REGIONS,
  VFIO_PCI_OFFSET_SHIFT,
  VFIO_PCI_ROM_REGION_INDEX,
  VFIO_PCI_VGA_REGION_INDEX,
  VFIO_REGION_INFO_FLAG_MMAP,
  VFIO_REGION_INFO_FLAG_READ,
  VFIO_REGION_INFO_FLAG_WRITE,
} from './layout.ts';
export { createRateLimit, type RateLimit } from './rate-limit.ts';
export {
  createVfioPciDevice,
  type RegionInfo,
  type VfioPciDevice,
  type VfioPciOptions,
} from './vfio-pci-device.ts';
