import type { Gfn } from '../memory-slot.ts';

/** Levels of an x86 table as KVM numbers them: 1 for the entry of a page, up to the root. */
export const PG_LEVEL_4K = 1;
export const PG_LEVEL_2M = 2;
export const PG_LEVEL_1G = 3;

/** A level, {@link PG_LEVEL_4K} to 5. */
export type PgLevel = number;

/** Entries of a table. */
export const SPTE_ENT_PER_PAGE = 512;

/** Pages that an entry of each level spans: KVM_PAGES_PER_HPAGE(); index 0 is unused. */
export const PAGES_PER_LEVEL: readonly number[] = [0, 1, 2 ** 9, 2 ** 18, 2 ** 27, 2 ** 36];

/** What a guest frame is multiplied by to get the index of its entry, doubled: entries are two lanes. */
export const INDEX_SCALE: readonly number[] = [0, 2, 2 ** -8, 2 ** -17, 2 ** -26, 2 ** -35];

/** Index of an entry within a table, doubled. */
export const INDEX_MASK = (SPTE_ENT_PER_PAGE - 1) * 2;

/** One divided by {@link PAGES_PER_LEVEL}: a product with a power of two is exact, and faster than a remainder. */
export const INVERSE_OF_PAGES: readonly number[] = PAGES_PER_LEVEL.map((pages) => 1 / pages);

/**
 * The first guest frame of the entry that spans a frame.
 *
 * @fidelity exact
 * @patch none
 */
export const gfn_round_for_level = (gfn: Gfn, level: PgLevel): Gfn =>
  Math.floor(gfn * (INVERSE_OF_PAGES[level] as number)) * (PAGES_PER_LEVEL[level] as number);
