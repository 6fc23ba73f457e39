import { EBUSY } from '@pfnmap/mm-core';
import type { CacheMode } from './cache-mode.ts';

/** A reserved physical range, in bytes; `end` is exclusive. */
export interface Memtype {
  readonly start: number;
  readonly end: number;
  readonly type: CacheMode;
}

/** What an insertion came to. */
export interface MemtypeInsertion {
  /** 0 or -EBUSY. */
  readonly error: number;
  /** The type that the range has now; on a conflict the type that was in the way first. */
  readonly type: CacheMode;
  /** On a conflict the other type. */
  readonly against?: CacheMode;
}

/**
 * The reserved ranges by address. They may overlap and repeat: each user of a range holds a node of its own. Overlapping
 * nodes always have one type, which {@link memtype_check_insert} sees to.
 */
export interface MemtypeTree {
  /**
   * Adds a node, unless the range holds two types, or (with `adopt` off) another than `type`.
   *
   * @param adopt the node takes the type that the range already has, as a caller allows that passes a `newtype` pointer.
   * @fidelity exact
   * @patch none
   */
  memtype_check_insert(
    start: number,
    end: number,
    type: CacheMode,
    adopt: boolean,
  ): MemtypeInsertion;
  /**
   * Removes the node of exactly this range. Before Linux 6.16, when there is none, a node that ends where the range ends
   * is shortened to end where it starts.
   *
   * @returns false when neither was found.
   * @fidelity exact
   * @patch none
   */
  memtype_erase(start: number, end: number): boolean;
  /**
   * The type of the page at an address, or -1 when no node touches the page.
   *
   * @fidelity exact
   * @patch none
   */
  memtype_lookup(address: number): CacheMode | -1;
  /** The first node that touches the page at an address, which has the type of all that do. */
  memtype_find(address: number): Memtype | undefined;
  /** All nodes by start, those of one start by age. */
  nodes(): readonly Memtype[];
}

const PAGE_SIZE = 4096;

/** An empty store. `eraseByEnd` allows shortening, as kernels before 6.16 do. */
export function createMemtypeTree(eraseByEnd: boolean): MemtypeTree {
  const nodes: Memtype[] = [];
  /** The highest end among a node and all before it: it only grows, so it can be searched. */
  const reach: number[] = [];

  const refreshReach = (from: number): void => {
    reach.length = nodes.length;
    for (let at = from; at < nodes.length; at++) {
      reach[at] = Math.max(at > 0 ? (reach[at - 1] as number) : 0, (nodes[at] as Memtype).end);
    }
  };
  const lowest = (isBeyond: (at: number) => boolean): number => {
    let low = 0;
    let high = nodes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (isBeyond(middle)) high = middle;
      else low = middle + 1;
    }
    return low;
  };
  const insert = (node: Memtype): void => {
    const at = lowest((index) => (nodes[index] as Memtype).start > node.start);
    nodes.splice(at, 0, node);
    refreshReach(at);
  };
  const remove = (at: number): void => {
    nodes.splice(at, 1);
    refreshReach(at);
  };
  /** The nodes that overlap [start, end), by address; stops where `accept` says so and returns that index, else -1. */
  const findOverlap = (start: number, end: number, accept: (node: Memtype) => boolean): number => {
    for (let at = lowest((index) => (reach[index] as number) > start); at < nodes.length; at++) {
      const node = nodes[at] as Memtype;
      if (node.start >= end) break;
      if (node.end > start && accept(node)) return at;
    }
    return -1;
  };
  const any = (): boolean => true;

  const memtype_find = (address: number): Memtype | undefined => {
    const at = findOverlap(address, address + PAGE_SIZE, any);
    return at < 0 ? undefined : nodes[at];
  };

  return {
    memtype_check_insert(start, end, type, adopt) {
      const first = findOverlap(start, end, any);
      let found = type;
      if (first >= 0) {
        const there = (nodes[first] as Memtype).type;
        if (there !== type && !adopt) return { error: -EBUSY, type, against: there };
        found = there;
        const other = findOverlap(start, end, (node) => node.type !== there);
        if (other >= 0) {
          return { error: -EBUSY, type: there, against: (nodes[other] as Memtype).type };
        }
      }
      insert({ start, end, type: found });
      return { error: 0, type: found };
    },
    memtype_erase(start, end) {
      const exact = findOverlap(start, end, (node) => node.start === start && node.end === end);
      if (exact >= 0) {
        remove(exact);
        return true;
      }
      if (!eraseByEnd) return false;
      const longer = findOverlap(start, end, (node) => node.start < start && node.end === end);
      if (longer < 0) return false;
      const { start: kept, type } = nodes[longer] as Memtype;
      remove(longer);
      insert({ start: kept, end: start, type });
      return true;
    },
    memtype_lookup: (address) => memtype_find(address)?.type ?? -1,
    memtype_find,
    nodes: () => nodes.slice(),
  };
}
