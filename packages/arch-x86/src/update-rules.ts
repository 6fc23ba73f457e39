import type { UpdateRules } from '@pfnmap/pgtable-core';

/** tlb_single_page_flush_ceiling as it is at boot. */
const TLB_SINGLE_PAGE_FLUSH_CEILING = 33;

/** The gates of flushes and updates, read once. */
export interface UpdateGates {
  readonly softDirty: boolean;
  /** What was gathered is flushed before tables are freed, not VMA by VMA (from 6.15 on). */
  readonly flushesBeforeFreeing: boolean;
  /** The kernel finds out at boot that the P4D is folded. */
  readonly freesFoldedP4d: boolean;
  /** Secondary TLBs are told the range of a flush of everything (from 6.15 on). */
  readonly secondaryFlushesRange: boolean;
}

/**
 * How live entries are updated and flushed. ptep_set_access_flags and its kind store only when the entry differs and
 * the fault was a write; with a read nothing is written, though a change is reported.
 *
 * @fidelity exact
 * @patch none
 */
export const createUpdateRules = (gates: UpdateGates): UpdateRules => ({
  setAccessFlags: (old, entry, dirty) => (dirty ? entry : old),
  invalidateAdFlushes: false,
  hasSoftDirty: gates.softDirty,
  singlePageFlushCeiling: TLB_SINGLE_PAGE_FLUSH_CEILING,
  hugeFlushStepsByPage: true,
  flushesEachVma: false,
  mergesVmaFlushes: gates.flushesBeforeFreeing,
  freesFoldedP4d: gates.freesFoldedP4d,
  secondaryFlushesRange: gates.secondaryFlushesRange,
  flushRoundsToStep: false,
  // A process that runs on one CPU only has nothing to wait for.
  defersReclaimFlush: false,
  migrationKeepsYoung: true,
  setAccessFlagsFlushes: false,
});
