import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One package whose declarations have been compiled. */
export interface EntryPoint {
  readonly name: string;
  readonly folder: string;
  readonly declarations: string;
}

/** The packages of a workspace that have a manifest and an index. */
export function entryPoints(root: string): EntryPoint[] {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => ({ name, folder: join(root, 'packages', name) }))
    .filter(
      ({ folder }) =>
        existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'src/index.ts')),
    )
    .map(({ name, folder }) => ({ name, folder, declarations: join(folder, 'dist/index.d.ts') }));
}
