// @ts-check
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** The checks, as root tasks of turbo.json. */
const checks = ['types', 'lint', 'tests', 'consumer', 'packing', 'api', 'versions', 'unused'];

/**
 * Runs all checks through turbo, which skips those whose inputs have not changed. A failing check
 * does not stop the others.
 *
 * @param {string} root folder of the repository
 * @param {readonly string[]} options further options for turbo, such as `--force`
 * @returns {Promise<number>} exit code of turbo
 */
export function runTurbo(root, options) {
  const bin = join(root, 'node_modules', '.bin');
  const tasks = checks.map((name) => `check:${name}`);
  const plain = process.stdout.isTTY ? {} : { NO_COLOR: '1' };
  const manner = ['--continue=always', '--summarize', '--log-order=grouped', '--log-prefix=none'];
  const child = spawn('turbo', ['run', ...tasks, ...manner, ...options], {
    cwd: root,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...plain,
      ...process.env,
      PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
      TURBO_TELEMETRY_DISABLED: '1',
      TURBO_NO_UPDATE_NOTIFIER: '1',
    },
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
