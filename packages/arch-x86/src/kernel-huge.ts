import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_PSE } from './bits.ts';
import { pgprot_4k_2_large } from './large-format.ts';
import { pmd_present, presentBit, pseBit } from './present.ts';

/**
 * The protection word of a 2 MiB leaf that ioremap() and vmap() put into the kernel's page table, or undefined when the
 * entry points to a table. That the range has one memory type, the caller has asked already.
 *
 * @param old - the entry that is there.
 * @param prot - the wanted protection in 4 KiB format.
 * @fidelity exact
 * @patch none
 */
export const pmd_set_huge = (old: Prot, prot: Prot): Prot | undefined =>
  pmd_present(old) && !pseBit(old) ? undefined : pgprot_4k_2_large(prot) | _PAGE_PSE;

/**
 * The same for a 1 GiB leaf.
 *
 * @fidelity exact
 * @patch none
 */
export const pud_set_huge = (old: Prot, prot: Prot): Prot | undefined =>
  presentBit(old) && !pseBit(old) ? undefined : pgprot_4k_2_large(prot) | _PAGE_PSE;

/**
 * True when the kernel's leaf is to be cleared, false when it is no leaf and stays: pmd_clear_huge, pud_clear_huge.
 *
 * @fidelity exact
 * @patch none
 */
export const clearsHuge = (old: Prot): boolean => pseBit(old);
