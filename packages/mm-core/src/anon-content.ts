import { alignDown, type Pfn } from '@pfnmap/pgtable-core';
import type { LargeFolios } from './large-folios.ts';

/** What anonymous pages hold, and what was advised about them. */
export interface AnonContent {
  /** A program stored something in the page; nothing happens for a frame that is no anonymous page. */
  write(pfn: Pfn): void;
  holdsZeroes(pfn: Pfn): boolean;
  /** The page `to` holds what `from` holds; what is no anonymous page holds something. */
  copyContent(to: Pfn, from: Pfn): void;
  /** MADV_FREE was said of the page, or of its folio, and it was not found dirty since. */
  isLazyFree(pfn: Pfn): boolean;
  setLazyFree(pfn: Pfn, lazy: boolean): void;
  /** True when no other address space maps the page, or any of its folio. */
  isAloneIn(pfn: Pfn, mm: number): boolean;
  /** Every page of a large folio, by its first frame, is one of its own; what nobody maps is freed. */
  dissolve(head: Pfn): void;
}

/** A page that is no part of a large folio. */
export interface SmallPage {
  mapped: number;
  pins: number;
  exclusive: boolean;
  written: boolean;
  lazyFree: boolean;
}

/** A page that nobody uses. */
export const UNUSED: SmallPage = Object.freeze({
  mapped: 0,
  pins: 0,
  exclusive: false,
  written: false,
  lazyFree: false,
});

/** Makes it for the pages of a machine. */
export function createAnonContent(
  pages: Map<Pfn, SmallPage>,
  large: LargeFolios,
  largeOrder: number,
  zeroPage: Pfn,
  freeUnused: (pfn: Pfn, page: SmallPage) => void,
): AnonContent {
  const largePages = 2 ** largeOrder;
  const headOf = (pfn: Pfn): Pfn => alignDown(pfn, largePages);
  const isLarge = (pfn: Pfn): boolean => large.folioOf(headOf(pfn)) !== undefined;
  const pageOf = (pfn: Pfn): SmallPage => pages.get(pfn) ?? { ...UNUSED };
  const holdsZeroes = (pfn: Pfn): boolean =>
    isLarge(pfn) ? large.holdsZeroes(pfn) : !pageOf(pfn).written;

  return {
    write(pfn) {
      if (isLarge(pfn)) {
        large.write(pfn);
        return;
      }
      const page = pages.get(pfn);
      if (page !== undefined) page.written = true;
    },
    holdsZeroes,
    copyContent(to, from) {
      const isZero = from === zeroPage || large.isHugeZero(headOf(from));
      if (isZero || ((isLarge(from) || pages.has(from)) && holdsZeroes(from))) return;
      if (isLarge(to)) large.write(to);
      else pageOf(to).written = true;
    },
    isLazyFree: (pfn) => (isLarge(pfn) ? large.isLazyFree(headOf(pfn)) : pageOf(pfn).lazyFree),
    setLazyFree(pfn, lazy) {
      if (isLarge(pfn)) large.setLazyFree(headOf(pfn), lazy);
      else pageOf(pfn).lazyFree = lazy;
    },
    isAloneIn: (pfn, mm) =>
      isLarge(pfn) ? large.isAloneIn(headOf(pfn), mm) : pageOf(pfn).mapped === 1,
    dissolve(head) {
      for (const { pfn, mapped, exclusive, written, lazyFree } of large.dissolve(head)) {
        const page = { mapped, pins: 0, exclusive, written, lazyFree };
        pages.set(pfn, page);
        freeUnused(pfn, page);
      }
    },
  };
}
