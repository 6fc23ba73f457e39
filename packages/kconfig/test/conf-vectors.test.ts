// What the kernel's own conf answers is what this package answers, on small texts for single rules of
// the language and on random ones. Expected values were captured from conf (scripts/capture-conf.mjs).
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  buildModel,
  formatDotConfig,
  parseDotConfig,
  parseKconfig,
  preferences,
  resolve,
} from '../src/index.ts';

interface Vector {
  readonly title: string;
  readonly kconfig: string;
  readonly config: string;
  readonly result: readonly string[];
  readonly unmetSelects: readonly string[];
}

const file = new URL('./vectors/conf-olddefconfig.json', import.meta.url);
const { vectors } = JSON.parse(readFileSync(file, 'utf8')) as { vectors: readonly Vector[] };

function answer({ kconfig, config }: Vector) {
  const model = buildModel([parseKconfig(kconfig, 'Kconfig')]);
  const result = resolve(model, preferences(parseDotConfig(config, '.config')));
  const lines = formatDotConfig(model, result).split('\n').slice(0, -1);
  const unmetSelects = [...new Set(result.warnings.map(({ symbol }) => symbol))].sort();
  return { lines: lines.sort(), unmetSelects };
}

describe('what conf --olddefconfig writes', () => {
  for (const vector of vectors)
    test(vector.title, () => {
      expect(answer(vector)).toEqual({
        lines: [...vector.result].sort(),
        unmetSelects: vector.unmetSelects,
      });
    });
});
