export { createMmPagewalk, type MmPagewalk } from './create-mm-pagewalk.ts';
export { type FolioWalkStart, FW_MIGRATION, FW_ZEROPAGE } from './folio-walk.ts';
export type { PageReaders } from './pagemap.ts';
export type { PagesStat } from './pages-stat.ts';
export type { NumaMapsEntry, SizeReaders, SmapsEntry } from './smaps.ts';
export type { MmWalkOps, PageWalker } from './walk-page-range.ts';
