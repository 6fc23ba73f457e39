import { EINVAL } from '@pfnmap/mm-core';
import type { Pfn } from '@pfnmap/pgtable-core';
import {
  _PAGE_CACHE_MODE_UC_MINUS,
  _PAGE_CACHE_MODE_WB,
  type CacheMode,
  cattr_name,
} from './cache-mode.ts';
import { type KernelLog, memRange, taskName } from './kernel-log.ts';
import { createMemtypeTree, type Memtype } from './memtype-tree.ts';
import { is_untracked_pat_range, pat_pagerange_is_ram, type RamMap } from './physical-ranges.ts';
import { createRamTypes, type TypedResult } from './ram-types.ts';

/** What the memory types of a machine depend on. */
export interface MemtypeOptions extends KernelLog {
  /** False for `nopat`: nothing is stored, and every request is granted. */
  readonly patEnabled: boolean;
  readonly ramMap: RamMap;
  /** True when the MTRRs make a whole physical range write-back. */
  mtrrIsWriteBack(start: number, end: number): boolean;
  /** Kernels before 6.16 shorten a range when its tail is freed. */
  readonly eraseByEnd: boolean;
}

/** The memory types of physical ranges. Addresses are bytes, `end` is exclusive. */
export interface Memtypes {
  /**
   * Reserves a range with a type. Whoever already holds a part decides the type: all users of a page have one.
   *
   * @param adopt false when the caller accepts no other type, as where Linux passes no pointer for it.
   * @returns the type that the range has, and 0; -EINVAL for an empty range, for RAM behind something else, or for
   * write-protected RAM; -EBUSY for a conflict.
   * @fidelity partial kernel memory never runs out
   * @patch none
   */
  memtype_reserve(start: number, end: number, type: CacheMode, adopt?: boolean): TypedResult;
  /**
   * Gives a reservation back.
   *
   * @returns 0, or -EINVAL with a line in the log when the range was not reserved.
   * @fidelity exact
   * @patch none
   */
  memtype_free(start: number, end: number): number;
  /**
   * The type of the page at a physical address: of the ISA hole write-back, of RAM its own, of a reserved range the
   * range's, of everything else uncached-minus.
   *
   * @fidelity exact
   * @patch none
   */
  lookup_memtype(address: number): CacheMode;
  /** The same for a page frame, fast for frames near the last one. */
  frameMemtype(pfn: Pfn): CacheMode;
  /** 0 no RAM, 1 RAM, -1 mixed; see {@link pat_pagerange_is_ram}. */
  ramOfRange(start: number, end: number): -1 | 0 | 1;
  /** The reserved ranges outside RAM, by address. */
  nodes(): readonly Memtype[];
}

const PAGE_SIZE = 4096;
/** Above the ISA hole, where the type of a page is that of the node it lies in. */
const HIGH_MEMORY = 0x100000;
const UC_MINUS: CacheMode = _PAGE_CACHE_MODE_UC_MINUS;

/** Makes the memory types of a machine, all free. */
export function createMemtypes(options: MemtypeOptions): Memtypes {
  const { patEnabled, ramMap } = options;
  const tree = createMemtypeTree(options.eraseByEnd);
  const ram = createRamTypes(options);
  const ramOfRange = (start: number, end: number): -1 | 0 | 1 =>
    pat_pagerange_is_ram(ramMap, start, end);

  /** Frames of the node that answered last, all of one type: faults go through a BAR page by page. */
  const known = { first: 0, end: 0, type: UC_MINUS };
  const forget = (): void => {
    known.end = 0;
  };
  const lookupInTree = (address: number): CacheMode => {
    const node = tree.memtype_find(address);
    if (node === undefined) return UC_MINUS;
    if (node.start >= HIGH_MEMORY) {
      known.first = Math.ceil(node.start / PAGE_SIZE);
      known.end = Math.floor(node.end / PAGE_SIZE);
      known.type = node.type;
    }
    return node.type;
  };
  const lookup_memtype = (address: number): CacheMode => {
    const end = address + PAGE_SIZE;
    if (is_untracked_pat_range(address, end)) return _PAGE_CACHE_MODE_WB;
    return ramOfRange(address, end) !== 0
      ? ram.get_page_memtype(Math.floor(address / PAGE_SIZE))
      : lookupInTree(address);
  };

  const insert = (start: number, end: number, type: CacheMode, adopt: boolean): TypedResult => {
    forget();
    const actual =
      type === _PAGE_CACHE_MODE_WB && !options.mtrrIsWriteBack(start, end)
        ? _PAGE_CACHE_MODE_UC_MINUS
        : type;
    const inserted = tree.memtype_check_insert(start, end, actual, adopt);
    if (inserted.error === 0 || inserted.against === undefined) return inserted;
    const span = `${start.toString(16)}-${end.toString(16)}`;
    const types = `${cattr_name(inserted.type)}<->${cattr_name(inserted.against)}`;
    options.printk(`x86/PAT: ${taskName(options)} conflicting memory types ${span} ${types}`);
    options.printk(
      `x86/PAT: memtype_reserve failed ${memRange(start, end)}, track ${cattr_name(actual)}, req ${cattr_name(type)}`,
    );
    return { error: inserted.error, type: actual };
  };

  return {
    memtype_reserve(start, end, type, adopt = true) {
      if (start >= end) {
        options.warn(
          'memtype_reserve',
          `memtype_reserve failed: ${memRange(start, end)}, req ${cattr_name(type)}`,
        );
        return { error: -EINVAL, type };
      }
      if (!patEnabled) return { error: 0, type };
      if (is_untracked_pat_range(start, end)) return { error: 0, type: _PAGE_CACHE_MODE_WB };
      const kind = ramOfRange(start, end);
      if (kind === 1) return ram.reserve_ram_pages_type(start, end, type);
      if (kind < 0) return { error: -EINVAL, type };
      return insert(start, end, type, adopt);
    },
    memtype_free(start, end) {
      if (!patEnabled || is_untracked_pat_range(start, end)) return 0;
      const kind = ramOfRange(start, end);
      if (kind === 1) return ram.free_ram_pages_type(start, end);
      if (kind < 0) return -EINVAL;
      forget();
      if (tree.memtype_erase(start, end)) return 0;
      options.printk(
        `x86/PAT: ${taskName(options)} freeing invalid memtype ${memRange(start, end)}`,
      );
      return -EINVAL;
    },
    lookup_memtype,
    frameMemtype: (pfn) =>
      pfn < known.end && pfn >= known.first ? known.type : lookup_memtype(pfn * PAGE_SIZE),
    ramOfRange,
    nodes: tree.nodes,
  };
}
