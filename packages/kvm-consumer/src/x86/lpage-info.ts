import { alignDown, alignUp } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import { PAGES_PER_LEVEL, PG_LEVEL_1G, PG_LEVEL_2M, type PgLevel } from './pg-level.ts';

/**
 * Which guest frames of a slot may be mapped by an entry of a level: struct kvm_lpage_info, all of them at once. Those in
 * [first, end): blocks that stick out of the slot may not, and none may where guest and host addresses differ modulo
 * the block.
 */
interface LevelInfo {
  readonly first: Gfn;
  readonly end: Gfn;
}

/** The rules of a slot about large entries. */
export class LpageInfo {
  private readonly levels: readonly LevelInfo[];

  /** @param userspacePage host-virtual address of the slot, in pages. */
  constructor(base_gfn: Gfn, npages: number, userspacePage: number) {
    this.levels = [PG_LEVEL_2M, PG_LEVEL_1G].map((level) => {
      const pages = PAGES_PER_LEVEL[level] as number;
      if (base_gfn % pages !== userspacePage % pages) return { first: 0, end: 0 };
      return { first: alignUp(base_gfn, pages), end: alignDown(base_gfn + npages, pages) };
    });
  }

  /**
   * True when the block around a guest frame of the slot must be mapped by smaller entries: disallow_lpage.
   *
   * @fidelity exact
   * @patch none
   */
  disallow_lpage(gfn: Gfn, level: PgLevel): boolean {
    const { first, end } = this.levels[level - PG_LEVEL_2M] as LevelInfo;
    return gfn < first || gfn >= end;
  }
}
