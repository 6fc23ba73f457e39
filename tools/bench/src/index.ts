export { buildBaseline, runBaseline } from './baseline.ts';
export { type Beside, CASES, type Case } from './cases.ts';
export { formatHelpers, formatReport, type HelperTimings, type Judged, judge } from './report.ts';
export { best, type Timings } from './timings.ts';
