// @ts-check
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * One configuration in which the helpers are compiled and run.
 *
 * @typedef {object} Configuration
 * @property {string} name
 * @property {string[]} [undefine] Options that are taken away.
 * @property {string[]} [define] Options that are added.
 * @property {Record<string, string>} [state] CPU state, as the wrapper file names it.
 * @property {string[]} [without] Helpers or kinds of helpers that mean nothing here.
 */

const here = fileURLToPath(new URL('.', import.meta.url));

/**
 * @param {import('./targets.mjs').Target} target
 * @param {import('./headers.mjs').Headers} headers
 * @param {Configuration} configuration
 * @param {string} folder
 */
function wrapperFlags(target, headers, configuration, folder) {
  const gates = [
    ...(configuration.undefine ?? []).map((name) => `#undef CONFIG_${name}`),
    ...(configuration.define ?? []).map((name) => `#define CONFIG_${name} 1`),
  ];
  const gateFile = join(folder, 'gates.h');
  writeFileSync(gateFile, `${gates.join('\n')}\n`);
  const builtin = execFileSync(target.compiler, ['-print-file-name=include'], { encoding: 'utf8' });
  const { common, configured } = headers;
  const include = [
    `${common}/arch/${target.srcarch}/include`,
    `${configured}/arch/${target.srcarch}/include/generated`,
    `${common}/include`,
    `${configured}/include`,
    `${common}/arch/${target.srcarch}/include/uapi`,
    `${configured}/arch/${target.srcarch}/include/generated/uapi`,
    `${common}/include/uapi`,
    `${configured}/include/generated/uapi`,
  ];
  const first = [
    `${common}/include/linux/compiler-version.h`,
    `${common}/include/linux/kconfig.h`,
    join(here, target.arch, 'fix.h'),
    gateFile,
    `${common}/include/linux/compiler_types.h`,
  ];
  return [
    '-nostdinc',
    ...['-isystem', builtin.trim()],
    ...include.map((path) => `-I${path}`),
    ...first.flatMap((path) => ['-include', path]),
    ...'-D__KERNEL__ -DKBUILD_MODNAME="oracle" -std=gnu11 -fms-extensions -O2 -w'.split(' '),
    ...'-ffreestanding -fno-stack-protector -fno-pie'.split(' '),
    ...'-ffunction-sections -fdata-sections'.split(' '),
    ...target.flags,
  ];
}

/**
 * Compiles the wrappers for one configuration. Returns a function that runs them.
 *
 * @param {import('./targets.mjs').Target} target
 * @param {import('./headers.mjs').Headers} headers
 * @param {Configuration} configuration
 * @param {string} cache
 * @returns {(randomWords: number, samples: string[]) => string[]} the printed lines
 */
export function buildOracle(target, headers, configuration, cache) {
  const name = configuration.name.replace(/[^a-z0-9]+/gi, '-');
  const folder = join(cache, 'build', headers.release, name);
  mkdirSync(folder, { recursive: true });
  const compile = (/** @type {string[]} */ args) =>
    execFileSync(target.compiler, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const program = join(folder, 'oracle');
  const wrappers = join(here, target.arch, 'wrappers.c');
  compile([
    ...wrapperFlags(target, headers, configuration, folder),
    ...['-c', wrappers, '-o', `${program}-wrappers.o`],
  ]);
  compile(['-O2', '-Wall', '-c', join(here, 'main.c'), '-o', `${program}-main.o`]);
  compile([
    ...['-no-pie', '-static', '-Wl,--gc-sections'],
    ...[`${program}-main.o`, `${program}-wrappers.o`, '-o', program],
  ]);
  const state = Object.entries(configuration.state ?? {}).map(([key, value]) => `${key}=${value}`);
  const [command, ...prefix] = [...target.runner, program];
  return (randomWords, samples) =>
    execFileSync(/** @type {string} */ (command), [...prefix, String(randomWords), ...state], {
      input: `${samples.join('\n')}\n`,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    })
      .trim()
      .split('\n');
}
