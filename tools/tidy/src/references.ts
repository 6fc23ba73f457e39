import type { Manifest, Member, Repository } from './repository.ts';

const scope = '@pfnmap/';

function workspaceDependencies(
  fields: readonly (Readonly<Record<string, string>> | undefined)[],
): string[] {
  const names = new Set(fields.flatMap((field) => Object.keys(field ?? {})));
  return [...names]
    .filter((name) => name.startsWith(scope))
    .map((name) => name.slice(scope.length));
}

/** Whether two lists of paths hold the same, in any order. */
export function sameSet(some: readonly string[], others: readonly string[]): boolean {
  return [...some].sort().join() === [...others].sort().join();
}

/** Tools without a dist are checked, not compiled, and cannot be referenced from other projects. */
function compiles({ manifest }: Member): boolean {
  return (manifest.scripts as Record<string, string> | undefined)?.build !== undefined;
}

/**
 * The project references that the manifests imply, by the path of each tsconfig.json.
 *
 * A project references what it depends on; its tests reference it, and what they depend on besides;
 * the root references everything.
 */
export function references(repository: Repository): Map<string, string[]> {
  const found = new Map<string, string[]>();
  const byName = new Map(repository.members.map((member) => [member.name, member]));
  const all: string[] = [];
  const pathsTo = (from: Member, up: string, fields: (keyof Manifest)[]): string[] =>
    workspaceDependencies(
      fields.map((field) => from.manifest[field] as Record<string, string> | undefined),
    )
      .map((name) => byName.get(name))
      .filter((member) => member !== undefined && member !== from && compiles(member))
      .map((member) => {
        const near = member!.kind === from.kind;
        return near ? `${up}../${member!.name}` : `${up}../../${member!.folder.slice(0, -1)}`;
      })
      .sort();

  for (const member of repository.members) {
    const { folder } = member;
    found.set(`${folder}tsconfig.json`, pathsTo(member, '', ['dependencies']));
    all.push(`./${folder.slice(0, -1)}`);
    if (!repository.files.has(`${folder}test/tsconfig.json`)) continue;
    all.push(`./${folder}test`);
    const besides = pathsTo(member, '../', ['dependencies', 'devDependencies']);
    const own = compiles(member) ? ['..'] : [];
    found.set(`${folder}test/tsconfig.json`, [...own, ...besides]);
  }
  found.set('tsconfig.json', all.sort());
  return found;
}
