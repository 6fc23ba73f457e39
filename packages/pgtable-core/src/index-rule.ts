import type { Geometry } from './geometry.ts';
import type { PgtableLevel } from './level.ts';

/**
 * How the index of a level's entry comes out of a byte address: multiply, cut to an integer, mask. An entry is two lanes,
 * so the index is counted in lanes. Addresses have more than 32 bits, which shifts of numbers do not reach.
 */
export interface IndexRule {
  readonly level: PgtableLevel;
  readonly scale: number;
  readonly mask: number;
  /** False for a folded level: its entry is the entry of the level above. */
  readonly exists: boolean;
}

/** The rules of a geometry, by level. */
export const indexRules = (
  geometry: Geometry,
): [IndexRule, IndexRule, IndexRule, IndexRule, IndexRule] =>
  geometry.levels.map(({ level, shift, entries, folded }) => ({
    level,
    scale: 2 ** (1 - shift),
    mask: (entries - 1) * 2,
    exists: !folded,
  })) as [IndexRule, IndexRule, IndexRule, IndexRule, IndexRule];
