import { EAGAIN, ENOMEM } from '@pfnmap/mm-core';
import { NO_SLOT, type Pfn, type PgtableLevel, type Prot, type Slot } from '@pfnmap/pgtable-core';
import type { Gfn } from '../memory-slot.ts';
import type { Stage2Tables } from './stage2-tables.ts';

/** Break before make: an entry that the hardware may have cached is made invalid before it is replaced. */
function breakEntry(tables: Stage2Tables, slot: Slot, level: PgtableLevel, gfn: Gfn): void {
  const { lockedProt } = tables.format;
  if (lockedProt !== 0 && tables.isValid(slot)) tables.set(slot, level, gfn, 0, lockedProt);
}

/** The leaf itself: -EAGAIN when it is there already, or differs in its rights alone. */
function mapLeaf(
  tables: Stage2Tables,
  slot: Slot,
  level: PgtableLevel,
  gfn: Gfn,
  pfn: Pfn,
  prot: Prot,
): number {
  if (tables.isTable(slot, level)) {
    const below = tables.tableOf(slot, level);
    breakEntry(tables, slot, level, gfn);
    tables.set(slot, level, gfn, pfn, prot);
    tables.freeSubtree(below, (level - 1) as PgtableLevel);
    return 0;
  }
  if (tables.isValid(slot)) {
    const differs = (tables.protAt(slot, level) ^ prot) & ~tables.format.permissions;
    if (differs === 0 && tables.pfnAt(slot, level) === pfn) return -EAGAIN;
    breakEntry(tables, slot, level, gfn);
  }
  tables.set(slot, level, gfn, pfn, prot);
  return 0;
}

/**
 * Maps one leaf. Tables on the way are made; a larger leaf that is in the way is given up as a whole, since the rest of
 * it comes back by faults; a table where the leaf is to be goes with everything below.
 *
 * @param gfn and @param pfn the first of the leaf.
 * @returns 0; -EAGAIN when the leaf is there already, and only its rights may be wanting; -ENOMEM.
 * @context mmu_lock held for reading.
 * @fidelity exact
 * @patch none
 */
export function kvm_pgtable_stage2_map(
  tables: Stage2Tables,
  target: PgtableLevel,
  gfn: Gfn,
  pfn: Pfn,
  prot: Prot,
): number {
  tables.assertReach(gfn, 'kvm_pgtable_stage2_map');
  let table = tables.root;
  for (let level = tables.rootLevel; ; level--) {
    const slot = tables.entryIn(table, level, gfn);
    if (level === target) return mapLeaf(tables, slot, level, gfn, pfn, prot);
    if (tables.isTable(slot, level)) {
      table = tables.tableOf(slot, level);
      continue;
    }
    const child = tables.allocTable();
    if (child === NO_SLOT) return -ENOMEM;
    const first = tables.firstOf(gfn, level);
    breakEntry(tables, slot, level, first);
    tables.set(slot, level, first, tables.frameOf(child), tables.format.tableProt);
    table = child;
  }
}

/**
 * Gives a leaf more rights.
 *
 * @returns 0, or -EAGAIN when there is no leaf any more.
 * @context mmu_lock held for reading.
 * @fidelity exact
 * @patch none
 */
export function kvm_pgtable_stage2_relax_perms(
  tables: Stage2Tables,
  gfn: Gfn,
  relaxed: (prot: Prot) => Prot,
): number {
  const slot = tables.walk(gfn);
  const level = tables.walkedLevel;
  if (!tables.isLeaf(slot, level)) return -EAGAIN;
  const first = tables.firstOf(gfn, level);
  tables.set(slot, level, first, tables.pfnAt(slot, level), relaxed(tables.protAt(slot, level)));
  return 0;
}
