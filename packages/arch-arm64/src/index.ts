export type { AddressLayout } from './address.ts';
export type { ArchArm64 } from './arch-arm64.ts';
export {
  PMD_TABLE_PXN,
  PMD_TABLE_UXN,
  PMD_TYPE_SECT,
  PTE_AF,
  PTE_ATTRINDX_MASK,
  PTE_CONT,
  PTE_DBM,
  PTE_DEVMAP,
  PTE_DIRTY,
  PTE_GP,
  PTE_NG,
  PTE_PO_IDX_MASK,
  PTE_PRESENT_INVALID,
  PTE_PXN,
  PTE_RDONLY,
  PTE_SHARED,
  PTE_SPECIAL,
  PTE_SW63,
  PTE_SWBITS_MASK,
  PTE_SWP_EXCLUSIVE,
  PTE_SWP_UFFD_WP,
  PTE_TABLE_AF,
  PTE_TABLE_BIT,
  PTE_TYPE_MASK,
  PTE_TYPE_PAGE,
  PTE_UFFD_WP,
  PTE_USER,
  PTE_UXN,
  PTE_VALID,
  PTE_WRITE,
} from './bits.ts';
export { type ArchArm64Options, type Arm64Cpu, createArchArm64 } from './create-arch-arm64.ts';
export { ARM64_GATES, type Arm64Gate } from './gates.ts';
export {
  type ContiguousGroups,
  createArm64Geometry,
  type PageShift,
  VA_BITS_CHOICES,
} from './geometry.ts';
export type { PudPredicates } from './levels.ts';
export type { PgattrChangeIsSafe } from './live-change.ts';
export {
  MAIR_EL1_SET,
  MAIR_EL1_SET_MTE,
  MEMORY_TYPE_NAMES,
  MT_DEVICE_nGnRE,
  MT_DEVICE_nGnRnE,
  MT_NORMAL,
  MT_NORMAL_NC,
  MT_NORMAL_TAGGED,
  PTE_ATTRINDX,
} from './memory-types.ts';
export {
  type Protections,
  VM_ARM64_BTI,
  VM_MTE_HIGH,
  VM_PKEY_BITS_HIGH,
  VM_SHADOW_STACK_HIGH,
} from './protections.ts';
export {
  createStage2,
  type Stage2,
  type Stage2Access,
  type Stage2Execution,
  type Stage2MemoryType,
  type Stage2Options,
} from './stage2.ts';
export {
  KVM_INVALID_PTE_LOCKED,
  KVM_INVALID_PTE_TYPE_LOCKED,
  KVM_PTE_LEAF_ATTR_HI_S2_XN0,
  KVM_PTE_LEAF_ATTR_HI_S2_XN1,
  KVM_PTE_LEAF_ATTR_HI_SW,
  KVM_PTE_LEAF_ATTR_LO_S2_AF,
  KVM_PTE_LEAF_ATTR_LO_S2_MEMATTR,
  KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R,
  KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W,
  KVM_PTE_LEAF_ATTR_LO_S2_SH,
  KVM_PTE_TYPE,
  KVM_PTE_VALID,
} from './stage2-bits.ts';
