import type { ArchPgtable } from '@pfnmap/pgtable-core';
import type { Capture, CapturedStep } from './capture.ts';
import type { Step } from './grammar.ts';
import type { Scenario } from './parse-scenario.ts';

/** On what kernel a scenario is played, and what to tell about it. */
export interface PlayOptions {
  readonly arch: 'x86_64' | 'arm64';
  /** A profile (`6.12.117`, `7.3`) or a full release (`6.12.117+deb12-amd64`). */
  readonly kernel: string;
  /** Symbols to switch on: Kconfig options, patches of the series, later fixes. */
  readonly with?: readonly string[];
  /** Symbols to switch off, and what depends on them. */
  readonly without?: readonly string[];
  /** Patches of the series to take out alone; what cannot be built without them goes along. */
  readonly reverted?: readonly string[];
  /** Physical address of BAR 2, where it is not the lab's usual one. */
  readonly bar2Start?: bigint;
  /** True to record locks, notifiers and TLB flushes as well; log lines and warnings are recorded anyway. */
  readonly events?: boolean;
  /** Called after each step. */
  readonly onStep?: (played: PlayedStep) => void;
}

/**
 * Something that the modelled kernel did during a step, in words. `printk` is a line of its log (each handler call of
 * vfio-pci gives one, whether or not the machine line says `dyndbg`), `warn` a warning; `lock`, `notifier` and `tlb`
 * are recorded on request.
 */
export interface RecordedEvent {
  readonly kind: string;
  readonly text: string;
}

/** A step that was played. */
export interface PlayedStep {
  readonly step: Step;
  readonly record: CapturedStep;
  readonly events: readonly RecordedEvent[];
}

/** What is mapped at the end with entries of one size. */
export interface MappedSize {
  /** Name of the level: `pud`. */
  readonly level: string;
  /** Bytes that one entry maps. */
  readonly size: number;
  readonly entries: number;
  readonly bytes: number;
}

/** A place where the modelled kernel stops, or corrupts memory. */
export interface FoundBug {
  readonly what: string;
  /** The kernel function. */
  readonly where: string;
  /** The rule that is broken. */
  readonly rule: string;
  /** Which kernels have it. */
  readonly kernels: string;
}

/** A scenario that was played. */
export interface Played {
  /** What the lab would have written. */
  readonly capture: Capture;
  readonly summary: {
    readonly mapped: readonly MappedSize[];
    readonly faults: number;
    readonly handlerCalls: number;
    readonly pgtablesBytes: number;
    /** What DMA maps cost: lookups of frames and calls of iommu_map(); left out when there was none. */
    readonly dma?: { readonly lookups: number; readonly iommuMaps: number };
  };
  readonly bug?: FoundBug;
  /** Decodes the entries of the capture. */
  readonly arch: ArchPgtable;
}

/** Plays a scenario on the model. */
export type PlayScenario = (scenario: Scenario, options: PlayOptions) => Played;
