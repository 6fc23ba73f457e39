import type { Lanes } from './words.ts';

/** Levels from the PTE (0) to the PGD (4). */
type Level = 0 | 1 | 2 | 3 | 4;

/** What this file needs of an architecture's model; helpers are found by name. */
export interface Model {
  readonly name: string;
  readonly codec: {
    pfn(level: Level, lo: number, hi: number): number;
    prot(level: Level, lo: number, hi: number): number;
    lo(level: Level, pfn: number, prot: number): number;
    hi(level: Level, pfn: number, prot: number): number;
  };
  readonly format: {
    readonly noneMask: number;
    readonly pgdNoneMask: number;
    readonly tableProt: number;
  };
  readonly geometry: {
    readonly levels: readonly {
      readonly shift: number;
      readonly order: number;
      readonly folded: boolean;
    }[];
  };
  pgprot_val(prot: number): bigint;
  protOf(value: bigint): number;
  pfn_leaf(level: Level, pfn: number): number;
  /** Leaves out of a protection what the CPU does not support, where pfn_pte() and its kind do so. */
  massage_pgprot?(prot: number): number;
}

/** What the vectors say of a helper. */
export interface HelperRecord {
  /** How the helper is applied: a key of {@link Kinds}. */
  readonly kind: string;
  readonly level: Level;
  /** The operands that it is defined for, as hexadecimal masks: `(operand | or) & and`. */
  readonly a: readonly [or: string, and: string];
  readonly b: readonly [or: string, and: string];
}

/** Applies a helper of the model to two operands and leaves the 64-bit result in `out`. */
export type Application = (a: Lanes, b: Lanes, out: Lanes) => void;

/** Ways to apply a helper, by the names that the wrapper files use. */
export type Kinds<Arch extends Model> = Readonly<
  Record<string, (arch: Arch, name: string, level: Level) => Application>
>;

type Helper = (...operands: readonly (number | boolean)[]) => number | boolean;

/** The helper of the model with a name. */
export function helperOf(arch: Model, name: string): Helper {
  const helper = (arch as unknown as Record<string, unknown>)[name];
  if (typeof helper !== 'function') throw new Error(`the model of ${arch.name} has no ${name}`);
  return helper as Helper;
}

/** Stores a number below 2^53, or the truth as 0 or 1. */
export function storeNumber(out: Lanes, value: number | boolean): void {
  out.lo = Number(value) | 0;
  out.hi = (Number(value) / 2 ** 32) | 0;
}

function storeWord(out: Lanes, word: bigint): void {
  out.lo = Number(word & 0xffffffffn) | 0;
  out.hi = Number(word >> 32n) | 0;
}

/** Stores an entry. An address without any flag stands for no entry, here and in the wrappers. */
function storeEntry(arch: Model, level: Level, pfn: number, prot: number, out: Lanes): void {
  out.lo = prot === 0 ? 0 : arch.codec.lo(level, pfn, prot);
  out.hi = prot === 0 ? 0 : arch.codec.hi(level, pfn, prot);
}

const protOfLanes = (arch: Model, lanes: Lanes): number =>
  arch.protOf((BigInt(lanes.hi >>> 0) << 32n) | BigInt(lanes.lo >>> 0));

/** The protection that pfn_pte() and its kind give an entry. */
const supportedProt = (arch: Model, lanes: Lanes): number => {
  const prot = protOfLanes(arch, lanes);
  return arch.massage_pgprot?.(prot) ?? prot;
};

const pageOfLanes = (lanes: Lanes): number => (lanes.lo >>> 0) + (lanes.hi & 0xff) * 2 ** 32;

/** Ways that every architecture has. */
export const commonKinds: Kinds<Model> = {
  predicate: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => storeNumber(out, helper(arch.codec.prot(level, a.lo, a.hi)));
  },
  number: (arch, name, level) => commonKinds.predicate!(arch, name, level),
  both: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => {
      const prot = arch.codec.prot(level, a.lo, a.hi);
      storeNumber(out, Number(helper(prot, false)) | (Number(helper(prot, true)) << 1));
    };
  },
  none: (arch, _name, level) => {
    const mask = level === 4 ? arch.format.pgdNoneMask : arch.format.noneMask;
    const exists = level !== 4 || !arch.geometry.levels[3]?.folded;
    return (a, _b, out) => storeNumber(out, exists && (a.lo & mask) === 0 && a.hi === 0);
  },
  transform: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => {
      const prot = arch.codec.prot(level, a.lo, a.hi);
      const changed = prot === 0 ? 0 : (helper(prot) as number);
      storeEntry(arch, level, arch.codec.pfn(level, a.lo, a.hi), changed, out);
    };
  },
  modify: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, b, out) => {
      const prot = arch.codec.prot(level, a.lo, a.hi);
      const changed = prot === 0 ? 0 : (helper(prot, protOfLanes(arch, b)) as number);
      storeEntry(arch, level, arch.codec.pfn(level, a.lo, a.hi), changed, out);
    };
  },
  pfn: (arch, _name, level) => {
    const isLeaf = level === 0 ? undefined : helperOf(arch, level === 1 ? 'pmd_leaf' : 'pud_leaf');
    return (a, _b, out) => {
      const pfn = arch.codec.pfn(level, a.lo, a.hi);
      const isHuge = isLeaf?.(arch.codec.prot(level, a.lo, a.hi)) === true;
      storeNumber(out, isHuge ? arch.pfn_leaf(level, pfn) : pfn);
    };
  },
  pgprot: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) =>
      storeWord(out, arch.pgprot_val(helper(arch.codec.prot(level, a.lo, a.hi)) as number));
  },
  make: (arch, _name, level) => (a, b, out) =>
    storeEntry(arch, level, arch.pfn_leaf(level, pageOfLanes(a)), supportedProt(arch, b), out),
  'make-huge': (arch, name, level) => {
    const mkhuge = helperOf(arch, name.replace('_of_pfn', ''));
    return (a, b, out) => {
      const pfn = arch.pfn_leaf(level, pageOfLanes(a));
      storeEntry(arch, level, pfn, mkhuge(supportedProt(arch, b)) as number, out);
    };
  },
  flush: (arch, name, level) => {
    const helper = helperOf(arch, name);
    return (a, b, out) =>
      storeNumber(out, helper(arch.codec.prot(level, a.lo, a.hi), supportedProt(arch, b)));
  },
  protection: (arch, name) => {
    const helper = helperOf(arch, name);
    return (a, _b, out) => storeWord(out, arch.pgprot_val(helper(protOfLanes(arch, a)) as number));
  },
  protection2: (arch, name) => {
    const helper = helperOf(arch, name);
    return (a, b, out) =>
      storeWord(out, arch.pgprot_val(helper(protOfLanes(arch, a), protOfLanes(arch, b)) as number));
  },
  'geometry-shift': (arch, _name, level) => (_a, _b, out) =>
    storeNumber(out, arch.geometry.levels[level]?.shift ?? 0),
  'geometry-order': (arch, _name, level) => (_a, _b, out) =>
    storeNumber(out, arch.geometry.levels[level]?.order ?? 0),
  table: (arch) => (_a, _b, out) => storeWord(out, arch.pgprot_val(arch.format.tableProt)),
};

const lanesOf = (hex: string): Lanes => {
  const out = { lo: 0, hi: 0 };
  storeWord(out, BigInt(`0x${hex}`));
  return out;
};

/**
 * Makes the application of one helper, operand masks included.
 *
 * @throws Error for a kind that neither `kinds` nor {@link commonKinds} has, or a helper that the model lacks.
 */
export function createApplication<Arch extends Model>(
  arch: Arch,
  name: string,
  record: HelperRecord,
  kinds: Kinds<Arch>,
): Application {
  const kind = kinds[record.kind] ?? commonKinds[record.kind];
  if (kind === undefined) throw new Error(`no way to apply a helper of kind ${record.kind}`);
  const apply = kind(arch, name, record.level);
  const [aOr, aAnd, bOr, bAnd] = [...record.a, ...record.b].map(lanesOf) as [
    Lanes,
    Lanes,
    Lanes,
    Lanes,
  ];
  const first = { lo: 0, hi: 0 };
  const second = { lo: 0, hi: 0 };
  return (a, b, out) => {
    first.lo = (a.lo | aOr.lo) & aAnd.lo;
    first.hi = (a.hi | aOr.hi) & aAnd.hi;
    second.lo = (b.lo | bOr.lo) & bAnd.lo;
    second.hi = (b.hi | bOr.hi) & bAnd.hi;
    apply(first, second, out);
  };
}
