import type { Prot } from '@pfnmap/pgtable-core';
import { _PAGE_NOPTISHADOW, _PAGE_NX, _PAGE_PRESENT, _PAGE_USER } from './bits.ts';

/** What a store to a root slot leaves in the two root tables. */
export interface RootSlot {
  /** The entry in the kernel's table. */
  readonly kernel: Prot;
  /** The entry in the user's table, or undefined when that table is not written. */
  readonly user: Prot | undefined;
}

/**
 * Builds pti_set_user_pgtbl(): with page table isolation, an entry of the user half goes to the user's root table as
 * it is, and the kernel's copy becomes not executable if it has P and US.
 *
 * @param active - isolation is built in and the CPU needs it.
 * @param supported - __supported_pte_mask as a protection word.
 * @fidelity exact
 * @patch none
 */
export function createPtiSetUserPgtbl(
  active: boolean,
  supported: Prot,
): (index: number, pgd: Prot) => RootSlot {
  if (!active) return (_index, pgd) => ({ kernel: pgd, user: undefined });
  const executable = _PAGE_PRESENT | _PAGE_USER;
  return (index, pgd) => {
    if (index > 255 || (pgd & _PAGE_NOPTISHADOW) !== 0) return { kernel: pgd, user: undefined };
    const forbidden = (pgd & executable) === executable ? _PAGE_NX & supported : 0;
    return { kernel: pgd | forbidden, user: pgd };
  };
}
