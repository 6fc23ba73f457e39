export { createMmMmap, type MmMmap, type MmMmapLayers } from './create-mm-mmap.ts';
export { MADV } from './madvise.ts';
export type { MbindRequest } from './mbind.ts';
export {
  type MmapRequest,
  PROT_EXEC,
  PROT_NONE,
  PROT_READ,
  PROT_WRITE,
  vmFlagsOfProt,
} from './mmap.ts';
export {
  MREMAP_DONTUNMAP,
  MREMAP_FIXED,
  MREMAP_MAYMOVE,
  type MremapRequest,
} from './mremap.ts';
export type { Unmapper } from './munmap.ts';
export type { UserfaultMode } from './userfaultfd.ts';
