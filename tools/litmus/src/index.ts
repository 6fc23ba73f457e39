export { ALL_FIXES, DEFECTS, type Defect, POSTED } from './defects.ts';
export { type Explored, explore, type RaceProgram } from './explore.ts';
export type { Finding, Schedule, ShownEntry } from './finding.ts';
export {
  type Cleared,
  clearWithFixes,
  type Rediscovered,
  type RediscoverOptions,
  rediscover,
} from './rediscover.ts';
export { runProgram } from './run-program.ts';
export { TestedKernel } from './tested-kernel.ts';
