import { mkdirSync } from 'node:fs';
import { runCommand } from '../host/command.ts';
import type { Host } from '../host/host.ts';

/**
 * Unpacks a Debian package into a folder without running anything of it. Links to folders that
 * are there already stay (a merged /usr).
 */
export async function unpackDeb(
  host: Host,
  deb: string,
  folder: string,
  signal?: AbortSignal,
): Promise<void> {
  mkdirSync(folder, { recursive: true });
  // sh has no pipefail, but of a package that dpkg-deb cannot read, tar gets no archive and fails.
  const script =
    'dpkg-deb --fsys-tarfile "$1" | tar --extract --keep-directory-symlink --no-same-owner --directory "$2"';
  await runCommand(host, `unpack ${deb}`, 'sh', ['-c', script, 'sh', deb, folder], { signal });
}
