export {
  ACRN_MEM_ACCESS_EXEC,
  ACRN_MEM_ACCESS_READ,
  ACRN_MEM_ACCESS_RIGHT_MASK,
  ACRN_MEM_ACCESS_WRITE,
  ACRN_MEM_MAPPING_MAX,
  ACRN_MEM_TYPE_WB,
  type AcrnRegion,
  type AcrnServices,
  type AcrnVm,
  type AcrnVmMemmap,
} from './acrn-vm.ts';
export { type Acrn, createAcrn } from './create-acrn.ts';
export type { FindDeviceFrames, LookUpPage, MappedFrame } from './map-device-memory.ts';
