import type { RacePoint } from './race-points.ts';

/** The reason that an MMU notifier range carries: MMU_NOTIFY_* of Linux. */
export type MmuNotifyReason =
  | 'UNMAP'
  | 'CLEAR'
  | 'PROTECTION_VMA'
  | 'PROTECTION_PAGE'
  | 'SOFT_DIRTY'
  | 'RELEASE';

/**
 * Something that the modelled kernel did and that page tables alone do not show. Addresses are bytes, `end` is
 * exclusive; `mm` is the number of the address space.
 */
export type KernelEvent =
  | {
      readonly kind: 'notifier';
      readonly phase: 'start' | 'end';
      readonly reason: MmuNotifyReason;
      readonly mm: number;
      readonly start: number;
      readonly end: number;
    }
  | {
      readonly kind: 'tlb';
      readonly mm: number;
      readonly start: number;
      readonly end: number;
      /** log2 of the step of the flush; 0 when the whole address space is flushed. */
      readonly strideShift: number;
      readonly full: boolean;
      readonly freedTables: boolean;
    }
  | {
      readonly kind: 'lock';
      readonly action: 'acquire' | 'release';
      readonly lock: string;
      readonly mm: number;
    }
  /** An entry of a guest's second stage changed; `gfn` is the first guest frame that it spans, level 1 a page. */
  | {
      readonly kind: 'stage2';
      readonly vm: number;
      readonly gfn: number;
      readonly level: number;
      readonly old: bigint;
      readonly new: bigint;
    }
  /** A process is sent a signal about an address of its own. */
  | {
      readonly kind: 'signal';
      readonly mm: number;
      readonly signal: number;
      readonly address: number;
    }
  /** A WARN_ON, an error line or a hazard that was met: the kernel goes on. */
  | { readonly kind: 'warn'; readonly where: string; readonly what: string }
  /** A line of the kernel log. */
  | { readonly kind: 'printk'; readonly text: string };

/** Counts of /proc/vmstat that these paths change. */
export interface VmEventCounts {
  pgfault: number;
  pgmajfault: number;
  thp_split_pmd: number;
  thp_split_pud: number;
  pgreuse: number;
}

/** Where events go. While `recording` is false only warnings and log lines are kept, and nothing else is built. */
export interface EventLog {
  recording: boolean;
  readonly counts: VmEventCounts;
  /** Called for each recorded event, after it was kept. */
  listener: ((event: KernelEvent) => void) | undefined;
  /**
   * Called at every {@link RacePoint} that a path passes. What it does there happens at the same time on another CPU, and
   * must need none of the locks that the path holds. While nobody sets it, a path pays one test.
   */
  race: ((point: RacePoint) => void) | undefined;
  record(event: KernelEvent): void;
  /** The events since the last call, which forgets them. */
  take(): KernelEvent[];
}

/** An empty log, not recording. */
export function createEventLog(): EventLog {
  let kept: KernelEvent[] = [];
  const log: EventLog = {
    recording: false,
    counts: { pgfault: 0, pgmajfault: 0, thp_split_pmd: 0, thp_split_pud: 0, pgreuse: 0 },
    listener: undefined,
    race: undefined,
    record(event) {
      if (!log.recording && event.kind !== 'warn' && event.kind !== 'printk') return;
      kept.push(event);
      log.listener?.(event);
    },
    take() {
      const taken = kept;
      kept = [];
      return taken;
    },
  };
  return log;
}

/** An address; the end of all addresses prints as ULONG_MAX. */
const hex = (value: number): string =>
  Number.isFinite(value) ? `0x${value.toString(16)}` : '0xffffffffffffffff';

/** One line of text for an event. */
export function formatEvent(event: KernelEvent): string {
  switch (event.kind) {
    case 'notifier':
      return `mmu notifier ${event.phase} ${event.reason} [${hex(event.start)}, ${hex(event.end)})`;
    case 'tlb':
      return event.full
        ? 'tlb flush: whole mm'
        : `tlb flush [${hex(event.start)}, ${hex(event.end)}) in steps of ${hex(2 ** event.strideShift)}`;
    case 'lock':
      return `${event.action} ${event.lock}`;
    case 'stage2':
      return `stage 2 of VM ${event.vm}, gfn ${hex(event.gfn)} level ${event.level}: 0x${event.old.toString(16)} -> 0x${event.new.toString(16)}`;
    case 'signal':
      return `signal ${event.signal} at ${hex(event.address)}`;
    case 'warn':
      return `WARNING: ${event.where}: ${event.what}`;
    case 'printk':
      return event.text;
  }
}
