export { createMmPagewalk, type MmPagewalk } from './create-mm-pagewalk.ts';
export type { FolioWalkStart } from './folio-walk.ts';
export type { PageReaders } from './pagemap.ts';
export type { SizeReaders, SmapsEntry } from './smaps.ts';
export type { MmWalkOps, PageWalker } from './walk-page-range.ts';
