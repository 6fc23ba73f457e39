export type { BadEntries } from './bad-entries.ts';
export { createMmMemory, type MmMemory } from './create-mm-memory.ts';
export { faultNeedsMmapLock } from './do-fault.ts';
export type { FreePgtables } from './free-pgtables.ts';
export type { FaultHandler } from './handle-mm-fault.ts';
export type { PteInserter } from './insert-pfn.ts';
export { endOfEntry } from './range.ts';
export type { NormalPages } from './vm-normal-page.ts';
export type { Zapper } from './zap.ts';
