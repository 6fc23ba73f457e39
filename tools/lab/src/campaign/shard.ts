import type { KindName } from '../generate/kinds.ts';

/** Seeds, both ends included. */
export interface SeedRange {
  readonly first: number;
  readonly last: number;
}

/** What decides every byte of a shard's result, besides its target and seeds. */
export interface CampaignVersions {
  /** As `uname -r` prints it. */
  readonly kernel: string;
  /** Fingerprint of the programs in the guest. */
  readonly guest: string;
  /** Fingerprint of what writes the scenarios. */
  readonly generator: string;
  /** Of the model. */
  readonly model: string;
}

/** Counts of what was asked, by subject and value: `{ kind: { bar: 200 }, step: { touch: 4711 } }`. */
export type Coverage = Readonly<Record<string, Readonly<Record<string, number>>>>;

/** One difference between kernel and model. */
export interface ModelDifference {
  /** Of the step, from 0; -1 for the log. */
  readonly index: number;
  readonly step: string;
  /** `table[3].entry`; empty for a whole answer. */
  readonly path: string;
  /** What the kernel answered; absent where it did not. */
  readonly kernel?: unknown;
  /** What the model answers; absent where it does not. */
  readonly model?: unknown;
  /** All of it in lines for a person, entries decoded. */
  readonly lines: readonly string[];
}

/** Why a difference or a death is expected. */
export interface Explanation {
  /** Of the entry in the list of what is known. */
  readonly id: string;
  readonly kind: 'kernel defect' | 'model limit';
  readonly text: string;
}

/** A scenario in which kernel and model differ, and the least of it that still shows it. */
export interface Finding {
  /** Such as `bar-0007`. */
  readonly scenario: string;
  /** Equal for findings that look alike: the operation of the step, and where in its answer. */
  readonly signature: string;
  /** Steps of the scenario as it was generated. */
  readonly steps: number;
  /** How many steps of it differ. */
  readonly differing: number;
  /** The shrunk scenario. */
  readonly minimal: string;
  /** The kernel's capture of the shrunk scenario. */
  readonly capture: string;
  /** Differences of the shrunk scenario, the first few. */
  readonly differences: readonly ModelDifference[];
  /**
   * How far it was shrunk: `minimal`, no step and no option can be left out; `cut`, only what can be
   * left out without asking the kernel again was, since the campaign has enough that look alike;
   * `vanished`, the kernel answered otherwise when it was asked again, so this is the whole scenario.
   */
  readonly shrunk: 'minimal' | 'cut' | 'vanished';
  readonly explanation?: Explanation;
}

/** A scenario in which the kernel died or fell silent. */
export interface Death {
  readonly scenario: string;
  /** The step it died in. */
  readonly step: string;
  /** What it said, numbers taken out; `no answer` if it fell silent. */
  readonly words: readonly string[];
  /** The model dies in the same step. */
  readonly agrees: boolean;
  /** The kernel function in which the model stops, where it does. */
  readonly where?: string;
  readonly explanation?: Explanation;
}

/**
 * What a shard of a campaign found. It is a function of target, seeds, kinds and versions, and has no
 * times or paths in it; results of different seeds merge.
 */
export interface ShardResult {
  readonly format: 'pfnmap-campaign/1';
  readonly target: string;
  readonly versions: CampaignVersions;
  readonly kinds: readonly KindName[];
  /** Ascending, and no two of them overlap or touch. */
  readonly seeds: readonly SeedRange[];
  readonly coverage: Coverage;
  readonly scenarios: { readonly total: number; readonly agree: number };
  readonly steps: { readonly total: number; readonly agree: number };
  /** In the order of their scenarios' names. */
  readonly findings: readonly Finding[];
  /** In the order of their scenarios' names. */
  readonly deaths: readonly Death[];
}
