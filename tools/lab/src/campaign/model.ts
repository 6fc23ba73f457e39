import type { ModelDifference } from './shard.ts';

/** What the model says to a capture. */
export interface Verdict {
  /** Steps that were compared, the log among them. */
  readonly total: number;
  readonly agree: number;
  readonly differences: readonly ModelDifference[];
  /** The kernel function in which the model stops, and the step from 0, where it does. */
  readonly bug?: { readonly where: string; readonly step: number };
}

/**
 * The model, as far as a campaign needs it. The lab boots kernels and knows no model: whoever starts a
 * campaign passes one.
 */
export interface CampaignModel {
  /** Another version may give other verdicts. */
  readonly version: string;
  /** The operations it can play; the generator leaves out the others. */
  readonly steps: readonly string[];
  /**
   * Plays the scenario of a capture on a model of the machine it was made on, and compares. A model
   * that fails differs in the step it failed in.
   */
  compare(capture: string, name: string): Verdict;
}
