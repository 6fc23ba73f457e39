import type { Machine, Process } from '@pfnmap/machine';
import {
  type KernelEvent,
  VM_LOCKED,
  VM_PFNMAP,
  VM_SPECIAL,
  type VmAreaStruct,
} from '@pfnmap/mm-core';
import {
  LEVEL_NAMES,
  PGTABLE_LEVEL_PTE,
  type PgtableLevel,
  type Slot,
  wordAt,
} from '@pfnmap/pgtable-core';

/** A rule that the model broke, by its number in the list of invariants. */
export class BrokenInvariant extends Error {
  readonly rule: string;

  constructor(rule: string, what: string) {
    super(`${rule}: ${what}`);
    this.name = 'BrokenInvariant';
    this.rule = rule;
  }
}

/** A leaf or PTE that is in use. */
interface UsedEntry {
  readonly address: number;
  readonly level: PgtableLevel;
  readonly slot: Slot;
}

/** Every leaf of a VMA. Empty slots are stepped over by the size of their level. */
function* usedEntries(machine: Machine, vma: VmAreaStruct): Generator<UsedEntry> {
  const { pt, arch, mem } = machine.kernel;
  for (let address = vma.vm_start; address < vma.vm_end; ) {
    const slot = pt.walk(vma.vm_mm, address);
    const { level } = pt.walked;
    const { size } = arch.geometry.levels[level];
    const used = ((mem.lanes[slot] as number) | (mem.lanes[slot + 1] as number)) !== 0;
    if (used) yield { address, level, slot };
    if (!used && level === PGTABLE_LEVEL_PTE) {
      address = nextUsedPte(machine, vma, address, slot);
    } else {
      address = (Math.floor(address / size) + 1) * size;
    }
  }
}

/** The next PTE of the same table that is in use, or the end of the table. */
function nextUsedPte(machine: Machine, vma: VmAreaStruct, address: number, slot: Slot): number {
  const { arch, mem } = machine.kernel;
  const { pageSize, levels } = arch.geometry;
  const tableEnd = (Math.floor(address / levels[1].size) + 1) * levels[1].size;
  let at = address + pageSize;
  let next = slot + 2;
  while (at < tableEnd && at < vma.vm_end) {
    if (((mem.lanes[next] as number) | (mem.lanes[next + 1] as number)) !== 0) break;
    at += pageSize;
    next += 2;
  }
  return at;
}

const name = (entry: UsedEntry, machine: Machine): string =>
  `${LEVEL_NAMES[entry.level]} 0x${wordAt(machine.kernel.mem.lanes, entry.slot).toString(16)} at 0x${entry.address.toString(16)}`;

/** Checks one machine after each step; remembers what it must compare with. */
export class InvariantChecker {
  private readonly machine: Machine;
  /** False while the device's memory decoding is switched off. */
  memoryOn = true;

  constructor(machine: Machine) {
    this.machine = machine;
  }

  /** I3: an entry holds the frame that the driver gives for its address; the leaf is aligned. */
  private checkFrame(vma: VmAreaStruct, entry: UsedEntry): void {
    const { pt, arch } = this.machine.kernel;
    const { pageSize, levels } = arch.geometry;
    if (vma.vm_file === null || (vma.vm_flags & VM_PFNMAP) === 0) return;
    const { size } = levels[entry.level];
    const pages = size / pageSize;
    const pfn = pt.pfnAt(entry.level, entry.slot);
    if (pfn % pages !== 0)
      throw new BrokenInvariant('M4', `${name(entry, this.machine)} is not aligned`);
    const leafStart = Math.floor(entry.address / size) * size;
    const offset = (leafStart - vma.vm_start) / pageSize + (vma.vm_pgoff % 2 ** 28);
    const expected = this.machine.bar2Pfn + offset;
    if (pfn !== expected) {
      throw new BrokenInvariant(
        'I3',
        `${name(entry, this.machine)} holds PFN 0x${pfn.toString(16)}, the driver gives 0x${expected.toString(16)}`,
      );
    }
  }

  /** M1: special entries are leaves; what a device's VMA holds is special at every level that can be. */
  private checkSpecial(vma: VmAreaStruct, entry: UsedEntry): void {
    const { arch, pt } = this.machine.kernel;
    const isSpecial = [
      () => arch.pte_special(pt.ptep_get(entry.slot)),
      () => arch.pmd_special(pt.pmdp_get(entry.slot)),
      () => arch.pud_special(pt.pudp_get(entry.slot)),
    ][entry.level];
    if ((vma.vm_flags & VM_PFNMAP) === 0 || isSpecial === undefined) return;
    if (!isSpecial())
      throw new BrokenInvariant('M1', `${name(entry, this.machine)} is not special`);
  }

  /** I2: pgtables_bytes is the tables there are. */
  private checkTables(process: Pick<Process, 'mm'>): void {
    const { arch, mem } = this.machine.kernel;
    const { levels, pageSize } = arch.geometry;
    const { mm } = process;
    // Those put aside for the leaves of anonymous memory count as well.
    let tables = mm.deposited.length;
    const count = (table: Slot, level: PgtableLevel): void => {
      const entries = levels[level].entries;
      for (let slot = table; slot < table + entries * 2; slot += 2) {
        const lo = mem.lanes[slot] as number;
        if ((lo & arch.format.mask) !== arch.format.value) continue;
        let child = (level - 1) as PgtableLevel;
        while (levels[child].folded) child = (child - 1) as PgtableLevel;
        if (child <= 2) tables++;
        if (child > 0) count(mem.slotOfFrame(this.frameOf(lo)), child);
      }
    };
    count(mm.pgd, 4);
    if (tables * pageSize !== mm.pgtables_bytes) {
      throw new BrokenInvariant(
        'I2',
        `there are ${tables} tables, pgtables_bytes says ${mm.pgtables_bytes / pageSize}`,
      );
    }
  }

  /** M15: while memory decoding is off, no entry reaches the device. */
  private checkReach(vma: VmAreaStruct, entry: UsedEntry): void {
    if (this.memoryOn || vma.vm_file !== this.machine.device.file) return;
    throw new BrokenInvariant(
      'M15',
      `${name(entry, this.machine)} reaches the device, whose memory is switched off`,
    );
  }

  private frameOf(lo: number): number {
    return lo >>> this.machine.kernel.arch.geometry.pageShift;
  }

  /** I8: special VMAs are never locked; VMAs do not overlap. */
  private checkVmas(process: Pick<Process, 'mm'>): void {
    let end = 0;
    for (const vma of process.mm.vmas) {
      if (vma.vm_start < end || vma.vm_end <= vma.vm_start) {
        throw new BrokenInvariant(
          'I8',
          `VMA at 0x${vma.vm_start.toString(16)} overlaps or is empty`,
        );
      }
      if ((vma.vm_flags & VM_SPECIAL) !== 0 && (vma.vm_flags & VM_LOCKED) !== 0) {
        throw new BrokenInvariant('I8', 'a special VMA is locked');
      }
      end = vma.vm_end;
    }
  }

  /** I1: PFN mappings of devices count as no resident page. */
  private checkCounters(process: Pick<Process, 'mm'>): void {
    const { rss } = process.mm;
    if (rss.file !== 0 || rss.shmem !== 0 || rss.swap !== 0) {
      throw new BrokenInvariant('I1', 'a resident-page counter is not 0');
    }
  }

  /** I6: notifier ranges nest: every start has its end, in reverse order. */
  private checkNotifiers(events: readonly KernelEvent[]): void {
    const open: string[] = [];
    for (const event of events) {
      if (event.kind !== 'notifier') continue;
      const range = `${event.reason} ${event.mm} ${event.start} ${event.end}`;
      if (event.phase === 'start') open.push(range);
      else if (open.pop() !== range) throw new BrokenInvariant('I6', `${range} ends out of order`);
    }
    if (open.length > 0) throw new BrokenInvariant('I6', `${open.join(', ')} has no end`);
  }

  /** All rules that can be seen between two steps. */
  check(process: Pick<Process, 'mm'>, events: readonly KernelEvent[]): void {
    this.checkVmas(process);
    this.checkCounters(process);
    this.checkNotifiers(events);
    this.checkTables(process);
    for (const vma of process.mm.vmas) {
      for (const entry of usedEntries(this.machine, vma)) {
        this.checkReach(vma, entry);
        this.checkFrame(vma, entry);
        this.checkSpecial(vma, entry);
      }
    }
  }
}
