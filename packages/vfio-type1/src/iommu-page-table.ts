import {
  NO_SLOT,
  type Pfn,
  type PhysMem,
  type Slot,
  type WalkedEntry,
  wordAt,
} from '@pfnmap/pgtable-core';

/** Permissions of an IOMMU mapping: IOMMU_READ and IOMMU_WRITE. */
export const IOMMU_READ = 1;
export const IOMMU_WRITE = 2;

/** Set in an entry that maps memory above the lowest level. */
const LARGE = 0x80;
const PAGE_SHIFT = 12;
const BITS_PER_LEVEL = 9;
const TOP_LEVEL = 3;

const FLAGS = [
  [IOMMU_READ, 'READ'],
  [IOMMU_WRITE, 'WRITE'],
  [LARGE, 'LARGE'],
] as const;

/** A mapping as the IOMMU holds it: one entry. Bytes. */
export interface IommuEntry {
  readonly iova: number;
  readonly address: number;
  readonly size: number;
  readonly prot: number;
}

/** The page table of an IOMMU domain, in real table pages: 512 entries of 4K, 2M or 1G, four levels. */
export interface IommuPageTable {
  /** iommu_map(): maps with the largest entries that alignment and the domain allow. False when RAM is exhausted. */
  map(iova: number, address: number, size: number, prot: number): boolean;
  /** iommu_unmap(). */
  unmap(iova: number, size: number): void;
  /** The entry that translates an address, or undefined. */
  lookup(iova: number): IommuEntry | undefined;
  /** Every entry that the walk of an address meets, from the top to where it ends. */
  path(iova: number): WalkedEntry[];
  /** Entries in use, by size in bytes. */
  entries(): ReadonlyMap<number, number>;
}

/**
 * Makes the page table of a domain.
 *
 * @param pageSizes bytes of the entries that the IOMMU can have, of 4K, 2M and 1G; 4K must be among them.
 */
export function createIommuPageTable(mem: PhysMem, pageSizes: readonly number[]): IommuPageTable {
  const { lanes } = mem;
  const root = mem.allocFrame();
  const sizeAt = (level: number): number => 2 ** (PAGE_SHIFT + BITS_PER_LEVEL * level);
  const largest = [2, 1, 0].filter((level) => pageSizes.includes(sizeAt(level)));
  const indexAt = (level: number, iova: number): number => Math.floor(iova / sizeAt(level)) & 511;
  const pfnAt = (slot: Slot): Pfn =>
    ((lanes[slot + 1] as number) & 0xfffff) * 2 ** 20 + ((lanes[slot] as number) >>> PAGE_SHIFT);
  const write = (slot: Slot, pfn: Pfn, flags: number): void => {
    lanes[slot] = (pfn << PAGE_SHIFT) | flags;
    lanes[slot + 1] = Math.floor(pfn / 2 ** 20) & 0xfffff;
  };
  const inUse = (slot: Slot): boolean =>
    ((lanes[slot] as number) & (IOMMU_READ | IOMMU_WRITE)) !== 0;
  const isLeaf = (level: number, slot: Slot): boolean =>
    level === 0 || ((lanes[slot] as number) & LARGE) !== 0;

  /** The slot of an address at a level, tables made on the way; NO_SLOT without memory. */
  const slotFor = (level: number, iova: number): Slot => {
    let table = mem.slotOfFrame(root);
    for (let at = TOP_LEVEL; at > level; at--) {
      const slot = table + indexAt(at, iova) * 2;
      if (!inUse(slot)) {
        const frame = mem.allocFrame();
        if (frame < 0) return NO_SLOT;
        write(slot, frame, IOMMU_READ | IOMMU_WRITE);
      }
      table = mem.slotOfFrame(pfnAt(slot));
    }
    return table + indexAt(level, iova) * 2;
  };
  /** The slot and level where the walk of an address ends. */
  const walk = (iova: number): { slot: Slot; level: number } => {
    let level = TOP_LEVEL;
    let slot = mem.slotOfFrame(root) + indexAt(level, iova) * 2;
    while (inUse(slot) && !isLeaf(level, slot)) {
      level--;
      slot = mem.slotOfFrame(pfnAt(slot)) + indexAt(level, iova) * 2;
    }
    return { slot, level };
  };
  const levelFor = (iova: number, address: number, left: number): number =>
    largest.find((level) => {
      const size = sizeAt(level);
      return left >= size && iova % size === 0 && address % size === 0;
    }) ?? 0;

  const decode = (level: number, slot: Slot): Omit<WalkedEntry, 'level' | 'size' | 'index'> => {
    const word = wordAt(lanes, slot);
    const flags = FLAGS.filter(([bit]) => ((lanes[slot] as number) & bit) !== 0);
    return {
      kind: !inUse(slot) ? 'none' : isLeaf(level, slot) ? 'leaf' : 'table',
      address: BigInt(pfnAt(slot)) << BigInt(PAGE_SHIFT),
      flags: flags.map(([, name]) => name),
      memoryType: '',
      word,
    };
  };

  const count = (table: Pfn, level: number, into: Map<number, number>): void => {
    const first = mem.slotOfFrame(table);
    for (let slot = first; slot < first + 1024; slot += 2) {
      if (!inUse(slot)) continue;
      if (isLeaf(level, slot)) into.set(sizeAt(level), (into.get(sizeAt(level)) ?? 0) + 1);
      else count(pfnAt(slot), level - 1, into);
    }
  };

  return {
    map(iova, address, size, prot) {
      for (let done = 0; done < size; ) {
        const level = levelFor(iova + done, address + done, size - done);
        const slot = slotFor(level, iova + done);
        if (slot < 0) return false;
        const pfn = (address + done) / 2 ** PAGE_SHIFT;
        write(slot, pfn, prot | (level > 0 ? LARGE : 0));
        done += sizeAt(level);
      }
      return true;
    },
    unmap(iova, size) {
      for (let done = 0; done < size; ) {
        const { slot, level } = walk(iova + done);
        lanes[slot] = 0;
        lanes[slot + 1] = 0;
        const entrySize = sizeAt(level);
        done += entrySize - ((iova + done) % entrySize);
      }
    },
    lookup(iova) {
      const { slot, level } = walk(iova);
      if (!inUse(slot)) return undefined;
      const size = sizeAt(level);
      return {
        iova: Math.floor(iova / size) * size,
        address: pfnAt(slot) * 2 ** PAGE_SHIFT,
        size,
        prot: (lanes[slot] as number) & (IOMMU_READ | IOMMU_WRITE),
      };
    },
    path(iova) {
      const met: WalkedEntry[] = [];
      let table = mem.slotOfFrame(root);
      for (let level = TOP_LEVEL; ; level--) {
        const index = indexAt(level, iova);
        const slot = table + index * 2;
        const entry = decode(level, slot);
        met.push({ level: `${level + 1}`, size: sizeAt(level), index, ...entry });
        if (entry.kind !== 'table') return met;
        table = mem.slotOfFrame(pfnAt(slot));
      }
    },
    entries() {
      const sizes = new Map<number, number>();
      count(root, TOP_LEVEL, sizes);
      return sizes;
    },
  };
}
