/**
 * Goal: every helper computes what the inline functions of the packaged kernel headers compute. Method: the results that
 * tools/lab/oracle recorded are computed again by the model: for the sample words one by one, for patterned and seeded
 * random words as a checksum, in each configuration. PFNMAP_VECTORS names a folder with other recordings, such as one of
 * a million random words.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { archOf } from './fake-config.ts';
import { x86Kinds } from './oracle-kinds.ts';
import {
  type Configuration,
  modelOptions,
  type RecordedHelper,
  type Vectors,
} from './recorded-configuration.ts';

const folder = process.env.PFNMAP_VECTORS ?? new URL('vectors', import.meta.url).pathname;
const isThorough = process.env.PFNMAP_VECTORS !== undefined;
const patterns = patternedWords();
const patternLanes = new Int32Array(patterns.buffer);

function patternedSum(apply: Application): string {
  const sum = { lo: 0, hi: 0 };
  const a = { lo: 0, hi: 0 };
  const b = { lo: 0, hi: 0 };
  const out = { lo: 0, hi: 0 };
  for (let index = 0; index < patterns.length; index++) {
    const other = (index * 31 + 7) % patterns.length;
    a.lo = patternLanes[2 * index] as number;
    a.hi = patternLanes[2 * index + 1] as number;
    b.lo = patternLanes[2 * other] as number;
    b.hi = patternLanes[2 * other + 1] as number;
    apply(a, b, out);
    addToSum(sum, out);
  }
  return formatSum(sum);
}

function randomSum(apply: Application, count: number): string {
  const random = createRandomWords();
  const sum = { lo: 0, hi: 0 };
  const a = { lo: 0, hi: 0 };
  const b = { lo: 0, hi: 0 };
  const out = { lo: 0, hi: 0 };
  for (let index = 0; index < count; index++) {
    random(a);
    random(b);
    apply(a, b, out);
    addToSum(sum, out);
  }
  return formatSum(sum);
}

const lanesOf = (hex: string): Lanes => {
  const word = BigInt(`0x${hex}`);
  return { lo: Number(word & 0xffffffffn) | 0, hi: Number(word >> 32n) | 0 };
};

/** The result for a sample word, from the packed form. */
function recordedResult(helper: RecordedHelper, word: string, index: number): string {
  const { kind, results } = helper;
  if (results.startsWith('=')) return results.slice(1);
  if (kind === 'predicate' || kind === 'none' || kind === 'both') return results[index] as string;
  const packed = results.split(' ')[index] as string;
  return (BigInt(`0x${word}`) ^ BigInt(packed === '.' ? 0 : `0x${packed}`)).toString(16);
}

function sampleDifferences(apply: Application, helper: RecordedHelper, words: string[]): string[] {
  const out = { lo: 0, hi: 0 };
  return words.flatMap((word, index) => {
    apply(lanesOf(word), lanesOf(words[(index * 7 + 3) % words.length] as string), out);
    const result = ((BigInt(out.hi >>> 0) << 32n) | BigInt(out.lo >>> 0)).toString(16);
    const recorded = recordedResult(helper, word, index);
    return result === recorded ? [] : [`0x${word}: model ${result}, headers ${recorded}`];
  });
}

/** A helper as one configuration has it; undefined when that has none. */
function helperIn(
  vectors: Vectors,
  configuration: Configuration,
  name: string,
): (HelperRecord & { patterned: string; random: string }) | undefined {
  const difference = configuration.differences[name];
  if (difference === null) return undefined;
  return { ...(vectors.helpers[name] as RecordedHelper), ...difference };
}

for (const target of ['6.12-x86_64', '7.3-x86_64']) {
  const vectors: Vectors = JSON.parse(readFileSync(join(folder, `${target}.json`), 'utf8'));
  const words = vectors.words.split(' ');

  describe(`headers of ${vectors.provenance.release}`, () => {
    const arch = archOf(modelOptions(vectors, vectors.configurations[0] as Configuration));
    test.each(Object.keys(vectors.helpers))(
      '%s gives the recorded result for each sample',
      (name) => {
        const helper = vectors.helpers[name] as RecordedHelper;
        const apply = createApplication(arch, name, helper, x86Kinds);
        expect(sampleDifferences(apply, helper, words)).toEqual([]);
        expect(patternedSum(apply)).toBe(helper.patterned);
      },
    );

    test.each(vectors.configurations.map((entry) => [entry.configuration.name, entry] as const))(
      'every helper gives the recorded checksums: %s',
      (_name, configuration) => {
        const variant = archOf(modelOptions(vectors, configuration));
        const names = new Set([
          ...Object.keys(vectors.helpers),
          ...Object.keys(configuration.differences),
        ]);
        const different: string[] = [];
        for (const name of names) {
          const helper = helperIn(vectors, configuration, name);
          if (helper === undefined) continue;
          const apply = createApplication(variant, name, helper, x86Kinds);
          if (randomSum(apply, vectors.randomWords) !== helper.random) different.push(name);
          else if (isThorough && patternedSum(apply) !== helper.patterned) different.push(name);
        }
        expect(different).toEqual([]);
      },
      1_200_000,
    );
  });
}
