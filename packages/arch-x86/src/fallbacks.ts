import type { Prot } from '@pfnmap/pgtable-core';

/**
 * A predicate of an option that is off.
 *
 * @fidelity exact
 * @patch 01/19
 */
export const never = (_prot: Prot): boolean => false;

/**
 * A transformation of an option that is off.
 *
 * @fidelity exact
 * @patch 01/19
 */
export const unchanged = (prot: Prot): Prot => prot;
