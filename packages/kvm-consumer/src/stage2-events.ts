import type { EventLog } from '@pfnmap/mm-core';
import { wordOfLanes } from '@pfnmap/pgtable-core';
import type { Gfn } from './memory-slot.ts';

/** A change of an entry of stage 2. */
export interface Stage2Change {
  /** Number of the VM. */
  readonly vm: number;
  /** First guest frame that the entry spans. */
  readonly gfn: Gfn;
  /** 1 for a page, 2 for the entries above, and so on. */
  readonly level: number;
  readonly old: bigint;
  readonly new: bigint;
  /** True when the value points to a table. */
  readonly oldIsTable: boolean;
  readonly newIsTable: boolean;
}

/** Those who watch the VMs of a machine. */
export interface KvmWatcher {
  /** An entry of stage 2 changed: kvm_tdp_mmu_spte_changed on x86. */
  stage2Changed?(change: Stage2Change): void;
  /** The guest took a fault to the host: kvm_guest_fault on arm64. The address is page aligned. */
  guestFault?(vm: number, gpa: number): void;
}

/** Where changes of stage 2 are told. Builds nothing while nobody listens. */
export class Stage2Events {
  watcher: KvmWatcher | undefined;
  private readonly events: EventLog;

  constructor(events: EventLog) {
    this.events = events;
  }

  /** True when somebody listens to changes. */
  get listening(): boolean {
    return this.events.recording || this.watcher?.stage2Changed !== undefined;
  }

  /** Tells a change, the words as two lanes each. Call it only while {@link listening}. */
  changed(
    vm: number,
    gfn: Gfn,
    level: number,
    oldLo: number,
    oldHi: number,
    newLo: number,
    newHi: number,
    oldIsTable: boolean,
    newIsTable: boolean,
  ): void {
    const old = wordOfLanes(oldLo, oldHi);
    const word = wordOfLanes(newLo, newHi);
    if (this.events.recording) {
      this.events.record({ kind: 'stage2', vm, gfn, level, old, new: word });
    }
    this.watcher?.stage2Changed?.({ vm, gfn, level, old, new: word, oldIsTable, newIsTable });
  }
}
