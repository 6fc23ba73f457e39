import { alignDown, type Pfn, type PhysMem } from '@pfnmap/pgtable-core';
import { type AnonContent, createAnonContent, type SmallPage, UNUSED } from './anon-content.ts';
import { createLargeFolios, type LargeFolios } from './large-folios.ts';

/**
 * Anonymous pages of RAM with the number of entries that map each, alone or as pages of a large folio. Of what they hold,
 * only whether it is all zeroes is known. `mm` is the number of the address space whose entry comes or goes.
 */
export interface AnonPages extends AnonContent {
  /** The page of zeroes, which read faults map, special and not counted. */
  readonly zeroPage: Pfn;
  /** Large folios, which one PMD maps. */
  readonly large: LargeFolios;
  /** A new page, mapped once, or -1 when RAM is exhausted. */
  alloc(): Pfn;
  /** True for a page of a large folio. */
  isLarge(pfn: Pfn): boolean;
  /** True for pages of the same folio. */
  inOneFolio(pfn: Pfn, other: Pfn): boolean;
  /** One PTE less; the last mapping or pin frees the page. */
  put(pfn: Pfn, mm: number): void;
  /** PageAnonExclusive: the page belongs to one process, so its entry may be writable. */
  isExclusive(pfn: Pfn): boolean;
  /** Fork shares the page: it is exclusive no more. */
  share(pfn: Pfn, mm: number): void;
  /** True when one entry alone holds the page, which is no part of a large folio; it is exclusive again then. */
  reuse(pfn: Pfn): boolean;
  /** The same for a page of a large folio: no other address space maps any of its pages, and nobody pins one. */
  reuseOfLarge(pfn: Pfn): boolean;
  /** Entries that map a page, a PMD over its folio among them. */
  mapcount(pfn: Pfn): number;
  /** Somebody keeps the page for DMA, until {@link unpin}. */
  pin(pfn: Pfn): void;
  unpin(pfn: Pfn): void;
  /** folio_maybe_dma_pinned(): of a large folio, any page. */
  isPinned(pfn: Pfn): boolean;
}

/**
 * The anonymous pages of a machine.
 *
 * @param largeOrder log2 of the pages of a large folio: those of a PMD.
 */
export function createAnonPages(mem: PhysMem, largeOrder: number): AnonPages {
  const large = createLargeFolios(mem, largeOrder);
  const pages = new Map<Pfn, SmallPage>();
  const largePages = 2 ** largeOrder;

  const isLarge = (pfn: Pfn): boolean => large.folioOf(alignDown(pfn, largePages)) !== undefined;
  const freeUnused = (pfn: Pfn, { mapped, pins }: SmallPage): void => {
    if (mapped + pins > 0) return;
    pages.delete(pfn);
    if (!large.freePage(pfn)) mem.freeFrame(pfn);
  };
  const pageOf = (pfn: Pfn): SmallPage => pages.get(pfn) ?? { ...UNUSED };

  const zeroPage = mem.allocFrame();

  return {
    zeroPage,
    large,
    alloc() {
      const pfn = mem.allocFrame();
      if (pfn >= 0) pages.set(pfn, { ...UNUSED, mapped: 1, exclusive: true });
      return pfn;
    },
    isLarge,
    inOneFolio: (pfn, other) => alignDown(pfn, largePages) === alignDown(other, largePages),
    put(pfn, mm) {
      if (isLarge(pfn)) {
        large.putPage(pfn, mm);
        return;
      }
      const page = pageOf(pfn);
      page.mapped--;
      freeUnused(pfn, page);
    },
    isExclusive: (pfn) => (isLarge(pfn) ? large.isExclusive(pfn) : pageOf(pfn).exclusive),
    share(pfn, mm) {
      if (isLarge(pfn)) {
        large.sharePage(pfn, mm);
        return;
      }
      const page = pageOf(pfn);
      page.exclusive = false;
      page.mapped++;
      pages.set(pfn, page);
    },
    reuse(pfn) {
      if (isLarge(pfn)) return false;
      const page = pageOf(pfn);
      if (page.mapped !== 1 || page.pins !== 0) return false;
      page.exclusive = true;
      return true;
    },
    reuseOfLarge: (pfn) => isLarge(pfn) && large.reusePage(pfn),
    mapcount: (pfn) => (isLarge(pfn) ? large.mapcount(pfn) : pageOf(pfn).mapped),
    pin(pfn) {
      if (isLarge(pfn)) large.pin(pfn);
      else if (pages.has(pfn)) pageOf(pfn).pins++;
    },
    unpin(pfn) {
      if (isLarge(pfn)) {
        large.unpin(pfn);
        return;
      }
      const page = pages.get(pfn);
      if (page === undefined) return;
      page.pins--;
      freeUnused(pfn, page);
    },
    isPinned: (pfn) => (isLarge(pfn) ? large.isPinned(pfn) : pageOf(pfn).pins > 0),
    ...createAnonContent(pages, large, largeOrder, zeroPage, freeUnused),
  };
}
