import { copyFileSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Published } from './published.ts';
import { inParallel, run } from './run.ts';

/** A program of a package, inside the project that consumes it. */
interface Program {
  readonly owner: string;
  /** Script for Node, relative to the project, and its arguments. */
  readonly run: readonly string[];
  /** What it must print. */
  readonly prints?: string | undefined;
}

function writeJson(file: string, value: unknown): void {
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}

const compilerOptions = {
  target: 'es2023',
  lib: ['es2023'],
  module: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: false,
  types: ['node'],
  rootDir: 'src',
  outDir: 'out',
};

/** Writes a project that depends on every tarball, with dependencies from outside lent by the workspace. */
function writeManifest(project: string, members: readonly Published[]): void {
  const foreign = members.flatMap(({ folder, foreign: names }) =>
    names.map((name) => [name, `file:${realpathSync(join(folder, 'node_modules', name))}`]),
  );
  const own = members.map(({ name, tarball }) => [name, `file:${tarball}`]);
  writeJson(join(project, 'package.json'), {
    name: 'consumer',
    private: true,
    type: 'module',
    dependencies: Object.fromEntries([...foreign, ...own]),
  });
}

/** Two programs that load every library, as a module and from CommonJS. */
const loaders = ['out/everything.js', 'out/required.cjs'];

function writeLoaders(project: string, libraries: readonly Published[]): void {
  const imports = libraries.map(({ name }, index) => `import * as p${index} from '${name}';`);
  const all = libraries.map((_, index) => `p${index}`).join(', ');
  const test = `for (const p of [${all}]) if (Object.keys(p).length === 0) throw new Error('empty');`;
  writeFileSync(join(project, 'src/everything.ts'), `${imports.join('\n')}\n${test}\n`);
  const required = libraries.map(({ name }) => `require('${name}');`).join('\n');
  writeFileSync(join(project, 'src/required.cts'), `${required}\n`);
}

/** Copies the examples of a package into the project. */
function copyExamples(project: string, { name, examples }: Published): Program[] {
  const folder = name.split('/').at(-1)!;
  mkdirSync(join(project, 'src', folder), { recursive: true });
  return examples.map(({ file, prints }) => {
    copyFileSync(file, join(project, 'src', folder, basename(file)));
    return { owner: name, run: [join('out', folder, `${basename(file, '.ts')}.js`)], prints };
  });
}

function writeProject(project: string, members: readonly Published[], types: string): Program[] {
  mkdirSync(join(project, 'src'), { recursive: true });
  writeManifest(project, members);
  writeJson(join(project, 'tsconfig.json'), {
    compilerOptions: { ...compilerOptions, typeRoots: [types] },
    include: ['src'],
  });
  const libraries = members.filter(({ isLibrary }) => isLibrary);
  writeLoaders(project, libraries);
  return [
    ...loaders.map((file) => ({ owner: 'all packages', run: [file] })),
    ...members.flatMap(({ name, commands }) =>
      commands.map((command) => ({
        owner: name,
        run: [`node_modules/.bin/${command}`, '--version'],
      })),
    ),
    ...libraries.flatMap((library) => copyExamples(project, library)),
  ];
}

const indent = (text: string): string => text.replaceAll(/^/gm, '  ');

/**
 * Installs the tarballs into a new project without asking a registry, compiles every example
 * against their types, runs it, and compares what it prints with its README.
 *
 * @param project an empty folder outside the workspace
 * @param root the workspace, which lends its compiler and Node's types
 * @returns what went wrong, for a person
 */
export async function useTarballs(
  project: string,
  members: readonly Published[],
  root: string,
): Promise<string[]> {
  const modules = realpathSync(join(root, 'node_modules'));
  const programs = writeProject(project, members, join(modules, '@types'));
  const quiet = ['--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const installed = await run('npm', ['install', ...quiet], project);
  if (!installed.ok) return [`the tarballs do not install:\n${indent(installed.output)}`];

  const tsc = join(modules, 'typescript/bin/tsc');
  const compiled = await run(process.execPath, [tsc, '-p', '.'], project);
  if (!compiled.ok) return [`the examples do not compile:\n${indent(compiled.output)}`];

  const problems = await inParallel(
    programs,
    2,
    async ({ owner, run: [file = '', ...args], prints }) => {
      const { ok, output } = await run(process.execPath, [file, ...args], project);
      if (!ok) return `${owner}: ${file} fails:\n${indent(output)}`;
      if (output === '' && !loaders.includes(file)) return `${owner}: ${file} prints nothing`;
      if (prints === undefined || prints === output.trimEnd()) return '';
      return `${owner}: ${file} prints\n${indent(output)}\n  its README says\n${indent(prints)}`;
    },
  );
  return problems.filter((problem) => problem !== '');
}
