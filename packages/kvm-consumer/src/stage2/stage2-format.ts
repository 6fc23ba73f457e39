import type { DecodedEntry, EntryCodec, PgtableLevel, Prot } from '@pfnmap/pgtable-core';

/**
 * How entries of a second stage are written that is walked like an ordinary page table: protection words and frame
 * numbers, levels numbered from the page (0) up.
 */
export interface Stage2TableFormat {
  readonly codec: EntryCodec;
  /** The protection word of an entry that points to a table. */
  readonly tableProt: Prot;
  /** The word that holds a slot while its entry is replaced; 0 where entries are replaced in one store. */
  readonly lockedProt: Prot;
  /** The hardware uses an entry when `(lo & validMask) !== 0`. */
  readonly validMask: number;
  /** A valid entry above the page level points to a table when `(lo & tableMask) === tableValue`. */
  readonly tableMask: number;
  readonly tableValue: number;
  /** Bits of a leaf that are rights: a leaf that differs in them alone is not mapped anew. */
  readonly permissions: Prot;
  /** Decodes a 64-bit entry of a level, for people. */
  decode(level: PgtableLevel, word: bigint): DecodedEntry;
}

/** Size and shape of a second stage. */
export interface Stage2Geometry {
  readonly pageShift: number;
  /** Levels of a walk. */
  readonly levels: number;
  /** Bits of a guest-physical address. The root is as many joined tables as that takes. */
  readonly ipaBits: number;
}

/** log2 of the pages that an entry of a level spans. */
export const orderOfLevel = (geometry: Stage2Geometry, level: PgtableLevel): number =>
  (geometry.pageShift - 3) * level;
