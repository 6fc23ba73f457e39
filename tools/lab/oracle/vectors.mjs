// @ts-check
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** @typedef {import('./build.mjs').Configuration} Configuration */

/**
 * What a configuration makes of a helper. The description is there when the first configuration lacks the helper.
 *
 * @typedef {{ patterned: string, random: string, kind?: string, level?: number, a?: string[], b?: string[] }} Sums
 */

/**
 * A helper in the first configuration: how it is applied, checksums, and the results for the sample words. A value that
 * no operand changes stands once after an equals sign; an answer has one digit a word; other results are XORed with the
 * word, with a dot where nothing differs.
 *
 * @typedef {Required<Sums> & { results: string }} Helper
 */

const here = fileURLToPath(new URL('.', import.meta.url));

/** @param {string} file */
const sampleWords = (file) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

/** @param {string} kind @param {string[]} words @param {string[]} results */
function packResults(kind, words, results) {
  if (results.every((result) => result === results[0])) return `=${results[0]}`;
  if (kind === 'predicate' || kind === 'none' || kind === 'both') return results.join('');
  return results
    .map((result, index) => {
      const changed = BigInt(`0x${result}`) ^ BigInt(`0x${words[index]}`);
      return changed === 0n ? '.' : changed.toString(16);
    })
    .join(' ');
}

/**
 * @param {string[]} lines
 * @param {string[]} words
 * @param {Configuration} configuration
 * @returns {Record<string, Helper>}
 */
function parseLines(lines, words, configuration) {
  const without = new Set(configuration.without ?? []);
  const helpers = lines.map((line) => {
    const [name, kind, level, aOr, aAnd, bOr, bAnd, patterned, random, ...results] =
      line.split(' ');
    return /** @type {const} */ ([
      name,
      {
        kind,
        level: Number(level),
        a: [aOr, aAnd],
        b: [bOr, bAnd],
        patterned,
        random,
        results: packResults(/** @type {string} */ (kind), words, results),
      },
    ]);
  });
  return Object.fromEntries(
    helpers
      .filter(
        ([name, helper]) =>
          !without.has(/** @type {string} */ (name)) && !without.has(helper.kind ?? ''),
      )
      .sort(([a], [b]) => (/** @type {string} */ (a) < /** @type {string} */ (b) ? -1 : 1)),
  );
}

/**
 * What differs from the first configuration: checksums that changed, helpers that came, and null for those that went.
 *
 * @param {Record<string, Helper>} first
 * @param {Record<string, Helper>} other
 */
function differences(first, other) {
  /** @type {Record<string, Sums | null>} */
  const changed = {};
  for (const [name, helper] of Object.entries(other)) {
    const { results: _, ...description } = helper;
    const known = first[name];
    if (
      known === undefined ||
      known.a.join() !== helper.a.join() ||
      known.b.join() !== helper.b.join()
    ) {
      changed[name] = description;
    } else if (known.patterned !== helper.patterned || known.random !== helper.random) {
      changed[name] = { patterned: helper.patterned, random: helper.random };
    }
  }
  for (const name of Object.keys(first)) if (!(name in other)) changed[name] = null;
  return changed;
}

/** @param {import('./targets.mjs').Target} target @param {import('./headers.mjs').Headers} headers */
function provenance(target, headers) {
  const symbols = readFileSync(join(here, target.arch, 'symbols.txt'), 'utf8')
    .trim()
    .split('\n');
  const config = readFileSync(join(headers.configured, 'include/generated/autoconf.h'), 'utf8');
  return {
    release: headers.release,
    packages: headers.packages,
    compiler: execFileSync(target.compiler, ['--version'], { encoding: 'utf8' }).split('\n')[0],
    config: symbols.map((symbol) =>
      config.includes(`#define CONFIG_${symbol} 1\n`)
        ? `CONFIG_${symbol}=y`
        : `# CONFIG_${symbol} is not set`,
    ),
  };
}

/**
 * Runs the oracle in all configurations.
 *
 * @param {import('./targets.mjs').Target} target
 * @param {import('./headers.mjs').Headers} headers
 * @param {number} randomWords
 * @param {(configuration: Configuration) => (randomWords: number, samples: string[]) => string[]} build
 */
export function makeVectors(target, headers, randomWords, build) {
  const folder = join(here, target.arch);
  const words = sampleWords(join(folder, 'words.txt'));
  /** @type {Configuration[]} */
  const configurations = JSON.parse(readFileSync(join(folder, 'configurations.json'), 'utf8'));
  /** @type {Record<string, Helper>} */
  let helpers = {};
  const variants = configurations.map((configuration, index) => {
    const lines = build(configuration)(randomWords, words);
    const found = parseLines(lines, words, configuration);
    if (index === 0) helpers = found;
    const { without: _, ...described } = configuration;
    return { ...described, differences: differences(helpers, found) };
  });
  return {
    about:
      'What the inline page-table helpers of packaged kernel headers compute. Made by tools/lab/oracle; never edited by hand.',
    provenance: provenance(target, headers),
    randomWords,
    words,
    helpers,
    configurations: variants,
  };
}

/** @param {unknown} value */
const line = (value) => JSON.stringify(value);

/**
 * Writes vectors with one helper a line, so that a change of one shows as one.
 *
 * @param {string} file
 * @param {ReturnType<typeof makeVectors>} vectors
 */
export function writeVectors(file, vectors) {
  const entries = (/** @type {Record<string, unknown>} */ object, /** @type {string} */ indent) => {
    const lines = Object.entries(object).map(
      ([name, value]) => `${indent}  ${line(name)}: ${line(value)}`,
    );
    return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`;
  };
  const configurations = vectors.configurations.map(
    ({ differences, ...described }) =>
      `    {\n      "configuration": ${line(described)},\n      "differences": ${entries(differences, '      ')}\n    }`,
  );
  const text = `{
  "about": ${line(vectors.about)},
  "provenance": ${JSON.stringify(vectors.provenance, null, 2).replaceAll('\n', '\n  ')},
  "randomWords": ${vectors.randomWords},
  "words": ${line(vectors.words.join(' '))},
  "helpers": ${entries(vectors.helpers, '  ')},
  "configurations": [
${configurations.join(',\n')}
  ]
}
`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
