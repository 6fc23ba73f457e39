import { isDeepStrictEqual } from 'node:util';
import { filesOf, type Manifest, type Member, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';

const exact = /^\d+\.\d+\.\d+(-[\w.]+)?$/;
const workspace = /^workspace:[*^]$/;

function rootManifest({ files }: Repository): Manifest {
  return JSON.parse(files.get('package.json') ?? '{"name":""}') as Manifest;
}

function dependencyFields(manifest: Manifest): [name: string, range: string][] {
  return Object.entries({
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.optionalDependencies,
  });
}

export const versionsAreExact: Rule = {
  title: 'every version from outside is pinned exactly',
  check: (repository) =>
    [
      { folder: '', manifest: rootManifest(repository) },
      ...repository.members.map(({ folder, manifest }) => ({ folder, manifest })),
    ].flatMap(({ folder, manifest }) =>
      dependencyFields(manifest)
        .filter(([, range]) => !exact.test(range) && !workspace.test(range))
        .map(([name, range]) => `${folder}package.json:1: ${name}@${range}; pin one version`),
    ),
};

export const onePnpm: Rule = {
  title: 'README.md, packageManager and devDependencies name the same pnpm',
  check: (repository) => {
    const root = rootManifest(repository);
    const wanted = root.devDependencies?.pnpm;
    const problems: string[] = [];
    if (root.packageManager !== `pnpm@${wanted}`)
      problems.push(
        `package.json:1: packageManager is ${root.packageManager}, devDependencies has pnpm ${wanted}`,
      );
    for (const path of ['README.md', 'CONTRIBUTING.md']) {
      const text = repository.files.get(path) ?? '';
      for (const [index, line] of text.split('\n').entries())
        for (const [, version] of line.matchAll(/pnpm@(\d[\w.-]*)/g))
          if (version !== wanted)
            problems.push(`${path}:${index + 1}: pnpm@${version}, not ${wanted}`);
    }
    return problems;
  },
};

const floorOfNode = '>=20.19';

function wantedFields({ kind, name, manifest }: Member): Record<string, unknown> {
  const every = {
    name: `@pfnmap/${name}`,
    type: 'module',
    license: 'MIT',
    engines: { node: floorOfNode },
  };
  if (kind === 'tool' && manifest.private) return every;
  const repository = 'https://github.com/pfnmap/pfnmap';
  const folder = kind === 'package' ? `packages/${name}` : `tools/${name}`;
  const published = {
    ...every,
    repository: { type: 'git', url: `git+${repository}.git`, directory: folder },
    bugs: `${repository}/issues`,
    homepage: `${repository}/tree/main/${folder}#readme`,
    publishConfig: { access: 'public', provenance: true },
  };
  if (kind === 'tool') return published;
  return {
    ...published,
    sideEffects: false,
    exports: {
      '.': {
        '@pfnmap/source': './src/index.ts',
        types: './dist/index.d.ts',
        default: './dist/index.js',
      },
      './package.json': './package.json',
    },
    main: undefined,
    types: undefined,
  };
}

export const manifestsHaveOneShape: Rule = {
  title: 'every package.json has the fields that users of npm expect',
  check: ({ members }) =>
    members.flatMap((member) => {
      const path = `${member.folder}package.json:1`;
      const problems = Object.entries(wantedFields(member))
        .filter(([field, wanted]) => !isDeepStrictEqual(member.manifest[field], wanted))
        .map(([field, wanted]) => `${path}: ${field} should be ${JSON.stringify(wanted)}`);
      if (!member.manifest.description) problems.push(`${path}: description is missing`);
      if (member.manifest.private) return problems;
      for (const entry of ['dist', 'src', 'README.md', 'CHANGELOG.md', 'LICENSE'])
        if (!member.manifest.files?.includes(entry)) problems.push(`${path}: files lacks ${entry}`);
      if (!Array.isArray(member.manifest.keywords)) problems.push(`${path}: keywords is missing`);
      return problems;
    }),
};

export const membersAreComplete: Rule = {
  title: 'every package has a licence, a test, an example and an API report; every tool has a test',
  check: (repository) =>
    repository.members.flatMap((member) => {
      const { folder, kind, name, manifest } = member;
      const wanted = kind === 'package' ? [`etc/${name}.api.md`, 'test/tsconfig.json'] : [];
      if (!manifest.private) wanted.push('LICENSE');
      const problems = wanted
        .filter((file) => !repository.files.has(folder + file))
        .map((file) => `${folder}${file}: missing`);
      const has = (subfolder: string, ending: string): boolean =>
        filesOf(repository, member, subfolder).some(([path]) => path.endsWith(ending));
      if (!has('test/', '.test.ts')) problems.push(`${folder}test/: holds no *.test.ts`);
      if (kind === 'package' && !has('examples/', '.ts'))
        problems.push(`${folder}examples/: holds no example`);
      return problems;
    }),
};

export const oneLicence: Rule = {
  title: 'every LICENSE file equals the one in the root',
  check: ({ files, members }) =>
    members
      .map(({ folder }) => `${folder}LICENSE`)
      .filter((path) => files.has(path) && files.get(path) !== files.get('LICENSE'))
      .map((path) => `${path}:1: differs from LICENSE`),
};
