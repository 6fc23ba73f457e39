import { type Repository, repositoryOf } from '../src/repository.ts';

const manifest = (name: string, fields: object = {}): string =>
  JSON.stringify({
    name: `@pfnmap/${name}`,
    version: '0.1.0',
    description: 'A sample',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    repository: {
      type: 'git',
      url: 'git+https://github.com/pfnmap/pfnmap.git',
      directory: `packages/${name}`,
    },
    bugs: 'https://github.com/pfnmap/pfnmap/issues',
    homepage: `https://github.com/pfnmap/pfnmap/tree/main/packages/${name}#readme`,
    keywords: ['linux'],
    exports: {
      '.': {
        '@pfnmap/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
      './package.json': './package.json',
    },
    files: ['dist', 'src', 'README.md', 'CHANGELOG.md', 'LICENSE'],
    publishConfig: { access: 'public', provenance: true },
    scripts: { build: 'tsc -b' },
    ...fields,
  });

const example = "import { pte_none } from '@pfnmap/mm-core';\n\nconsole.log(pte_none(0));\n";

const readme = `# @pfnmap/mm-core

Models emptiness. Patch 01/19.

## Install
## Example

\`\`\`ts
${example}\`\`\`

## API
## Fidelity
## Not modelled
`;

const pteNone = `import { enabled } from '@pfnmap/kconfig';

/**
 * Whether an entry is empty, on x86_64 as on arm64.
 *
 * @fidelity exact
 * @patch none
 */
export function pte_none(word: number): boolean {
  return word === 0;
}

/** Reads a gate where it may be read. */
export const gate = enabled;
`;

const files: Readonly<Record<string, string>> = {
  LICENSE: 'MIT',
  'README.md': 'npx --yes pnpm@10.34.8 install',
  'package.json': JSON.stringify({
    name: 'pfnmap',
    packageManager: 'pnpm@10.34.8',
    devDependencies: { pnpm: '10.34.8' },
  }),
  'tsconfig.json': JSON.stringify({
    references: [
      { path: './packages/kconfig' },
      { path: './packages/kconfig/test' },
      { path: './packages/mm-core' },
      { path: './packages/mm-core/test' },
      { path: './tools/lab' },
    ],
  }),
  'packages/kconfig/LICENSE': 'MIT',
  'packages/kconfig/README.md': readme.replaceAll('mm-core', 'kconfig'),
  'packages/kconfig/etc/kconfig.api.md': '',
  'packages/kconfig/examples/first.ts': example.replaceAll('mm-core', 'kconfig'),
  'packages/kconfig/package.json': manifest('kconfig'),
  'packages/kconfig/src/index.ts': "export { enabled } from './enabled.ts';\n",
  'packages/kconfig/src/enabled.ts': '/** A gate. */\nexport const enabled = true;\n',
  'packages/kconfig/test/enabled.test.ts': '',
  'packages/kconfig/test/tsconfig.json': '{ "references": [{ "path": ".." }] }',
  'packages/kconfig/tsconfig.json': '{}',
  'packages/mm-core/LICENSE': 'MIT',
  'packages/mm-core/README.md': readme,
  'packages/mm-core/etc/mm-core.api.md': '',
  'packages/mm-core/examples/first.ts': example,
  'packages/mm-core/package.json': manifest('mm-core', {
    dependencies: { '@pfnmap/kconfig': 'workspace:^' },
  }),
  'packages/mm-core/src/index.ts': "export { pte_none } from './pte-none.ts';\n",
  'packages/mm-core/src/pte-none.ts': pteNone,
  'packages/mm-core/test/pte-none.test.ts': '',
  'packages/mm-core/test/tsconfig.json':
    '{ "references": [{ "path": ".." }, { "path": "../../kconfig" }] }',
  'packages/mm-core/tsconfig.json': '{ "references": [{ "path": "../kconfig" }] }',
  'tools/lab/README.md': '# lab\n\nBoots kernels.\n',
  'tools/lab/package.json': JSON.stringify({
    name: '@pfnmap/lab',
    private: true,
    description: 'A sample',
    license: 'MIT',
    type: 'module',
    engines: { node: '>=20.19' },
  }),
  'tools/lab/test/lab.test.ts': '',
  'tools/lab/tsconfig.json': '{}',
};

/** A small repository that keeps every rule, with some of its files replaced. `undefined` removes one. */
export function sample(replaced: Readonly<Record<string, string | undefined>> = {}): Repository {
  const kept = Object.entries({ ...files, ...replaced }).filter(([, text]) => text !== undefined);
  return repositoryOf(Object.fromEntries(kept) as Record<string, string>);
}

/** The manifest of a package of the sample, with fields replaced. */
export function sampleManifest(name: string, fields: object): string {
  return manifest(name, fields);
}
