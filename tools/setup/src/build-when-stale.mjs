// @ts-check
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Whether a project or one it references has a source file newer than what was compiled from it.
 * Looks at times only, so that the answer costs a few milliseconds; `tsc -b` then decides by content.
 *
 * @param {URL} folder folder of a tsconfig.json, with a trailing slash
 * @param {Set<string>} [seen] projects already looked at
 * @returns {boolean}
 */
export function isStale(folder, seen = new Set()) {
  if (seen.has(folder.href)) return false;
  seen.add(folder.href);
  const built = new URL('dist/.tsbuildinfo', folder);
  if (!existsSync(built)) return true;
  const builtAt = statSync(built).mtimeMs;
  const config = new URL('tsconfig.json', folder);
  const source = new URL('src/', folder);
  const inputs = readdirSync(source, { recursive: true, encoding: 'utf8' });
  const files = [config, ...inputs.map((name) => new URL(name, source))];
  if (files.some((file) => statSync(file).mtimeMs > builtAt)) return true;
  /** @type {{ references?: { path: string }[] }} */
  const { references = [] } = JSON.parse(readFileSync(config, 'utf8'));
  return references.some(({ path }) => isStale(new URL(`${path}/`, folder), seen));
}

/**
 * Compiles a project and all it references, if anything changed since the last time.
 *
 * @param {URL} root folder of the repository, with a trailing slash
 * @param {URL} folder folder of the project's tsconfig.json, with a trailing slash
 * @returns {boolean} false when the compiler reported errors; they have been printed
 */
export function buildWhenStale(root, folder) {
  if (!isStale(folder)) return true;
  const tsc = fileURLToPath(new URL('node_modules/typescript/bin/tsc', root));
  if (!existsSync(tsc)) {
    console.error('Dependencies are missing. Run `npm run setup` in the root of the repository.');
    return false;
  }
  const result = spawnSync(process.execPath, [tsc, '-b', fileURLToPath(folder)], {
    cwd: fileURLToPath(root),
    stdio: ['ignore', 2, 2],
  });
  return result.status === 0;
}
