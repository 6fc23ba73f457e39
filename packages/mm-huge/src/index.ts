export type { AnonymousHuge } from './anonymous.ts';
export type { HugeChanger } from './change.ts';
export { createMmHuge, type MmHuge } from './create-mm-huge.ts';
export { depositTable } from './deposit.ts';
export type { PfnInserter } from './insert-pfn.ts';
export type { HugeMover } from './move.ts';
export type { HugeSplitter } from './split.ts';
export type { TvaReason } from './thp-orders.ts';
export type { HugeZapper } from './zap.ts';
