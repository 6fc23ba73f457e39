// Goal: every helper equals the one that the kernels' own headers compile to. Method: vectors that tools/lab/oracle
// recorded in many configurations: results word by word in the first, checksums over patterned and random words in all.
// Results that the model must give again, as helper, address layout and operands are the same, are computed once.
import { existsSync, readFileSync } from 'node:fs';
import type { ArchArm64 } from '@pfnmap/arch-arm64';
import { wordOfLanes } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { createApplication, type HelperRecord } from '../../../tools/lab/oracle/evaluate.ts';
import {
  addToSum,
  createRandomWords,
  formatSum,
  type Lanes,
  patternedWords,
} from '../../../tools/lab/oracle/words.ts';
import { arm64, type Build, type Kernel, PLAIN_CPU } from './kernels.ts';
import { arm64Kinds, stage2Kinds } from './oracle-kinds.ts';

interface Sums {
  readonly patterned: string;
  readonly random: string;
}
interface Configuration {
  readonly name: string;
  readonly undefine?: readonly string[];
  readonly define?: readonly string[];
  readonly state?: Readonly<Record<string, string>>;
}
interface Vectors {
  readonly randomWords: number;
  readonly words: string;
  readonly helpers: Readonly<Record<string, HelperRecord & Sums & { readonly results: string }>>;
  readonly configurations: ReadonlyArray<{
    readonly configuration: Configuration;
    readonly differences: Readonly<Record<string, Partial<HelperRecord & Sums> | null>>;
  }>;
}

/** Vectors made afresh, with more words, can be put in the place of the committed ones. */
const fresh = process.env.PFNMAP_VECTORS;
const timeout = fresh === undefined ? 20_000 : 600_000;
function readVectors(file: string): Vectors {
  const committed = new URL(`./vectors/${file}`, import.meta.url);
  const other = fresh === undefined ? undefined : `${fresh}/${file}`;
  const path = other !== undefined && existsSync(other) ? other : committed;
  return JSON.parse(readFileSync(path, 'utf8')) as Vectors;
}

const SYMBOLS = /^ARM64_(?:(4K|16K|64K)_PAGES|VA_BITS_(\d+)|(PA_BITS_52))$/;

/** The build of a configuration: the packaged one has 4K pages and 52 bits, and what it takes away is off. */
function buildOf(kernel: Kernel, { undefine = [], define = [], state = {} }: Configuration): Build {
  let page = '4K';
  let va = 52;
  for (const symbol of define) {
    const [, size, bits] = SYMBOLS.exec(symbol) ?? [];
    if (size !== undefined) page = size;
    if (bits !== undefined) va = Number(bits);
  }
  const pa = undefine.includes('ARM64_PA_BITS_52') ? 48 : 52;
  const cpu = {
    ...PLAIN_CPU,
    lpa2: state.lpa2 === '1',
    va52: state.va_bits === '52',
    kpti: state.kpti === '1',
    bti: state.bti === '1',
  };
  return { kernel, page: page as '4K', va, pa, cpu, without: undefine as Build['without'] & {} };
}

const patterned = patternedWords();
const asLanes = new Int32Array(patterned.buffer);

type Run = (a: Lanes, b: Lanes, out: Lanes) => void;

function sumOfPatterned(run: Run): string {
  const [sum, out, a, b] = [0, 1, 2, 3].map(() => ({ lo: 0, hi: 0 })) as [
    Lanes,
    Lanes,
    Lanes,
    Lanes,
  ];
  for (let i = 0; i < patterned.length; i++) {
    const j = (i * 31 + 7) % patterned.length;
    a.lo = asLanes[2 * i] as number;
    a.hi = asLanes[2 * i + 1] as number;
    b.lo = asLanes[2 * j] as number;
    b.hi = asLanes[2 * j + 1] as number;
    run(a, b, out);
    addToSum(sum, out);
  }
  return formatSum(sum);
}

function sumOfRandom(run: Run, words: number): string {
  const next = createRandomWords();
  const [sum, out, a, b] = [0, 1, 2, 3].map(() => ({ lo: 0, hi: 0 })) as [
    Lanes,
    Lanes,
    Lanes,
    Lanes,
  ];
  for (let i = 0; i < words; i++) {
    next(a);
    next(b);
    run(a, b, out);
    addToSum(sum, out);
  }
  return formatSum(sum);
}

/** What decides the results of a helper: two configurations in which all of it is the same need one computation. */
function keyOf(arch: ArchArm64, name: string, record: HelperRecord, ofStage2: string): string {
  const { geometry, codec } = arch;
  const own = (arch as unknown as Record<string, unknown>)[name] ?? arch.format.tableProt;
  const identity = typeof own === 'function' ? (identities.get(own) ?? identities.size) : own;
  if (typeof own === 'function') identities.set(own, identity as number);
  const { shift, entries } = geometry.levels[record.level];
  const layout = [geometry.pageShift, arch.lpa2, arch.physicalAddressBits, codec.prot(0, -1, -1)];
  return [
    name,
    typeof own,
    identity,
    shift,
    entries,
    ...layout,
    ofStage2,
    JSON.stringify(record),
  ].join();
}
const identities = new Map<unknown, number>();
const known = new Map<string, { patterned?: string; random?: string }>();

describe.each([
  ['6.12.117', '6.12-arm64.json'],
  ['7.3.4', '7.3-arm64.json'],
] as const)('%s', (kernel, file) => {
  const vectors = readVectors(file);
  const { helpers, randomWords } = vectors;
  const words = vectors.words.split(' ').map((word) => BigInt(`0x${word}`));
  const kindsOf = (state: Configuration['state']) => ({
    ...arm64Kinds,
    ...stage2Kinds(state?.stage2_lpa2 === '1'),
  });

  describe.each(
    vectors.configurations.map(({ configuration, differences }, index) => ({
      name: configuration.name,
      configuration,
      differences,
      isFirst: index === 0,
    })),
  )('$name', ({ configuration, differences, isFirst }) => {
    const arch = arm64(buildOf(kernel, configuration));
    const kinds = kindsOf(configuration.state);
    const asked = [...new Set([...Object.keys(helpers), ...Object.keys(differences)])]
      .filter((name) => differences[name] !== null)
      .map(
        (name) =>
          [name, { ...helpers[name], ...differences[name] } as HelperRecord & Sums] as const,
      );

    test.each(asked)(
      '%s is the kernel’s',
      (name, record) => {
        const key = keyOf(arch, name, record, configuration.state?.stage2_lpa2 ?? '0');
        const run = createApplication(arch, name, record, kinds);
        const sums = known.get(key) ?? {};
        known.set(key, sums);
        sums.random ??= sumOfRandom(run, randomWords);
        const isThorough = isFirst || fresh !== undefined;
        if (isThorough) sums.patterned ??= sumOfPatterned(run);
        const found = { random: sums.random, ...(isThorough && { patterned: sums.patterned }) };
        const wanted = {
          random: record.random,
          ...(isThorough && { patterned: record.patterned }),
        };
        expect(found).toEqual(wanted);
      },
      timeout,
    );

    if (!isFirst) return;
    test.each(Object.entries(helpers))(
      '%s gives each sample word the kernel’s answer',
      (name, record) => {
        const run = createApplication(arch, name, record, kinds);
        const isDigit = ['predicate', 'none', 'both'].includes(record.kind);
        const { results } = record;
        const isConstant = results.startsWith('=');
        const packed = isDigit ? [...results] : results.split(' ');
        const out = { lo: 0, hi: 0 };
        const lanesOf = (word: bigint): Lanes => ({
          lo: Number(word & 0xffffffffn) | 0,
          hi: Number(word >> 32n) | 0,
        });
        const wrong = words.flatMap((word, index) => {
          run(lanesOf(word), lanesOf(words[(index * 7 + 3) % words.length] as bigint), out);
          const result = isConstant ? results.slice(1) : (packed[index] as string);
          const value = result === '.' ? 0n : BigInt(`0x${result}`);
          const wanted = isConstant || isDigit ? value : value ^ word;
          const got = wordOfLanes(out.lo, out.hi);
          return got === wanted
            ? []
            : [`${word.toString(16)}: ${got.toString(16)}, not ${wanted.toString(16)}`];
        });
        expect(wrong).toEqual([]);
      },
    );
  });
});
