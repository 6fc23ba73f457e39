export type {
  AccessAnswer,
  Answer,
  Call,
  CallsAnswer,
  ChildAnswer,
  ErrorAnswer,
  EventsAnswer,
  FlushEvent,
  FollowAnswer,
  GupAnswer,
  HandlerCall,
  Hex,
  KvmstatAnswer,
  LevelName,
  MincoreAnswer,
  MmAnswer,
  MmapAnswer,
  MremapAnswer,
  NodeAnswer,
  NotifyEvent,
  NumamapsAnswer,
  PagemapAnswer,
  PeerAnswer,
  Region,
  ResultAnswer,
  ResultKind,
  SmapsAnswer,
  SmapsrollupAnswer,
  SpteChange,
  Stage2Answer,
  Stage2Fault,
  Stage2PathEntry,
  TableAnswer,
  TableRun,
  TouchAnswer,
  TouchallAnswer,
  VfioAnswer,
  WalkAnswer,
  WalkEntry,
} from './answer.ts';
export { type AnswerKind, isAnswerKind } from './answer-shapes.ts';
export { type Capture, type CapturedMachine, type CapturedStep, formatCapture } from './capture.ts';
export { closestWord } from './closest-word.ts';
export {
  type ComparedStep,
  type Comparison,
  compareCaptures,
  type Difference,
} from './compare-captures.ts';
export type { ProtectionBits } from './field.ts';
export {
  GRAMMAR,
  type MachineOptions,
  type MapSource,
  type OwnStep,
  type PeerStep,
  type Step,
  type StepGrammar,
  type StepKind,
  type StepOf,
  type StepPlace,
} from './grammar.ts';
export { formatSize, readNumber } from './number.ts';
export { parseCapture } from './parse-capture.ts';
export { DEFAULT_MACHINE, parseScenario, type Scenario } from './parse-scenario.ts';
export {
  cpuOptions,
  kernelNamed,
  machineFor,
  type NamedKernel,
  playerFor,
  playScenario,
} from './play/play-scenario.ts';
export { Player, resultOf, type StepExtension } from './play/player.ts';
export {
  type TranslatedScenario,
  type TranslationQuery,
  type TranslationRefusal,
  translateScenario,
} from './play/translate-scenario.ts';
export type {
  FoundBug,
  MappedSize,
  Played,
  PlayedStep,
  PlayOptions,
  PlayScenario,
  RecordedEvent,
} from './played.ts';
export { quote } from './quote.ts';
export { Refusal } from './refusal.ts';
export { scenarioOfCapture } from './scenario-of-capture.ts';
export {
  CaptureError,
  ScenarioError,
  SourceError,
  type SourceErrorDetails,
} from './source-error.ts';
