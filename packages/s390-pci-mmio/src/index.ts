export { createS390PciMmio, type S390PciMmio } from './create-s390-pci-mmio.ts';
export { type UseIoAddress, type WithIoAddress, ZPCI_IOMAP_ADDR_BASE } from './io-address.ts';
export type { MioInstructions, MmioServices } from './mmio-services.ts';
export { createZpciBytes, type ZpciBytes } from './zpci-bytes.ts';
