// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

/**
 * Hashes everything an installation depends on: the lock file, the workspace settings and every manifest.
 *
 * @param {URL} root folder of the repository, with a trailing slash
 * @returns {string} hex digest
 */
export function fingerprint(root) {
  const hash = createHash('sha256').update(process.version);
  const names = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json'];
  for (const top of ['packages', 'tools']) {
    const folder = new URL(`${top}/`, root);
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder).sort()) names.push(`${top}/${name}/package.json`);
  }
  for (const name of names) {
    const file = new URL(name, root);
    if (existsSync(file)) hash.update(name).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}
