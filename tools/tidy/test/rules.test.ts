// Goal: every rule fires on what it forbids. Method: one small repository that keeps all rules, and
// for each rule the smallest change that breaks it, with the place that must be named.
import { expect, test } from 'vitest';
import { rules } from '../src/rules.ts';
import { sample, sampleManifest } from './sample.ts';

type Change = Readonly<Record<string, string | undefined>>;

const core = 'packages/mm-core/';
const source = (text: string): Change => ({ [`${core}src/pte-none.ts`]: text });
const coreManifest = (fields: object): Change => ({
  [`${core}package.json`]: sampleManifest('mm-core', fields),
});
const withKconfig = { '@pfnmap/kconfig': 'workspace:^' };
const documented = (code: string): string => `/** Says so. */\n${code}\n`;
const word = (first: string, second: string): string => first + second;

/** Title of a rule, what is wrong, the change that makes it wrong, and how the finding starts. */
const breaches: readonly [rule: string, wrong: string, change: Change, finding: string][] = [
  [
    'every package stands on a floor',
    'a package that the table of floors lacks',
    { 'packages/attic/package.json': sampleManifest('attic', {}) },
    'packages/attic/package.json:1',
  ],
  [
    'a package imports from lower floors only',
    'an import from the package above',
    source("import '@pfnmap/mm-huge';\n"),
    `${core}src/pte-none.ts:1: mm-core (position 2) uses mm-huge`,
  ],
  [
    'a package imports from lower floors only',
    'a dependency on the same floor',
    coreManifest({ dependencies: { '@pfnmap/arch-x86': 'workspace:^' } }),
    `${core}package.json:1: mm-core (position 2) uses arch-x86`,
  ],
  [
    'a package never imports a tool',
    'a dynamic import of a tool',
    source("await import('@pfnmap/lab');\n"),
    `${core}src/pte-none.ts:1: lab is a tool`,
  ],
  [
    'a relative import in a source file stays inside its package',
    'a path into another package',
    source("export type { A } from '../../kconfig/src/enabled.ts';\n"),
    `${core}src/pte-none.ts:1`,
  ],
  [
    'every imported workspace package is declared as a dependency',
    'a type imported from a package that the manifest lacks',
    source("export type A = import('@pfnmap/pgtable-core').Word;\n"),
    `${core}src/pte-none.ts:1: @pfnmap/pgtable-core`,
  ],
  [
    'a package imports nothing but workspace packages',
    'an import of a module of Node',
    source("import 'node:fs';\n"),
    `${core}src/pte-none.ts:1: 'node:fs'`,
  ],
  [
    'a package imports nothing but workspace packages',
    'a dependency from outside',
    coreManifest({ dependencies: { ...withKconfig, yaml: '2.9.1' } }),
    `${core}package.json:1: dependency yaml@2.9.1`,
  ],
  [
    'only the machine imports an architecture',
    'a driver that imports an architecture',
    {
      'packages/vfio-pci/package.json': sampleManifest('vfio-pci', {
        dependencies: { '@pfnmap/arch-x86': 'workspace:^' },
      }),
    },
    'packages/vfio-pci/package.json:1: uses arch-x86',
  ],
  [
    'generic code names no architecture',
    'a string that names one',
    source("const only = 'x86_64';\n"),
    `${core}src/pte-none.ts:1: names x86_64`,
  ],
  [
    'generic code names no architecture',
    'an identifier that names one',
    source('\nfunction flushArm64(arm64_tlb: number): void {}\n'),
    `${core}src/pte-none.ts:2: names arm64`,
  ],
  [
    'a gate is read only in a factory',
    'a gate read in the middle of a path',
    source("const on = config.enabled('MMU');\n"),
    `${core}src/pte-none.ts:1`,
  ],
  [
    'src/index.ts of a package is an explicit list of exports and nothing else',
    'an export of everything',
    { [`${core}src/index.ts`]: "export * from './pte-none.ts';\n" },
    `${core}src/index.ts:1`,
  ],
  [
    'src/index.ts of a package is an explicit list of exports and nothing else',
    'logic beside the list',
    { [`${core}src/index.ts`]: "export { a } from './a.ts';\nexport const b = 1;\n" },
    `${core}src/index.ts:2`,
  ],
  [
    'every export of a package has a docstring',
    'an interface without one',
    source(`${documented('export const a = 1;\nexport const b = 2;')}\nexport interface C {}\n`),
    `${core}src/pte-none.ts:5: C`,
  ],
  [
    'every exported function with a name from Linux carries @fidelity and @patch',
    'a function that says neither',
    source(documented('export function pte_none(): void {}')),
    `${core}src/pte-none.ts:2: pte_none lacks @fidelity`,
  ],
  [
    'every exported function with a name from Linux carries @fidelity and @patch',
    'an arrow function with a patch that does not exist',
    source('/**\n * @fidelity stub\n * @patch 20/19\n */\nexport const pte_none = () => 0;\n'),
    `${core}src/pte-none.ts:5: pte_none lacks @patch`,
  ],
  [
    'the root holds packages/, tools/ and configuration, nothing else',
    'a folder of its own',
    { 'docs/intro.md': '' },
    'docs:1',
  ],
  [
    'every folder of packages/ and tools/ has a manifest',
    'a folder that is no package',
    { 'tools/attic/notes.md': '' },
    'tools/attic/package.json',
  ],
  [
    'the references of every tsconfig.json follow from the manifests',
    'a dependency that is not referenced',
    { [`${core}tsconfig.json`]: '{}' },
    `${core}tsconfig.json:1`,
  ],
  [
    'every version from outside is pinned exactly',
    'a range',
    coreManifest({ dependencies: withKconfig, devDependencies: { yaml: '^2.9.1' } }),
    `${core}package.json:1: yaml@^2.9.1`,
  ],
  [
    'README.md, packageManager and devDependencies name the same pnpm',
    'another version in the README',
    { 'README.md': 'Run\n`npx --yes pnpm@10.0.0 install`.\n' },
    'README.md:2: pnpm@10.0.0',
  ],
  [
    'every package.json has the fields that users of npm expect',
    'a deep path in exports',
    coreManifest({ dependencies: withKconfig, exports: { './*': './dist/*' } }),
    `${core}package.json:1: exports`,
  ],
  [
    'every package has a licence, a test, an example and an API report; every tool has a test',
    'a package without a report',
    { [`${core}etc/mm-core.api.md`]: undefined },
    `${core}etc/mm-core.api.md: missing`,
  ],
  [
    'every package has a licence, a test, an example and an API report; every tool has a test',
    'a tool without a test',
    { 'tools/lab/test/lab.test.ts': undefined },
    'tools/lab/test/: holds no',
  ],
  [
    'every LICENSE file equals the one in the root',
    'another licence',
    { [`${core}LICENSE`]: 'GPL' },
    `${core}LICENSE:1`,
  ],
  [
    'no file of code is longer than 400 lines',
    'one line too many',
    source('\n'.repeat(401)),
    `${core}src/pte-none.ts:1: 401 lines`,
  ],
  [
    'nothing is marked as unfinished',
    'a note to oneself',
    source(`\n// ${word('TO', 'DO')}: the rest\n`),
    `${core}src/pte-none.ts:2`,
  ],
  [
    'no file names a path of one machine',
    'somebody’s home',
    { [`${core}README.md`]: `see ${word('/ho', 'me/ann')}/notes\n` },
    `${core}README.md:1: ${word('/ho', 'me/ann')}`,
  ],
  [
    'no test is skipped, alone, expected to fail, or true by construction',
    'a skipped test',
    { [`${core}test/pte-none.test.ts`]: `${word('test.', 'skip')}('later', () => {});\n` },
    `${core}test/pte-none.test.ts:1`,
  ],
  [
    'no file, folder or package is named utils, common, helpers, misc or shared',
    'a drawer',
    { [`${core}src/utils.ts`]: '' },
    `${core}src/utils.ts:1`,
  ],
  [
    'README.md of a package has the sections Install, Example, API, Fidelity, Not modelled in this order',
    'a section that is missing',
    { [`${core}README.md`]: '# @pfnmap/mm-core\n\nPatch 01/19.\n\n## API\n' },
    `${core}README.md:1: sections are API`,
  ],
  [
    'the example in a README is verbatim a file of examples/, and short',
    'an example that was edited since',
    { [`${core}examples/first.ts`]: 'console.log(1);\n' },
    `${core}README.md:6: the example equals none of`,
  ],
  [
    'README.md of a tool has a title and says what the tool is for',
    'a title alone',
    { 'tools/lab/README.md': '# lab\n' },
    'tools/lab/README.md:1',
  ],
];

test.each(rules)('the sample keeps the rule: $title', (rule) => {
  expect(rule.check(sample())).toEqual([]);
});

test.each(breaches)('%s: found is %s', (title, _wrong, change, finding) => {
  const rule = rules.find((candidate) => candidate.title === title)!;
  expect(rule.check(sample(change)).join('\n')).toContain(finding);
});

test('every rule has a breach that shows it can fail', () => {
  const shown = new Set(breaches.map(([title]) => title));
  expect(rules.map(({ title }) => title).filter((title) => !shown.has(title))).toEqual([]);
});

test('an architecture may stand in a comment', () => {
  const rule = rules.find(({ title }) => title === 'generic code names no architecture')!;
  expect(rule.check(sample(source('// as on x86_64\nexport {};\n')))).toEqual([]);
});

test('a factory may read a gate in its body, but not in what it returns', () => {
  const rule = rules.find(({ title }) => title === 'a gate is read only in a factory')!;
  const body = 'function createPte(config) {\n  const on = config.enabled("MMU");\n}\n';
  expect(rule.check(sample(source(body)))).toEqual([]);
  const late = 'const createPte = (config) => ({\n  on: () => config.enabled("MMU"),\n});\n';
  expect(rule.check(sample(source(late))).join()).toContain(`${core}src/pte-none.ts:2`);
});

test('a table of data may be long', () => {
  const rule = rules.find(({ title }) => title.startsWith('no file of code is longer'))!;
  expect(rule.check(sample({ [`${core}src/bits.data.ts`]: '\n'.repeat(900) }))).toEqual([]);
});

test('overloads share one docstring and its tags', () => {
  const overloads =
    '/**\n * Says so.\n * @fidelity exact\n * @patch 02/19\n */\n' +
    'export function pte_none(a: number): void;\nexport function pte_none(a: string): void;\n' +
    'export function pte_none(): void {}\n';
  for (const rule of rules) expect(rule.check(sample(source(overloads))), rule.title).toEqual([]);
});
