export type { HugeCopier } from './copy-huge.ts';
export type { CopyPageRange } from './copy-page-range.ts';
export { createMmFork, type MmFork } from './create-mm-fork.ts';
