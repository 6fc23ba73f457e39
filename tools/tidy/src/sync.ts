import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { references, sameSet } from './references.ts';
import { readRepository } from './repository.ts';

/** What a test project of a package looks like, before its references are added. */
const testProject = `{
  "extends": "../../../tsconfig.base.json",
  "compilerOptions": {
    "noEmit": true,
    "composite": false,
    "rewriteRelativeImportExtensions": false,
    "allowImportingTsExtensions": true,
    "types": ["node"],
    "tsBuildInfoFile": "../dist/.test.tsbuildinfo"
  },
  "include": [".", "../examples"]
}
`;

/** Replaces or adds the references of a tsconfig.json, leaving the rest of its text alone. */
export function withReferences(text: string, paths: readonly string[]): string {
  const bare = text.replace(/,?\s*"references":\s*\[[^\]]*\]/, '').trimEnd();
  if (paths.length === 0) return `${bare}\n`;
  const items = paths.map((path) => `{ "path": "${path}" }`);
  const inOneLine = `  "references": [${items.join(', ')}]`;
  const inLines = `  "references": [\n    ${items.join(',\n    ')}\n  ]`;
  const fields = bare.slice(0, -1).trimEnd();
  const comma = fields.endsWith('{') ? '' : ',';
  return `${fields}${comma}\n${inOneLine.length <= 100 ? inOneLine : inLines}\n}\n`;
}

/** The files of a package that are the same everywhere, and missing here. */
function missingFiles(root: string): [path: string, text: string][] {
  const { files, members } = readRepository(root);
  const licence = files.get('LICENSE') ?? '';
  return members
    .flatMap(({ kind, folder, manifest }): [path: string, text: string, wanted: boolean][] => [
      [`${folder}LICENSE`, licence, !manifest.private && licence !== ''],
      [
        `${folder}test/tsconfig.json`,
        testProject,
        kind === 'package' && existsSync(join(root, folder, 'test')),
      ],
    ])
    .filter(([path, , wanted]) => wanted && !files.has(path))
    .map(([path, text]) => [path, text]);
}

/** Creates missing licences and test projects, and writes the references of every project; returns what changed. */
export function syncProjects(root: string): string[] {
  const changed = new Set<string>();
  for (const [path, text] of missingFiles(root)) {
    writeFileSync(join(root, path), text);
    changed.add(path);
  }
  for (const [path, paths] of references(readRepository(root))) {
    const file = join(root, path);
    if (!existsSync(file)) continue;
    const text = readFileSync(file, 'utf8');
    const { references: found = [] } = JSON.parse(text) as { references?: { path: string }[] };
    if (
      sameSet(
        paths,
        found.map((reference) => reference.path),
      )
    )
      continue;
    writeFileSync(file, withReferences(text, paths));
    changed.add(path);
  }
  return [...changed];
}
