import type { PlayOptions } from '@pfnmap/scenario';

/** A kernel function that a patch touches, and where the model has it. */
export interface KernelFunction {
  /** As Linux spells it. */
  readonly name: string;
  /** Of our source, from the root of the repository; left out where the model has none. */
  readonly file?: string;
}

/**
 * How a patch can be seen when it is applied: `answers`: processes and devices notice; `calls`: only callers of kernel
 * functions do; `nothing`: a later patch brings it to light; `not modelled`: it lies outside of the model.
 */
export type Effect = 'answers' | 'calls' | 'nothing' | 'not modelled';

/** A kernel to play on: an architecture, and options that are not its default. */
export interface SeriesTarget {
  /** For people: `arm64, 64K pages`. */
  readonly name: string;
  readonly arch: PlayOptions['arch'];
  readonly with: readonly string[];
}

/** Where every patch is played. */
export const seriesTargets: readonly SeriesTarget[] = /* @__PURE__ */ Object.freeze([
  { name: 'x86_64', arch: 'x86_64', with: [] },
  { name: 'arm64', arch: 'arm64', with: [] },
]);

/** The cover of one patch of the series. */
export interface PatchCover {
  /** 1 … 19. */
  readonly number: number;
  /** The symbol that switches it: `SERIES_PATCH_07`. */
  readonly symbol: string;
  /** The subject it was merged under. */
  readonly subject: string;
  /** First twelve digits of the commit in Linus' tree. */
  readonly commit: string;
  /** The packages of the model that hold it. */
  readonly packages: readonly string[];
  readonly effect: Effect;
  /** What the kernel lacks or gets wrong before it. */
  readonly problem: string;
  readonly change: string;
  /** What becomes observable, in a clause. */
  readonly observable: string;
  readonly functions: readonly KernelFunction[];
  /** What the patch switches in the code, one sentence each. */
  readonly gates: readonly string[];
  /** The patch from which on it shows in answers; undefined where it never does. */
  readonly visibleFrom: number | undefined;
  /** Names of scenarios that show it: {@link seriesScenario}. */
  readonly scenarios: readonly string[];
  /** Where it shows as well, besides {@link seriesTargets}. */
  readonly targets: readonly SeriesTarget[];
  /** Later fixes of it: `F1`. */
  readonly fixes: readonly string[];
}

/** The cover of one follow-up fix. */
export interface FixCover {
  /** `F1` … `F18`. */
  readonly id: string;
  /** The symbol that switches it, where it has one. */
  readonly symbol: string | undefined;
  readonly subject: string;
  readonly commit: string | undefined;
  /** The patch that it repairs; undefined where the bug is older than the series. */
  readonly patch: number | undefined;
  readonly packages: readonly string[];
  readonly effect: Effect;
  readonly problem: string;
  readonly change: string;
  readonly observable: string;
  /** Which kernels have it. */
  readonly kernels: string;
  readonly scenarios: readonly string[];
  /** Options without which it cannot be seen. */
  readonly with: readonly string[];
}

/** The cover of one experiment: what no kernel has yet. */
export interface ExperimentCover {
  /** `E1` … */
  readonly id: string;
  /** The symbol that switches it. */
  readonly symbol: string;
  readonly subject: string;
  readonly packages: readonly string[];
  readonly effect: 'answers';
  readonly problem: string;
  readonly change: string;
  readonly observable: string;
  /** Where it was asked for. */
  readonly source: string;
  /** The architectures that have it. */
  readonly archs: readonly ('x86_64' | 'arm64')[];
  readonly scenarios: readonly string[];
}
