import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lintTarball } from './lint-tarball.ts';
import { useTarballs } from './project.ts';
import { type Published, publishedMembers } from './published.ts';
import { run } from './run.ts';

/** Result of packing, linting and using everything a workspace would publish. */
export interface ConsumerReport {
  readonly members: readonly Published[];
  /** What a user of the packages would run into; empty when all is well. */
  readonly problems: readonly string[];
}

async function pack(members: readonly Published[], root: string, to: string): Promise<string[]> {
  const filters = members.flatMap(({ name }) => ['--filter', name]);
  const packed = await run('pnpm', ['-r', ...filters, 'pack', '--pack-destination', to], root);
  if (!packed.ok) return [`packing failed:\n${packed.output}`];
  return members
    .filter(({ tarball }) => !existsSync(tarball))
    .map(({ name, tarball }) => `${name}: packing did not make ${tarball}`);
}

/** Packs, lints and uses everything that the workspace at `root` would publish. */
export async function checkConsumer(root: string): Promise<ConsumerReport> {
  const scratch = mkdtempSync(join(tmpdir(), 'pfnmap-consumer-'));
  try {
    const members = publishedMembers(root, join(scratch, 'tarballs'));
    if (members.length === 0) return { members, problems: [] };
    const unpacked = await pack(members, root, join(scratch, 'tarballs'));
    if (unpacked.length > 0) return { members, problems: unpacked };
    const cache = join(root, '.cache/consumer');
    const using = useTarballs(mkdtempSync(join(scratch, 'project-')), members, root);
    const problems: string[] = [];
    for (const { name, tarball, isLibrary } of members)
      for (const problem of await lintTarball(tarball, isLibrary, cache))
        problems.push(`${name}: ${problem}`);
    return { members, problems: [...problems, ...(await using)] };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}
