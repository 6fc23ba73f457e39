import { references, sameSet } from '../references.ts';
import type { Rule } from '../rule.ts';

const rootFiles = new Set([
  'pnpm-workspace.yaml',
  'turbo.json',
  'package.json',
  'tsconfig.base.json',
  'tsconfig.json',
  'pnpm-lock.yaml',
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'GLOSSARY.md',
  'SECURITY.md',
  'LICENSE',
  'vitest.config.ts',
  'biome.json',
  'knip.json',
]);

export const rootIsConfiguration: Rule = {
  title: 'the root holds packages/, tools/ and configuration, nothing else',
  check: ({ files }) => {
    const entries = new Set([...files.keys()].map((path) => path.split('/')[0]!));
    return [...entries]
      .filter((entry) => !/^(packages|tools|\..+)$/.test(entry) && !rootFiles.has(entry))
      .map((entry) => `${entry}:1: belongs into a package, a tool or nowhere`);
  },
};

export const foldersAreMembers: Rule = {
  title: 'every folder of packages/ and tools/ has a manifest',
  check: ({ files }) => {
    const folders = new Set(
      [...files.keys()].flatMap((path) => /^(packages|tools)\/[^/]+\//.exec(path)?.[0] ?? []),
    );
    return [...folders]
      .filter((folder) => !files.has(`${folder}package.json`))
      .map((folder) => `${folder}package.json: missing`);
  },
};

export const referencesFollowManifests: Rule = {
  title: 'the references of every tsconfig.json follow from the manifests',
  check: (repository) =>
    [...references(repository)].flatMap(([path, wanted]) => {
      const text = repository.files.get(path);
      if (text === undefined) return [`${path}: missing`];
      const config = JSON.parse(text) as { references?: { path: string }[] };
      const found = (config.references ?? []).map(({ path }) => path);
      return sameSet(found, wanted)
        ? []
        : [
            `${path}:1: references [${found.join(', ')}]; \`npm run sync\` writes [${wanted.join(', ')}]`,
          ];
    }),
};
