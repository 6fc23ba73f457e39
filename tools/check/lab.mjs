// @ts-check
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianProgram, findTarget, generateScenario, LabError, labSetup } from '@pfnmap/lab';

/**
 * What needs Debian's packages besides those of npm: the queue against a real Redis, and the model
 * against a real kernel of each architecture, in one boot. What cannot be had here is said, and is
 * no failure.
 */

const root = fileURLToPath(new URL('../../', import.meta.url));
const cli = join(root, 'tools', 'cli', 'bin', 'pfnmap.mjs');
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
const TARGETS = ['6.12-x86_64', '6.12-arm64'];
const SCENARIOS = 12;
/** Milliseconds that a download or a boot may take before it is given up. */
const LIMIT = 150_000;

/**
 * Generated scenarios of one machine, so that they share a boot.
 *
 * @param {string} target
 * @param {string} folder
 */
function scenariosOfOneBoot(target, folder) {
  const { arch, pageSize } = findTarget(target);
  /** @type {Map<string, string[]>} */
  const byMachine = new Map();
  for (let seed = 1; ; seed++) {
    for (const kind of /** @type {const} */ (['bar', 'fork', 'kvm', 'dma'])) {
      const { name, text } = generateScenario({ kind, seed, arch, pageSize });
      const machine = text.slice(0, text.indexOf('\n'));
      const files = byMachine.get(machine) ?? [];
      byMachine.set(machine, files);
      files.push(join(folder, name));
      writeFileSync(join(folder, name), text);
      if (files.length === SCENARIOS) return files;
    }
  }
}

/**
 * Runs a program of this repository; answers whether it passed. Throws `command-failed` where it
 * could not be run to its end.
 *
 * @param {readonly string[]} args
 */
function passes(args) {
  const options = { cwd: root, stdio: /** @type {const} */ ('inherit'), timeout: LIMIT };
  const { status } = spawnSync(process.execPath, args, options);
  if (status === 0 || status === 1) return status === 0;
  const why = status === null ? `did not end within ${LIMIT / 1000} s` : `ended with ${status}`;
  throw new LabError('command-failed', `${args.slice(0, 4).join(' ')} … ${why}`);
}

/**
 * Runs a check, unless what it needs is missing here.
 *
 * @param {string} name
 * @param {() => Promise<boolean>} check
 */
async function attempt(name, check) {
  try {
    const passed = await check();
    console.log(`${name}: ${passed ? 'passed' : 'FAILED'}`);
    return passed;
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    console.log(`${name}: not checked, it cannot be set up here.\n  ${error.message}`);
    return true;
  }
}

async function checkQueue() {
  await debianProgram({ name: 'redis-server', package: 'redis-server' });
  return passes([vitest, 'run', 'tools/campaign-bullmq']);
}

/** @param {string} target */
async function checkKernel(target) {
  await labSetup(target, { yes: true, signal: AbortSignal.timeout(LIMIT) });
  const folder = mkdtempSync(join(tmpdir(), 'pfnmap-check-lab-'));
  try {
    const files = scenariosOfOneBoot(target, folder);
    const captures = join(folder, 'captures');
    passes([cli, 'lab', 'run', target, ...files, '--out', captures]);
    return passes([cli, 'check', captures]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

let passed = await attempt('queue in Redis', checkQueue);
for (const target of TARGETS) {
  passed = (await attempt(`kernel ${target}`, () => checkKernel(target))) && passed;
}
process.exitCode = passed ? 0 : 1;
