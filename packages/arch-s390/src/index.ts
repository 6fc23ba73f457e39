export type { ArchS390 } from './arch-s390.ts';
export {
  _PAGE_DIRTY,
  _PAGE_INVALID,
  _PAGE_LARGE,
  _PAGE_NOEXEC,
  _PAGE_PRESENT,
  _PAGE_PROTECT,
  _PAGE_READ,
  _PAGE_SOFT_DIRTY,
  _PAGE_SPECIAL,
  _PAGE_UNUSED,
  _PAGE_WRITE,
  _PAGE_YOUNG,
} from './bits.ts';
export { stored } from './codec.ts';
export { type ArchS390Options, createArchS390 } from './create-arch-s390.ts';
export { createS390Geometry, type S390Levels } from './geometry.ts';
