import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../../../', import.meta.url));

/** A workspace of two packages, `low` and `high`, already compiled, with some files replaced. */
export class Workspace {
  readonly root = mkdtempSync(join(tmpdir(), 'pfnmap-workspace-'));

  constructor(replaced: Readonly<Record<string, string>> = {}) {
    const files = { ...filesOf('low', {}), ...filesOf('high', { '@pfnmap/low': 'workspace:^' }) };
    this.#write('package.json', '{ "name": "w", "private": true }');
    this.#write(
      'pnpm-workspace.yaml',
      'packages: [packages/*]\nmanagePackageManagerVersions: false\n',
    );
    for (const [path, text] of Object.entries({ ...files, ...replaced })) this.#write(path, text);
    execFileSync('pnpm', ['install', '--offline', '--silent'], {
      cwd: this.root,
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, CI: 'false' },
    });
    for (const lent of ['typescript', '@types'])
      symlinkSync(join(repository, 'node_modules', lent), join(this.root, 'node_modules', lent));
  }

  #write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true });
    writeFileSync(join(this.root, path), text);
  }

  [Symbol.dispose](): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** The manifest of a package of the workspace, with fields replaced. */
export function manifestOf(name: string, fields: object): string {
  return JSON.stringify({
    name: `@pfnmap/${name}`,
    version: '0.1.0',
    license: 'MIT',
    type: 'module',
    sideEffects: false,
    engines: { node: '>=20.19' },
    exports: {
      '.': {
        '@pfnmap/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
      './package.json': './package.json',
    },
    files: ['dist', 'src'],
    ...fields,
  });
}

function filesOf(name: string, dependencies: object): Record<string, string> {
  const folder = `packages/${name}`;
  return {
    [`${folder}/package.json`]: manifestOf(name, { dependencies }),
    [`${folder}/src/index.ts`]: `export const ${name}: number = 1;\n`,
    [`${folder}/dist/index.d.ts`]: `export declare const ${name}: number;\n`,
    [`${folder}/dist/index.js`]: `export const ${name} = 1;\n`,
    [`${folder}/examples/first.ts`]: `import { ${name} } from '@pfnmap/${name}';\n\nconsole.log(${name});\n`,
  };
}
