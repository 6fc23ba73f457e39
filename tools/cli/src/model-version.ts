import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** What a manifest says of a package and of the packages it needs. */
interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/** The folders of a package of the model and of all it is made of, by name. */
function packageFolders(name: string, from: string, found: Map<string, string>): void {
  if (found.has(name)) return;
  const path = createRequire(from).resolve(`${name}/package.json`);
  found.set(name, dirname(path));
  const { dependencies = {} } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  for (const other of Object.keys(dependencies))
    if (other.startsWith('@pfnmap/')) packageFolders(other, path, found);
}

/**
 * Which model this is: the version of the scenario player, and a fingerprint of the sources of all packages it is made
 * of. Two models with equal text answer alike.
 */
export function modelVersion(): string {
  const folders = new Map<string, string>();
  packageFolders('@pfnmap/scenario', import.meta.url, folders);
  const hash = createHash('sha256');
  for (const [name, folder] of [...folders].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const source = join(folder, 'src');
    const files = readdirSync(source, { recursive: true, encoding: 'utf8' });
    for (const file of files.filter((path) => path.endsWith('.ts')).sort())
      hash
        .update(`${name}/${file}\0`)
        .update(readFileSync(join(source, file)))
        .update('\0');
  }
  const manifest = readFileSync(join(folders.get('@pfnmap/scenario')!, 'package.json'), 'utf8');
  const { version } = JSON.parse(manifest) as Manifest;
  return `${version}+${hash.digest('hex').slice(0, 12)}`;
}
