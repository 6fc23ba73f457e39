export type { Assignment } from './assignment.ts';
export { demands, preferences } from './assignment.ts';
export { buildModel } from './build-model.ts';
export type { DotConfig, DotConfigEntry } from './dot-config.ts';
export { parseDotConfig } from './dot-config.ts';
export type { KconfigErrorDetails } from './errors.ts';
export {
  ContradictionError,
  DependencyLoopError,
  DotConfigSyntaxError,
  InvalidValueError,
  KconfigError,
  KconfigSyntaxError,
  UnknownKernelError,
  UnknownSymbolError,
  UnmetDependencyError,
} from './errors.ts';
export type {
  CompareOperator,
  Constant,
  Expression,
  Guard,
  Operand,
  SymbolReference,
} from './expression.ts';
export { formatExpression } from './expression.ts';
export { formatDotConfig } from './format-dot-config.ts';
export type { KernelChange, SeriesPatch } from './kernel/kernel-change.ts';
export type { KconfigText } from './kernel/kernel-model.ts';
export { kernelKconfigTexts, kernelModel } from './kernel/kernel-model.ts';
export type { KernelProfile } from './kernel/profiles.ts';
export { kernelProfiles } from './kernel/profiles.ts';
export type { KernelRelease } from './kernel/releases.ts';
export { configForRelease, knownReleases } from './kernel/releases.ts';
export { kernelChanges } from './kernel/render-changes.ts';
export type { KernelConfig, KernelRequest, ResolvedKernelConfig } from './kernel/resolve-kernel.ts';
export { kernelArchs, resolveKernel } from './kernel/resolve-kernel.ts';
export { seriesPatches } from './kernel/series-patches.ts';
export type {
  Default,
  KconfigChoice,
  KconfigModel,
  KconfigSymbol,
  Prompt,
  Range,
  Reverse,
} from './model.ts';
export { parseKconfig } from './parse-kconfig.ts';
export type { Position } from './position.ts';
export { formatPosition } from './position.ts';
export type { Origin, Reason } from './reason.ts';
export type { Overruled, Resolution, ResolveOptions } from './resolve.ts';
export { resolve } from './resolve.ts';
export type {
  ChoiceEntry,
  CommentEntry,
  ConfigEntry,
  DefaultLine,
  IfEntry,
  KconfigEntry,
  KconfigFile,
  MenuEntry,
  PromptLine,
  RangeLine,
  ReverseLine,
  SymbolType,
} from './syntax.ts';
