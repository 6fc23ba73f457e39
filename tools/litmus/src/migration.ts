import type { Machine, MachineArch, Process } from '@pfnmap/machine';
import type { MmStruct } from '@pfnmap/mm-core';
import { hiOfWord, loOfWord, PGTABLE_LEVEL_PMD, type Slot, wordAt } from '@pfnmap/pgtable-core';
import { BrokenInvariant } from '@pfnmap/sim';

/** What a migration entry lets its owner do once the page is back. */
export type MigrationKind = 'read' | 'exclusive' | 'write';

/** The types of swap entries that Linux 6.12 with device-private memory gives to migrations. */
const TYPES: Readonly<Record<MigrationKind, bigint>> = { read: 24n, exclusive: 25n, write: 26n };

const OFFSET_MASK = (1n << 50n) - 1n;
const SOFT_DIRTY = 2n;

/** A migration entry of a page frame, as the architecture writes it. */
export function migrationEntry(
  arch: MachineArch,
  kind: MigrationKind,
  pfn: bigint,
  softDirty: boolean,
): bigint {
  const type = TYPES[kind];
  if (arch === 'arm64') return (type << 6n) | (pfn << 12n);
  // x86 keeps the offset inverted, against L1TF.
  return (type << 59n) | ((~pfn & OFFSET_MASK) << 9n) | (softDirty ? SOFT_DIRTY : 0n);
}

/** A huge page of anonymous memory that is being migrated. */
interface Migrating {
  readonly mm: MmStruct;
  readonly address: number;
  readonly slot: Slot;
  readonly kind: MigrationKind;
  readonly word: bigint;
}

/**
 * Migrations of huge anonymous pages. While one runs, its PMD holds a migration entry. Whoever touches the page, moves or
 * unmaps it waits for the end of the migration; fork does not, it copies the entry.
 */
export class Migrations {
  private readonly machine: Machine;
  private running: Migrating[] = [];
  /** Copies that forks made. */
  private copies: Slot[] = [];

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** Begins a migration, if there is an anonymous mapping that holds the whole page and nothing else there. */
  begin(process: Process, address: number, kind: MigrationKind, word: bigint): void {
    const { pt, mem, arch } = this.machine.kernel;
    const { mm } = process;
    const { size, order } = arch.geometry.levels[PGTABLE_LEVEL_PMD];
    const start = Math.floor(address / size) * size;
    const vma = mm.vma_lookup(start);
    if (vma === null || vma.vm_file !== null || start + size > vma.vm_end) return;
    const slot = pt.walkAlloc(PGTABLE_LEVEL_PMD, mm, start);
    if (slot < 0 || !pt.pmd_none(slot)) return;
    mem.lanes[slot] = loOfWord(word);
    mem.lanes[slot + 1] = hiOfWord(word);
    vma.anon_vma = Symbol('anon_vma');
    mm.rss.anon += 2 ** order;
    this.running.push({ mm, address: start, slot, kind, word });
  }

  /** Ends every migration; the entries are taken back, since no page stands behind them. */
  settle(): void {
    const { mem, arch } = this.machine.kernel;
    for (const slot of [...this.running.map((each) => each.slot), ...this.copies]) {
      mem.lanes[slot] = 0;
      mem.lanes[slot + 1] = 0;
    }
    for (const { mm } of this.running) {
      mm.rss.anon -= 2 ** arch.geometry.levels[PGTABLE_LEVEL_PMD].order;
    }
    this.running = [];
    this.copies = [];
  }

  /**
   * After a fork: a page has one owner that may write, or none, and who has a page is charged for it.
   *
   * @throws BrokenInvariant A1, A2
   */
  checkFork(child: MmStruct): void {
    const { pt, mem, arch } = this.machine.kernel;
    const pages = 2 ** arch.geometry.levels[PGTABLE_LEVEL_PMD].order;
    let charged = child.rss.anon;
    for (const { mm, address, kind, word } of this.running) {
      if (mm === child) continue;
      const slot = pt.walk(child, address);
      const copy = wordAt(mem.lanes, slot);
      if (copy === 0n) continue;
      this.copies.push(slot);
      const at = `at 0x${address.toString(16)}`;
      if (kind === 'write' && copy === word) {
        throw new BrokenInvariant(
          'A1',
          `parent and child both hold the writable migration entry 0x${word.toString(16)} ${at}: fork took it for a PFN mapping`,
        );
      }
      charged -= pages;
      if (charged < 0) {
        throw new BrokenInvariant(
          'A2',
          `the child has the migration entry 0x${copy.toString(16)} ${at}, and its ${pages} pages are not counted`,
        );
      }
    }
  }
}
