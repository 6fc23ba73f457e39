import type { ArchPgtable, Pfn } from './arch-pgtable.ts';
import { indexRules } from './index-rule.ts';
import { type LeafFrames, NOT_MAPPED } from './leaf-frames.ts';
import type { PgtableRoot } from './pgtable-root.ts';
import type { PhysMem } from './phys-mem.ts';
import { NO_SLOT, type Tables } from './tables.ts';

/** Translation of many addresses in one call. */
export interface BatchTranslation {
  /**
   * Translates many addresses, level by level over some hundred at a time: the host's cache misses overlap, so random
   * addresses go faster than one by one, near ones slower.
   *
   * @param addresses bytes.
   * @param pfns takes for each what translate() answers: a frame, or NOT_MAPPED (-1).
   * @returns how many are mapped.
   * @throws RangeError when `pfns` is shorter than `addresses`.
   */
  translateAll(root: PgtableRoot, addresses: Float64Array, pfns: Float64Array): number;
}

/** Addresses that walk together: their slots fit into the host's first-level cache. */
const TOGETHER = 256;

/** One step down for `count` addresses from `first` on: from the entries in `slots` to those below. */
type Descent = (addresses: Float64Array, pfns: Float64Array, first: number, count: number) => void;

/** The two lower steps, in which a walk may end at a leaf. */
function createLowerDescents(
  arch: ArchPgtable,
  mem: PhysMem,
  { leads, follow }: Tables,
  { pmdFrame, pudFrame }: LeafFrames,
  slots: Int32Array,
): { toPmd: Descent; toPte: Descent } {
  const { lanes } = mem;
  const [{ scale: pteScale, mask: pteMask }, { scale: pmdScale, mask: pmdMask, exists: hasPmd }] =
    indexRules(arch.geometry);
  const ended = NO_SLOT;
  const endsAt = (index: number, pfns: Float64Array, at: number, pfn: Pfn): void => {
    slots[index] = ended;
    pfns[at] = pfn;
  };
  return {
    toPmd(addresses, pfns, first, count) {
      for (let i = 0; hasPmd && i < count; i++) {
        const slot = slots[i] as number;
        if (slot < 0) continue;
        const lo = lanes[slot] as number;
        const address = addresses[first + i] as number;
        if (leads(lo)) slots[i] = follow(lo) + ((address * pmdScale) & pmdMask);
        else endsAt(i, pfns, first + i, pudFrame(slot, address));
      }
    },
    toPte(addresses, pfns, first, count) {
      for (let i = 0; i < count; i++) {
        const slot = slots[i] as number;
        if (slot < 0) continue;
        const lo = lanes[slot] as number;
        const address = addresses[first + i] as number;
        if (leads(lo)) slots[i] = follow(lo) + ((address * pteScale) & pteMask);
        else endsAt(i, pfns, first + i, pmdFrame(slot, address));
      }
    },
  };
}

/** The steps from the PGD down to the PUD; a walk that ends there ends at no leaf. */
function createUpperDescent(
  arch: ArchPgtable,
  mem: PhysMem,
  { leads, follow }: Tables,
  slots: Int32Array,
): Descent {
  const { lanes } = mem;
  const [, , pud, p4d] = indexRules(arch.geometry);
  const { scale: pudScale, mask: pudMask, exists: hasPud } = pud;
  const { scale: p4dScale, mask: p4dMask, exists: hasP4d } = p4d;
  const ended = NO_SLOT;
  const notMapped = NOT_MAPPED;
  return (addresses, pfns, first, count) => {
    for (let i = 0; hasP4d && i < count; i++) {
      const lo = lanes[slots[i] as number] as number;
      const index = ((addresses[first + i] as number) * p4dScale) & p4dMask;
      slots[i] = leads(lo) ? follow(lo) + index : ended;
    }
    for (let i = 0; hasPud && i < count; i++) {
      const slot = slots[i] as number;
      if (slot < 0) continue;
      const lo = lanes[slot] as number;
      const index = ((addresses[first + i] as number) * pudScale) & pudMask;
      slots[i] = leads(lo) ? follow(lo) + index : ended;
    }
    for (let i = 0; i < count; i++) if ((slots[i] as number) < 0) pfns[first + i] = notMapped;
  };
}

/** Makes the translation in batches of an architecture in a memory. */
export function createBatchTranslation(
  arch: ArchPgtable,
  mem: PhysMem,
  tables: Tables,
  leaves: LeafFrames,
): BatchTranslation {
  const { pteFrame } = leaves;
  const slots = new Int32Array(TOGETHER);
  const together = TOGETHER;
  const { scale: pgdScale, mask: pgdMask } = indexRules(arch.geometry)[4];
  const toPud = createUpperDescent(arch, mem, tables, slots);
  const { toPmd, toPte } = createLowerDescents(arch, mem, tables, leaves, slots);

  const translateSome = (
    root: PgtableRoot,
    addresses: Float64Array,
    pfns: Float64Array,
    first: number,
    count: number,
  ): number => {
    const { pgd } = root;
    for (let i = 0; i < count; i++) {
      slots[i] = pgd + (((addresses[first + i] as number) * pgdScale) & pgdMask);
    }
    toPud(addresses, pfns, first, count);
    toPmd(addresses, pfns, first, count);
    toPte(addresses, pfns, first, count);
    let mapped = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (slot >= 0) pfns[first + i] = pteFrame(slot);
      if ((pfns[first + i] as number) >= 0) mapped++;
    }
    return mapped;
  };

  return {
    translateAll(root, addresses, pfns) {
      const { length } = addresses;
      if (pfns.length < length) {
        throw new RangeError(
          `${length} addresses need ${length} places for their frames, not ${pfns.length}`,
        );
      }
      let mapped = 0;
      for (let first = 0; first < length; first += together) {
        mapped += translateSome(root, addresses, pfns, first, Math.min(together, length - first));
      }
      return mapped;
    },
  };
}
