export type { CampaignKernel, LabKernelOptions } from './campaign/kernel.ts';
export { labKernel } from './campaign/kernel.ts';
export { mergeResults } from './campaign/merge-results.ts';
export type { CampaignModel, Verdict } from './campaign/model.ts';
export { reportHtml } from './campaign/report/report-html.ts';
export { unexplained } from './campaign/report/unexplained.ts';
export { readResult, writeReport } from './campaign/report/write-report.ts';
export type { ShardOptions } from './campaign/run-shard.ts';
export { runShard } from './campaign/run-shard.ts';
export { formatSeeds, parseSeeds, splitSeeds } from './campaign/seeds.ts';
export type {
  CampaignVersions,
  Coverage,
  Death,
  Explanation,
  Finding,
  ModelDifference,
  SeedRange,
  ShardResult,
} from './campaign/shard.ts';
export type { Capture, Json, MachineRecord, StepRecord } from './console/capture.ts';
export { captureName, formatCapture } from './console/capture.ts';
export type { ConsoleReport } from './console/parse.ts';
export { parseConsole } from './console/parse.ts';
export type { ProgramOptions } from './debian/program.ts';
export { debianProgram } from './debian/program.ts';
export type { DoctorOptions, DoctorReport } from './doctor.ts';
export { labDoctor } from './doctor.ts';
export type { LabErrorCode } from './errors.ts';
export { LabError } from './errors.ts';
export type { GeneratedScenario, GenerateOptions } from './generate/generate.ts';
export { generateScenario } from './generate/generate.ts';
export type { Kind, KindName } from './generate/kinds.ts';
export { KIND_NAMES, KINDS } from './generate/kinds.ts';
export { SCENARIO_DIR } from './guest-files.ts';
export type { StepForm } from './language.ts';
export { checkScenario, STEP_FORMS } from './language.ts';
export type { LabEvent, Reporter } from './reporter.ts';
export { formatBytes, formatEvent } from './reporter.ts';
export type { RunCapture, RunOptions, RunReport } from './run/run.ts';
export { labRun } from './run/run.ts';
export type { Confirm } from './setup/host-packages.ts';
export type { SetupOptions } from './setup/setup.ts';
export { labSetup } from './setup/setup.ts';
export { findTarget } from './target/find.ts';
export { LAB_TARGETS } from './target/table.ts';
export type { LabArch, LabTarget, OwnKernel } from './target/target.ts';
