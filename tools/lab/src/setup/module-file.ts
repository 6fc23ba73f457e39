import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runCommand } from '../host/command.ts';
import type { Host } from '../host/host.ts';

/** The files of the named modules below a folder, compressed or not, by module name. */
export function findModules(folder: string, names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const name = /^(.+)\.ko(?:\.(?:xz|gz|zst))?$/.exec(entry.name)?.[1];
    if (entry.isFile() && name !== undefined && names.includes(name)) {
      found.set(name, join(entry.parentPath, entry.name));
    }
  }
  return found;
}

/** The module's bytes, decompressed: the guest has no use for a compressed one. */
export async function readModule(host: Host, path: string, signal?: AbortSignal): Promise<Buffer> {
  if (path.endsWith('.ko')) return readFileSync(path);
  if (path.endsWith('.gz')) return gunzipSync(readFileSync(path));
  const command = path.endsWith('.xz') ? 'xz' : 'zstd';
  const bytes = await runCommand(host, `decompress ${path}`, command, ['-dc', path], { signal });
  return Buffer.from(bytes, 'latin1');
}
