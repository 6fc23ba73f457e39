// @ts-check
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where Debian's linux-kbuild packages put the kernel's own conf; the newest one. */
export function findConf() {
  const folder = '/usr/lib';
  const names = readdirSync(folder).filter((name) => name.startsWith('linux-kbuild-'));
  const name = names.sort().at(-1);
  if (name === undefined) throw new Error('no conf found; install a linux-kbuild package');
  return { path: join(folder, name, 'scripts/kconfig/conf'), name };
}

/**
 * Runs `conf --olddefconfig` in an empty folder.
 *
 * @param {string} conf
 * @param {{ kconfig: string, config?: string }} input
 */
export function runConf(conf, { kconfig, config = '' }) {
  const folder = mkdtempSync(join(tmpdir(), 'kconfig-'));
  try {
    writeFileSync(join(folder, 'Kconfig'), kconfig);
    writeFileSync(join(folder, '.config'), config);
    const { status, stderr } = spawnSync(conf, ['--olddefconfig', 'Kconfig'], {
      cwd: folder,
      encoding: 'utf8',
      env: {},
    });
    const written = readFileSync(join(folder, '.config'), 'utf8');
    const lines = written.split('\n').filter((line) => /^(# )?CONFIG_/.test(line));
    const unmet = [...stderr.matchAll(/unmet direct dependencies detected for (\w+)/g)];
    return {
      // On some expressions this conf crashes, or walks into freed memory and says "Oops".
      isSound: status === 0 && !stderr.includes('Oops'),
      isLoop: stderr.includes('recursive dependency'),
      result: lines,
      unmetSelects: [...new Set(unmet.map((match) => String(match[1])))].sort(),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
