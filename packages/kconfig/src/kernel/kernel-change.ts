/** One of the 19 patches of the series as a symbol. */
export interface SeriesPatch {
  /** `SERIES_PATCH_01` … `SERIES_PATCH_19`. */
  readonly symbol: string;
  /** 1 … 19. */
  readonly number: number;
  /** The subject it was merged under. */
  readonly title: string;
  /** What the kernel lacks or gets wrong before it, and what the patch does about that. */
  readonly help: string;
  /** First twelve digits of the commit in Linus' tree. */
  readonly commit: string;
  /** The patches of the series without which it cannot be built. */
  readonly needs: readonly number[];
}

/** A change to the kernel outside the 19 patches, as a symbol. */
export interface KernelChange {
  /** `FIX_…` for repairs of bugs; `EXPERIMENT_…` for what no kernel has; a plain name for changed behaviour. */
  readonly symbol: string;
  /** One line. */
  readonly title: string;
  /** What is wrong or different without it, and what is so with it. */
  readonly help: string;
  /** The part of the kernel it touches. */
  readonly topic: string;
  /** The entry of the list of follow-up fixes (F), of later work (U), of hazards (H) or of experiments (E), if it has one. */
  readonly entry?: string;
  /** First twelve digits of the commit, where known. */
  readonly commit?: string;
  /** A Kconfig expression: the changes that must be there first. */
  readonly dependsOn?: string;
}
