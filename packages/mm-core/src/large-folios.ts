import { alignDown, KernelBug, type Pfn, type PhysMem } from '@pfnmap/pgtable-core';

/** What is known of one large folio. */
interface LargeFolio {
  /** PMDs that map it whole. */
  entire: number;
  /** PTEs that map each of its pages. */
  readonly mapped: Uint16Array;
  /** 1 for a page that belongs to one process; while PMDs map the folio, that of its first page counts. */
  readonly exclusive: Uint8Array;
  /** Pins for DMA, whatever the page. */
  pins: number;
  /** 1 for a page that holds something else than zeroes. */
  readonly written: Uint8Array;
  lazyFree: boolean;
  /** Entries of each address space that map some of it. */
  readonly entriesOf: Map<number, number>;
}

/**
 * Anonymous folios of the size that a PMD maps. `head` is the first frame of one, `pfn` any; `mm` is the number of the
 * address space whose entry comes or goes.
 */
export interface LargeFolios {
  /** First frame of the huge page of zeroes, made at the first use; -1 when there is no room for it. */
  hugeZeroPage(): Pfn;
  /** is_huge_zero_pmd(): true for the frame of a PMD that maps it. */
  isHugeZero(head: Pfn): boolean;
  /** A folio that one PMD maps, or -1. */
  alloc(mm: number): Pfn;
  folioOf(head: Pfn): unknown;
  /** One PMD less. */
  put(head: Pfn, mm: number): void;
  /** One PTE less. */
  putPage(pfn: Pfn, mm: number): void;
  /** Fork copies the PMD: the folio is exclusive no more. */
  share(head: Pfn, mm: number): void;
  /** Fork copies a PTE. */
  sharePage(pfn: Pfn, mm: number): void;
  /** A PMD becomes one PTE for each page. */
  split(head: Pfn, mm: number): void;
  isExclusive(pfn: Pfn): boolean;
  /** True when one PMD alone holds the folio; it is exclusive again then. */
  reuse(head: Pfn): boolean;
  /** True when only one address space maps pages of the folio and nobody pins it; the page is exclusive again then. */
  reusePage(pfn: Pfn): boolean;
  mapcount(pfn: Pfn): number;
  pin(pfn: Pfn): void;
  unpin(pfn: Pfn): void;
  isPinned(pfn: Pfn): boolean;
  /** Something else than zeroes was stored in a page. */
  write(pfn: Pfn): void;
  holdsZeroes(pfn: Pfn): boolean;
  /** MADV_FREE was said of the folio, and its pages were not found dirty since. */
  isLazyFree(head: Pfn): boolean;
  setLazyFree(head: Pfn, lazy: boolean): void;
  /** True when no other address space maps any page. */
  isAloneIn(head: Pfn, mm: number): boolean;
  /** True when no entry maps some page any more. */
  isPartlyMapped(head: Pfn): boolean;
  /** The folio is no more: what was known of each of its pages. Each is given back by {@link freePage}. */
  dissolve(head: Pfn): FolioPage[];
  /** Gives a page of a folio that was dissolved back; false for a page that never was in one. */
  freePage(pfn: Pfn): boolean;
}

/** What is known of a page when its folio is dissolved. */
export interface FolioPage {
  readonly pfn: Pfn;
  readonly mapped: number;
  readonly exclusive: boolean;
  readonly written: boolean;
  readonly lazyFree: boolean;
}

/** The large folios of a machine, each of 2^order pages. */
export function createLargeFolios(mem: PhysMem, order: number): LargeFolios {
  const pages = 2 ** order;
  const folios = new Map<Pfn, LargeFolio>();
  /** Pages in use of folios that were dissolved, by the first frame. */
  const dissolved = new Map<Pfn, number>();
  let hugeZero = -1;

  const headOf = (pfn: Pfn): Pfn => alignDown(pfn, pages);
  const at = (head: Pfn): LargeFolio => {
    const folio = folios.get(head);
    if (folio === undefined)
      throw new KernelBug('a folio is used after it was freed', 'folio', { head });
    return folio;
  };
  const countEntry = (folio: LargeFolio, mm: number, change: number): void => {
    const left = (folio.entriesOf.get(mm) ?? 0) + change;
    if (left === 0) folio.entriesOf.delete(mm);
    else folio.entriesOf.set(mm, left);
  };
  const freeUnused = (head: Pfn, folio: LargeFolio): void => {
    if (folio.entriesOf.size > 0 || folio.pins > 0) return;
    folios.delete(head);
    mem.freeLarge(head);
  };
  const change = (head: Pfn, mm: number, by: number): LargeFolio => {
    const folio = at(head);
    countEntry(folio, mm, by);
    return folio;
  };

  return {
    hugeZeroPage() {
      if (hugeZero < 0) hugeZero = mem.allocLarge();
      return hugeZero;
    },
    isHugeZero: (head) => hugeZero >= 0 && head === hugeZero,
    alloc(mm) {
      const head = mem.allocLarge();
      if (head < 0) return head;
      const exclusive = new Uint8Array(pages);
      exclusive[0] = 1;
      const mapped = new Uint16Array(pages);
      const written = new Uint8Array(pages);
      const entriesOf = new Map([[mm, 1]]);
      folios.set(head, {
        entire: 1,
        mapped,
        exclusive,
        pins: 0,
        written,
        lazyFree: false,
        entriesOf,
      });
      return head;
    },
    folioOf: (head) => folios.get(head),
    put(head, mm) {
      const folio = change(head, mm, -1);
      folio.entire--;
      freeUnused(head, folio);
    },
    putPage(pfn, mm) {
      const head = headOf(pfn);
      const folio = change(head, mm, -1);
      (folio.mapped[pfn - head] as number)--;
      freeUnused(head, folio);
    },
    share(head, mm) {
      const folio = change(head, mm, 1);
      folio.exclusive[0] = 0;
      folio.entire++;
    },
    sharePage(pfn, mm) {
      const head = headOf(pfn);
      const folio = change(head, mm, 1);
      folio.exclusive[pfn - head] = 0;
      (folio.mapped[pfn - head] as number)++;
    },
    split(head, mm) {
      const folio = change(head, mm, pages - 1);
      folio.entire--;
      for (let page = 0; page < pages; page++) (folio.mapped[page] as number)++;
      if (folio.exclusive[0] === 1) folio.exclusive.fill(1);
    },
    isExclusive(pfn) {
      const head = headOf(pfn);
      return at(head).exclusive[pfn - head] === 1;
    },
    reuse(head) {
      const folio = at(head);
      const entries = [...folio.entriesOf.values()];
      if (folio.entire !== 1 || folio.pins > 0 || entries.length !== 1 || entries[0] !== 1) {
        return false;
      }
      folio.exclusive[0] = 1;
      return true;
    },
    reusePage(pfn) {
      const head = headOf(pfn);
      const folio = at(head);
      if (folio.pins > 0 || folio.entriesOf.size !== 1) return false;
      folio.exclusive[pfn - head] = 1;
      return true;
    },
    mapcount(pfn) {
      const head = headOf(pfn);
      const folio = at(head);
      return folio.entire + (folio.mapped[pfn - head] as number);
    },
    pin: (pfn) => {
      at(headOf(pfn)).pins++;
    },
    unpin(pfn) {
      const head = headOf(pfn);
      const folio = at(head);
      folio.pins--;
      freeUnused(head, folio);
    },
    isPinned: (pfn) => at(headOf(pfn)).pins > 0,
    write(pfn) {
      const head = headOf(pfn);
      at(head).written[pfn - head] = 1;
    },
    holdsZeroes(pfn) {
      const head = headOf(pfn);
      return at(head).written[pfn - head] === 0;
    },
    isLazyFree: (head) => at(head).lazyFree,
    setLazyFree: (head, lazy) => {
      at(head).lazyFree = lazy;
    },
    isAloneIn: (head, mm) => [...at(head).entriesOf.keys()].every((other) => other === mm),
    isPartlyMapped(head) {
      const { entire, mapped } = at(head);
      return entire === 0 && mapped.includes(0);
    },
    dissolve(head) {
      const folio = at(head);
      folios.delete(head);
      dissolved.set(head, pages);
      return Array.from({ length: pages }, (_, page) => ({
        pfn: head + page,
        mapped: folio.mapped[page] as number,
        exclusive: folio.exclusive[page] === 1,
        written: folio.written[page] === 1,
        lazyFree: folio.lazyFree,
      }));
    },
    freePage(pfn) {
      const head = headOf(pfn);
      const left = dissolved.get(head);
      if (left === undefined) return false;
      if (left > 1) dissolved.set(head, left - 1);
      else {
        dissolved.delete(head);
        mem.freeLarge(head);
      }
      return true;
    },
  };
}
