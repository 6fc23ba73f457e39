import type { KernelEvent } from '@pfnmap/mm-core';
import type { ArchPgtable } from '@pfnmap/pgtable-core';
import type { EventsAnswer, FlushEvent, NotifyEvent } from '../answer.ts';
import { hexOf } from './fold-table.ts';
import type { PlacedMaps } from './placed-maps.ts';
import type { Program } from './program.ts';

/** How many events of a step the lab keeps. */
const KEPT_EVENTS = 256;

type Told = NotifyEvent | FlushEvent;
type TlbEvent = Extract<KernelEvent, { kind: 'tlb' }>;
type WatchedEvent = Extract<KernelEvent, { kind: 'tlb' | 'notifier' }>;

/** What a program that watches itself is told: its MMU notifier, and on x86 the calls of flush_tlb_mm_range(). */
export class Watch {
  private readonly program: Program;
  /** On arm64 the flush is an inline function, which no probe can be set on. */
  private readonly seesFlushes: boolean;
  private seen: WatchedEvent[] = [];
  private told: Told[] = [];
  private lost = false;
  private maps: PlacedMaps;

  /** Secondary TLBs are told the range even where all is flushed. */
  private readonly secondaryFlushesRange: boolean;

  constructor(program: Program, arch: ArchPgtable) {
    this.program = program;
    this.maps = program.maps;
    this.seesFlushes = arch.name === 'x86_64';
    this.secondaryFlushesRange = arch.update.secondaryFlushesRange;
  }

  /** Notes an event, if it is about the program. A probe sees flushes of any process. */
  saw(event: KernelEvent): void {
    if (event.kind !== 'notifier' && event.kind !== 'tlb') return;
    const own = event.mm === this.program.process.mm.id;
    if (own || (event.kind === 'tlb' && this.seesFlushes)) this.seen.push(event);
  }

  /**
   * The events since the last call that concern mappings as they are now, of the process that did the step; undefined
   * when there were none.
   */
  take(maps: PlacedMaps): EventsAnswer | undefined {
    this.told = [];
    this.lost = false;
    this.maps = maps;
    for (const event of this.seen.splice(0)) {
      if (event.kind === 'tlb') this.sawFlush(event);
      else {
        const { phase: notify, start, end } = event;
        this.tell({ notify, reason: event.reason.toLowerCase() }, start, end);
      }
    }
    const events = this.told;
    if (events.length === 0) return undefined;
    return this.lost ? { events, truncated: true } : { events };
  }

  private sawFlush(event: TlbEvent): void {
    const { start, end, full, strideShift } = event;
    const tables = event.freedTables ? 1 : 0;
    if (this.seesFlushes) {
      const whole = end === Number.POSITIVE_INFINITY;
      const what = whole
        ? ({ flush: 'all' } as const)
        : ({ flush: 'range', stride: hexOf(2 ** strideShift), tables } as const);
      this.tell(what, start, end);
    }
    if (event.mm !== this.program.process.mm.id) return;
    const all = full && !this.secondaryFlushesRange;
    this.tell({ notify: 'secondary' }, start, all ? Number.POSITIVE_INFINITY : end);
  }

  /** Where an event was, as its last fields: a mapping and a range in it, or the whole address space. */
  private tell(
    what: Omit<NotifyEvent, 'map'> | Omit<FlushEvent, 'map'>,
    start: number,
    end: number,
  ) {
    const { maps } = this;
    if (end === Number.POSITIVE_INFINITY) this.keep({ ...what, map: null } as Told);
    else {
      const map = maps.holding(start);
      if (map === undefined && maps.holding(end - 1) === undefined) return;
      const place =
        map === undefined ? { map: null } : { map: map.name, offset: hexOf(start - map.start) };
      this.keep({ ...what, ...place, length: hexOf(end - start) } as Told);
    }
  }

  private keep(told: Told): void {
    if (this.told.length < KEPT_EVENTS) this.told.push(told);
    else this.lost = true;
  }
}
