import type { Pfn } from '@pfnmap/pgtable-core';

/**
 * Lookups that found no frame. Linux uses pfns with bits 52 to 62 set; here they are negative numbers, so that a frame
 * stays an exact integer. {@link kvmPfnWord} gives Linux's value.
 */
export const KVM_PFN_ERR_FAULT = -1;
export const KVM_PFN_ERR_HWPOISON = -2;
/** The entry is read-only and the guest writes. */
export const KVM_PFN_ERR_RO_FAULT = -3;
export const KVM_PFN_ERR_SIGPENDING = -4;
/** No slot holds the guest frame. */
export const KVM_PFN_NOSLOT = -16;

/**
 * True for a frame that could not be had although there is a slot.
 *
 * @fidelity exact
 * @patch none
 */
export const is_error_pfn = (pfn: Pfn): boolean => pfn < 0 && pfn !== KVM_PFN_NOSLOT;
/**
 * True for any value that is no frame.
 *
 * @fidelity exact
 * @patch none
 */
export const is_error_noslot_pfn = (pfn: Pfn): boolean => pfn < 0;

const ERROR_MASK = 0x7ffn << 52n;

/** The 64-bit kvm_pfn_t that Linux has for a lookup's result. */
export function kvmPfnWord(pfn: Pfn): bigint {
  if (pfn >= 0) return BigInt(pfn);
  return pfn === KVM_PFN_NOSLOT ? 1n << 63n : ERROR_MASK + BigInt(-1 - pfn);
}
