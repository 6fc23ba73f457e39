import type { Prot } from '@pfnmap/pgtable-core';

/**
 * Memory encryption of the CPU or guest, which takes address bits away:
 * - `amd`: SME or SEV with the C-bit at bit `cBit`; set means encrypted.
 * - `tdx`: a TDX guest whose physical addresses have `gpaBits` bits; the highest of them, set, means shared.
 * - `vtom`: a guest with a virtual top of memory; bit `sharedBit`, set, means shared.
 */
export type MemoryEncryption =
  | { readonly kind: 'none' }
  | { readonly kind: 'amd'; readonly cBit: number }
  | { readonly kind: 'tdx'; readonly gpaBits: number }
  | { readonly kind: 'vtom'; readonly sharedBit: number };

/** The physical address field and the bit that encryption gives a meaning to, in bits of the high lane. */
export interface PhysicalField {
  /** Address bits of the high lane: 0xfffff for the 52-bit field. */
  readonly addressHi: number;
  /** Flag bits of the high lane: the complement. */
  readonly flagsHi: number;
  /** The encryption or sharing bit in a protection word, or 0. Every change of protection keeps it. */
  readonly encryption: Prot;
  /** The bit that table entries and the protection of VMAs carry: the AMD C-bit, or 0. */
  readonly tableEncryption: Prot;
  /** pgprot_encrypted(). */
  pgprot_encrypted(prot: Prot): Prot;
  /** pgprot_decrypted(): what a driver does to the protection of device memory. */
  pgprot_decrypted(prot: Prot): Prot;
}

const field = (addressHi: number, encryption: Prot, setMeansEncrypted: boolean): PhysicalField => {
  const set = (prot: Prot): Prot => prot | encryption;
  const clear = (prot: Prot): Prot => prot & ~encryption;
  return {
    addressHi,
    flagsHi: ~addressHi,
    encryption,
    tableEncryption: setMeansEncrypted ? encryption : 0,
    pgprot_encrypted: setMeansEncrypted ? set : clear,
    pgprot_decrypted: setMeansEncrypted ? clear : set,
  };
};

/** The bit of the high lane, if the protection word has room for it. */
function highBit(bit: number, what: string): number {
  if (!Number.isInteger(bit) || bit < 45 || bit > 51) {
    throw new RangeError(`${what} is bit ${bit}; it must be one of the bits 45 to 51`);
  }
  return bit - 32;
}

/**
 * The address field that a kind of memory encryption leaves. A protection word has room for the bits 45 to 51 in its
 * bits 13 to 19.
 *
 * @throws RangeError when the bit is outside 45 to 51.
 * @fidelity exact
 * @patch none
 */
export function createPhysicalField(encryption: MemoryEncryption): PhysicalField {
  switch (encryption.kind) {
    case 'none':
      return field(0xfffff, 0, false);
    case 'amd': {
      const bit = 1 << highBit(encryption.cBit, 'the C-bit');
      return field(0xfffff & ~bit, bit, true);
    }
    case 'tdx': {
      const bit = 1 << highBit(encryption.gpaBits - 1, 'the shared bit of the TDX guest');
      return field(bit - 1, bit, false);
    }
    case 'vtom': {
      const bit = 1 << highBit(encryption.sharedBit, 'the virtual top of memory');
      return field(bit - 1, bit, false);
    }
  }
}
