// @ts-check
// Asks the kernel's own conf what small Kconfig texts come to, and writes the answers as test vectors:
//   node packages/kconfig/scripts/capture-conf.mjs
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { namedCases } from './named-cases.mjs';
import { randomCase } from './random-cases.mjs';
import { findConf, runConf } from './run-conf.mjs';

const randomCount = 150;
const { path, name } = findConf();

/** @param {{ title: string, kconfig: string, config?: string }} input */
function capture({ title, kconfig, config = '' }) {
  const { isSound, isLoop, result, unmetSelects } = runConf(path, { kconfig, config });
  return isSound && !isLoop ? { title, kconfig, config, result, unmetSelects } : undefined;
}

const named = namedCases.map((input) => {
  const vector = capture(input);
  if (vector === undefined) throw new Error(`conf fails on "${input.title}"`);
  return vector;
});
const random = [];
for (let seed = 1; random.length < randomCount; seed += 1) {
  const vector = capture({ title: `random text of seed ${seed}`, ...randomCase(seed) });
  if (vector !== undefined) random.push(vector);
}

const provenance = `what conf --olddefconfig of Debian's ${name} answers`;
const vectors = [...named, ...random].map((vector) => `  ${JSON.stringify(vector)}`);
const text = `{"provenance": ${JSON.stringify(provenance)}, "vectors": [\n${vectors.join(',\n')}\n]}\n`;
writeFileSync(
  fileURLToPath(new URL('../test/vectors/conf-olddefconfig.json', import.meta.url)),
  text,
);
process.stdout.write(`${named.length} named and ${random.length} random cases\n`);
