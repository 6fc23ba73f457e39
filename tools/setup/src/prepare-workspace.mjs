// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { explainFailure } from './explain-failure.mjs';
import { fingerprint } from './fingerprint.mjs';
import { satisfiesFloor } from './node-version.mjs';

/**
 * Makes a clone ready to build: checks Node, installs dependencies if they are missing or out of date.
 * Prints nothing when there is nothing to do.
 *
 * @param {URL} root folder of the repository, with a trailing slash
 * @returns {Promise<number>} exit code: 0 ready, 3 the environment lacks something
 */
export async function prepareWorkspace(root) {
  /** @type {{ packageManager: string, engines: { node: string } }} */
  const manifest = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  if (!satisfiesFloor(process.version, manifest.engines.node)) {
    console.error(
      `pfnmap needs Node ${manifest.engines.node}; this is ${process.version} (${process.execPath}).\n` +
        'Install a newer Node from https://nodejs.org or with your version manager, then try again.',
    );
    return 3;
  }

  const stamp = new URL('node_modules/.pfnmap-setup', root);
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;

  const pnpm = manifest.packageManager;
  const command = `npx --yes ${pnpm} install --frozen-lockfile`;
  console.error(`Installing dependencies with ${pnpm} (about 15 s the first time) ...`);
  const result = spawnSync(command, {
    cwd: fileURLToPath(root),
    shell: true,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 1 << 26,
    env: { ...process.env, CI: 'true' },
  });
  if (result.status !== 0) {
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ?? ''}`;
    console.error(output.trimEnd());
    console.error(`\nSetting up failed: ${explainFailure(output, command)}`);
    return 3;
  }
  writeFileSync(stamp, wanted);
  return 0;
}
