export { buildBaseline, runBaseline } from './baseline.ts';
export { best, CASES, type Case, formatReport, type Timings } from './report.ts';
export { runModel } from './run-model.ts';
