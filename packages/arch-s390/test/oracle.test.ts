// Goal: every helper equals the one that the kernels' own headers compile to. Method: vectors that tools/lab/oracle
// recorded in several configurations: checksums over patterned and random words in all, results word by word in the first.
import { readFileSync } from 'node:fs';
import { wordOfLanes } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import {
  type Application,
  createApplication,
  type HelperRecord,
} from '../../../tools/lab/oracle/evaluate.ts';
import {
  addToSum,
  createRandomWords,
  formatSum,
  type Lanes,
  patternedWords,
} from '../../../tools/lab/oracle/words.ts';
import { type Profile, s390 } from './kernels.ts';
import { s390Kinds } from './oracle-kinds.ts';

interface Sums {
  readonly patterned: string;
  readonly random: string;
}
interface Vectors {
  readonly randomWords: number;
  readonly words: string;
  readonly helpers: Readonly<Record<string, HelperRecord & Sums & { readonly results: string }>>;
  readonly configurations: ReadonlyArray<{
    readonly configuration: { readonly name: string; readonly undefine?: readonly string[] };
    readonly differences: Readonly<Record<string, Partial<HelperRecord & Sums> | null>>;
  }>;
}

const readVectors = (file: string): Vectors =>
  JSON.parse(readFileSync(new URL(`./vectors/${file}`, import.meta.url), 'utf8')) as Vectors;

const asLanes = new Int32Array(patternedWords().buffer);
const patternedCount = asLanes.length / 2;
const fourLanes = () => [0, 1, 2, 3].map(() => ({ lo: 0, hi: 0 })) as [Lanes, Lanes, Lanes, Lanes];

function sumOfPatterned(run: Application): string {
  const [sum, out, a, b] = fourLanes();
  const readInto = (lanes: Lanes, index: number): void => {
    lanes.lo = asLanes[2 * index]!;
    lanes.hi = asLanes[2 * index + 1]!;
  };
  for (let index = 0; index < patternedCount; index++) {
    readInto(a, index);
    readInto(b, (index * 31 + 7) % patternedCount);
    run(a, b, out);
    addToSum(sum, out);
  }
  return formatSum(sum);
}

function sumOfRandom(run: Application, words: number): string {
  const next = createRandomWords();
  const [sum, out, a, b] = fourLanes();
  for (let index = 0; index < words; index++) {
    next(a);
    next(b);
    run(a, b, out);
    addToSum(sum, out);
  }
  return formatSum(sum);
}

const KERNELS: readonly (readonly [Profile, string])[] = [
  ['6.12.117', '6.12-s390.json'],
  ['7.3', '7.3-s390.json'],
];

describe.each(KERNELS)('%s', (profile, file) => {
  const { helpers, randomWords, configurations, words } = readVectors(file);

  for (const { configuration, differences } of configurations) {
    const arch = s390(
      profile,
      configuration.undefine?.filter((symbol) => !symbol.startsWith('HAVE_')),
      4,
    );
    const asked = [...new Set([...Object.keys(helpers), ...Object.keys(differences)])]
      .filter((name) => differences[name] !== null)
      .map((name) => ({
        name,
        ...({ ...helpers[name], ...differences[name] } as HelperRecord & Sums),
      }));

    test.each(asked)(`${configuration.name}: $name is the kernel’s`, ({ name, ...record }) => {
      const run = createApplication(arch, name, record, s390Kinds);
      const found = { patterned: sumOfPatterned(run), random: sumOfRandom(run, randomWords) };
      expect(found).toEqual({ patterned: record.patterned, random: record.random });
    });
  }

  const samples = words.split(' ').map((word) => BigInt(`0x${word}`));
  const arch = s390(profile, [], 4);

  test.each(Object.entries(helpers))(
    '%s gives each sample word the kernel’s answer',
    (name, record) => {
      const run = createApplication(arch, name, record, s390Kinds);
      const isDigit = ['predicate', 'none'].includes(record.kind);
      const isConstant = record.results.startsWith('=');
      const packed = isDigit ? [...record.results] : record.results.split(' ');
      const out = { lo: 0, hi: 0 };
      const lanesOf = (word: bigint): Lanes => ({
        lo: Number(word & 0xffffffffn) | 0,
        hi: Number(word >> 32n) | 0,
      });
      const wrong = samples.flatMap((word, index) => {
        run(lanesOf(word), lanesOf(samples[(index * 7 + 3) % samples.length]!), out);
        const result = isConstant ? record.results.slice(1) : packed[index]!;
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
