/**
 * The descriptor bits of stage 2, as KVM uses them, as they lie in a protection word: bits 0 to 15 in place, bits 48 to
 * 63 moved down by 32. Not the bits of stage 1: bits 5:2 are a memory type, 7:6 allow, 54:53 forbid execution.
 */
export const KVM_PTE_VALID = 1 << 0;
/** Bit 1: page or table when set, block when clear. */
export const KVM_PTE_TYPE = 1 << 1;
/** MemAttr, bits 5:2. What they mean depends on FWB. */
export const KVM_PTE_LEAF_ATTR_LO_S2_MEMATTR = 15 << 2;
/** S2AP read. */
export const KVM_PTE_LEAF_ATTR_LO_S2_S2AP_R = 1 << 6;
/** S2AP write. */
export const KVM_PTE_LEAF_ATTR_LO_S2_S2AP_W = 1 << 7;
/** SH[1:0]: inner shareable, or PA[51:50] with LPA2. */
export const KVM_PTE_LEAF_ATTR_LO_S2_SH = 3 << 8;
/** Access flag; KVM sets it in every new leaf. */
export const KVM_PTE_LEAF_ATTR_LO_S2_AF = 1 << 10;
/** Bit 53, the lower bit of XN in 7.3. */
export const KVM_PTE_LEAF_ATTR_HI_S2_XN0 = 1 << 21;
/** Bit 54, XN: no execution. All of XN in 6.12. */
export const KVM_PTE_LEAF_ATTR_HI_S2_XN1 = 1 << 22;
/** Bits 58:55, software: KVM keeps the level of a nested guest's entry there. */
export const KVM_PTE_LEAF_ATTR_HI_SW = 15 << 23;
/** Bit 10 of an entry that is not valid: 6.12 is about to replace it (break-before-make). */
export const KVM_INVALID_PTE_LOCKED = 1 << 10;
/** Bits 63:60 of such an entry in 7.3: type 1. */
export const KVM_INVALID_PTE_TYPE_LOCKED = 1 << 28;
