import type { Gfn } from '../memory-slot.ts';
import {
  INVERSE_OF_PAGES,
  PAGES_PER_LEVEL,
  PG_LEVEL_1G,
  PG_LEVEL_2M,
  type PgLevel,
} from './pg-level.ts';

/** Which blocks of a slot may not be mapped by one entry of a level: struct kvm_lpage_info, all of them at once. */
interface LevelInfo {
  /** Guest and host addresses differ modulo the block, so none may. */
  readonly noneMay: boolean;
  /** Number of the first and the last block when they stick out of the slot, else -1. */
  readonly head: number;
  readonly tail: number;
}

/** The rules of a slot about large entries. */
export class LpageInfo {
  private readonly levels: readonly LevelInfo[];

  /** @param userspacePage host-virtual address of the slot, in pages. */
  constructor(base_gfn: Gfn, npages: number, userspacePage: number) {
    this.levels = [PG_LEVEL_2M, PG_LEVEL_1G].map((level) => {
      const pages = PAGES_PER_LEVEL[level] as number;
      const end = base_gfn + npages;
      return {
        noneMay: base_gfn % pages !== userspacePage % pages,
        head: base_gfn % pages === 0 ? -1 : Math.floor(base_gfn / pages),
        tail: end % pages === 0 ? -1 : Math.floor((end - 1) / pages),
      };
    });
  }

  /**
   * True when the block around a guest frame must be mapped by smaller entries: disallow_lpage.
   *
   * @fidelity exact
   * @patch none
   */
  disallow_lpage(gfn: Gfn, level: PgLevel): boolean {
    const { noneMay, head, tail } = this.levels[level - PG_LEVEL_2M] as LevelInfo;
    if (noneMay) return true;
    const block = Math.floor(gfn * (INVERSE_OF_PAGES[level] as number));
    return block === head || block === tail;
  }
}
