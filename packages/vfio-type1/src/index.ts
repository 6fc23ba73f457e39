export { createIommufdIoas, type IommufdIoas } from './create-iommufd-ioas.ts';
export {
  createVfioType1,
  type DmaCounts,
  type DmaMapping,
  type MapDmaRequest,
  type VfioType1,
  type VfioType1Options,
} from './create-vfio-type1.ts';
export {
  createIommuPageTable,
  IOMMU_READ,
  IOMMU_WRITE,
  type IommuEntry,
  type IommuPageTable,
} from './iommu-page-table.ts';
export type { FoundPfns, LookupGates, VaddrGetPfns } from './vaddr-get-pfns.ts';
