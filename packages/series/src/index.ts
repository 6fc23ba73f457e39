export { type Bisected, bisect, type Turn, turnsOf } from './bisect.ts';
export {
  type Effect,
  type ExperimentCover,
  type FixCover,
  type KernelFunction,
  type PatchCover,
  type SeriesTarget,
  seriesTargets,
} from './cover.ts';
export { experimentCovers } from './experiment-covers.data.ts';
export { fixCovers } from './fix-covers.data.ts';
export { patchCovers } from './patch-covers.data.ts';
export { type PairOptions, type PlayedPair, playBeforeAfter } from './play-before-after.ts';
export type { Asked } from './replay/computer.ts';
export type { ReplayQuestion } from './replay/question.ts';
export { type ReplayAnswer, replay, replayQuestions } from './replay/replay-table.ts';
export { seriesScenario, seriesScenarioNames } from './series-scenario.ts';
export {
  type KernelState,
  postedState,
  type SeriesPoint,
  seriesLine,
  seriesPoint,
} from './timeline.ts';
