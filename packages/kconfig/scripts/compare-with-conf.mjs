// @ts-check
// Compares this package with the kernel's own conf, on random texts and on the rules of the kernels.
// Needs a build (npx tsc -b packages/kconfig) and a linux-kbuild package:
//   node packages/kconfig/scripts/compare-with-conf.mjs [count] [first seed]
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  buildModel,
  configForRelease,
  DependencyLoopError,
  formatDotConfig,
  kernelArchs,
  kernelKconfigTexts,
  kernelProfiles,
  knownReleases,
  parseDotConfig,
  parseKconfig,
  preferences,
  resolve,
} from '../dist/index.js';
import { randomCase } from './random-cases.mjs';
import { findConf, runConf } from './run-conf.mjs';

const { path, name } = findConf();
let compared = 0;
let unsound = 0;
let differing = 0;

/** @param {string} title @param {{ kconfig: string, config: string }} input */
function compare(title, input) {
  const theirs = runConf(path, input);
  if (!theirs.isSound && !theirs.isLoop) {
    unsound += 1;
    return;
  }
  compared += 1;
  let ours;
  try {
    const model = buildModel([parseKconfig(input.kconfig, 'Kconfig')]);
    const result = resolve(model, preferences(parseDotConfig(input.config, '.config')));
    const lines = formatDotConfig(model, result).split('\n').slice(0, -1);
    const unmet = [...new Set(result.warnings.map((warning) => warning.symbol))].sort();
    ours = JSON.stringify([lines.sort(), unmet]);
  } catch (error) {
    if (!(error instanceof DependencyLoopError)) throw error;
    ours = 'loop';
  }
  const expected = theirs.isLoop
    ? 'loop'
    : JSON.stringify([theirs.result.sort(), theirs.unmetSelects]);
  if (ours === expected) return;
  differing += 1;
  process.stdout.write(`${title} differs:\n  conf ${expected}\n  ours ${ours}\n`);
}

/** @param {string} version */
function versionCode(version) {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return `0x${(major * 65536 + minor * 256 + patch).toString(16)}`;
}

const count = Number(process.argv[2] ?? 500);
const first = Number(process.argv[3] ?? 1000);
for (let seed = first; seed < first + count; seed += 1) compare(`seed ${seed}`, randomCase(seed));

const kconfig = kernelKconfigTexts()
  .map(({ text }) => text)
  .join('\n');
const thp = 'CONFIG_TRANSPARENT_HUGEPAGE=y\n';
const variants = [
  '',
  thp,
  `${thp}# CONFIG_64BIT is not set\n`,
  `${thp}CONFIG_EXPERT=y\nCONFIG_PREEMPT_RT=y\n`,
];
for (const { name: profile, version, selects } of kernelProfiles) {
  const chosen = selects.map((symbol) => `CONFIG_${symbol}=y\n`).join('');
  /** @param {string} arch */
  const head = (arch) =>
    `CONFIG_SRCARCH="${arch}"\nCONFIG_LINUX_VERSION_CODE=${versionCode(version)}\n${chosen}`;
  for (const arch of kernelArchs)
    for (const variant of variants)
      compare(`${profile} ${arch} ${variant}`, { kconfig, config: head(arch) + variant });
  for (const release of knownReleases()) {
    const file = fileURLToPath(new URL(`../test/captures/config-${release}`, import.meta.url));
    const config = head(configForRelease(release).arch) + readFileSync(file, 'utf8');
    compare(`${profile} ${release}`, { kconfig, config });
  }
}
process.stdout.write(
  `${compared} texts compared with ${name}, ${differing} differ; conf failed on ${unsound} others\n`,
);
process.exitCode = differing === 0 ? 0 : 1;
