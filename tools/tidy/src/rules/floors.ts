import { floors, importsArchitectures, pinsExactVersions } from '../floors.ts';
import { filesOf, type Member, type Repository } from '../repository.ts';
import type { Rule } from '../rule.ts';
import { type Import, importsOf, parse } from '../syntax.ts';

const scope = '@pfnmap/';

function position(name: string): number {
  return floors.findIndex((line) => line.includes(name));
}

function sourceImports(repository: Repository, member: Member): Import[] {
  return filesOf(repository, member, 'src/')
    .filter(([path]) => path.endsWith('.ts'))
    .flatMap(([path, text]) => importsOf(parse(path, text)));
}

/** A package that is used, and the place that says so. */
interface Use {
  readonly name: string;
  readonly place: string;
}

function packagesOf(imports: readonly Import[]): Use[] {
  return imports
    .filter(({ specifier }) => specifier.startsWith(scope))
    .map(({ specifier, place }) => ({ name: specifier.slice(scope.length).split('/')[0]!, place }));
}

/** The packages that the sources of a member import. */
function importedNames(repository: Repository, member: Member): Use[] {
  return packagesOf(sourceImports(repository, member));
}

/** The packages a member uses outside its tests: those that its manifest declares, and those that it imports. */
function uses(repository: Repository, member: Member): Use[] {
  const declared = Object.keys({
    ...member.manifest.dependencies,
    ...member.manifest.peerDependencies,
    ...member.manifest.optionalDependencies,
  }).map((specifier) => ({ specifier, place: `${member.folder}package.json:1` }));
  return [...packagesOf(declared), ...importedNames(repository, member)];
}

export const everyPackageHasAFloor: Rule = {
  title: 'every package stands on a floor',
  check: ({ members }) =>
    members
      .filter(({ kind, name }) => kind === 'package' && position(name) < 0)
      .map(
        ({ folder }) => `${folder}package.json:1: not in tools/tidy/src/floors.ts; add it there`,
      ),
};

export const importsGoDown: Rule = {
  title: 'a package imports from lower floors only',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap((member) =>
        uses(repository, member)
          .filter(({ name }) => name !== member.name && position(name) >= position(member.name))
          .map(
            ({ name, place }) =>
              `${place}: ${member.name} (position ${position(member.name)}) uses ${name} (position ${position(name)}); a package uses only lower positions of tools/tidy/src/floors.ts`,
          ),
      ),
};

export const packagesDoNotImportTools: Rule = {
  title: 'a package never imports a tool',
  check: (repository) => {
    const tools = new Set(
      repository.members.filter(({ kind }) => kind === 'tool').map(({ name }) => name),
    );
    return repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap((member) => uses(repository, member))
      .filter(({ name }) => tools.has(name))
      .map(({ name, place }) => `${place}: ${name} is a tool; packages stand without tools`);
  },
};

export const importsStayInside: Rule = {
  title: 'a relative import in a source file stays inside its package',
  check: (repository) =>
    repository.members.flatMap((member) =>
      filesOf(repository, member, 'src/')
        .filter(([path]) => path.endsWith('.ts'))
        .flatMap(([path, text]) => {
          const depth = path.slice(`${member.folder}src/`.length).split('/').length - 1;
          return importsOf(parse(path, text))
            .filter(
              ({ specifier }) => specifier.split('/').filter((p) => p === '..').length > depth,
            )
            .map(({ specifier, place }) => `${place}: '${specifier}' leaves ${member.folder}src/`);
        }),
    ),
};

export const importsAreDeclared: Rule = {
  title: 'every imported workspace package is declared as a dependency',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap((member) =>
        sourceImports(repository, member)
          .filter(
            ({ specifier }) =>
              specifier.startsWith(scope) && !member.manifest.dependencies?.[specifier],
          )
          .map(({ specifier, place }) => `${place}: ${specifier} is not in dependencies`),
      ),
};

/** The range that a package's dependencies have: exact where it stands for all of them at one moment. */
const rangeWithin = ({ name }: Member): string =>
  pinsExactVersions.includes(name) ? 'workspace:*' : 'workspace:^';

export const packagesImportOnlyPackages: Rule = {
  title: 'a package imports nothing but workspace packages',
  check: (repository) =>
    repository.members
      .filter(({ kind }) => kind === 'package')
      .flatMap((member) => [
        ...sourceImports(repository, member)
          .filter(({ specifier }) => !/^\.{1,2}\/|^@pfnmap\//.test(specifier))
          .map(({ specifier, place }) => `${place}: '${specifier}' is not a workspace package`),
        ...Object.entries(member.manifest.dependencies ?? {})
          .filter(([name, range]) => !name.startsWith(scope) || range !== rangeWithin(member))
          .map(
            ([name, range]) =>
              `${member.folder}package.json:1: dependency ${name}@${range}; only @pfnmap/*@${rangeWithin(member)} is allowed`,
          ),
      ]),
};

export const onlyTheMachineImportsArchitectures: Rule = {
  title: 'only the machine imports an architecture',
  check: (repository) =>
    repository.members
      .filter(({ kind, name }) => kind === 'package' && !importsArchitectures.includes(name))
      .flatMap((member) =>
        pinsExactVersions.includes(member.name)
          ? importedNames(repository, member)
          : uses(repository, member),
      )
      .filter(({ name }) => name.startsWith('arch-'))
      .map(({ name, place }) => `${place}: uses ${name}; take an ArchPgtable instead`),
};
