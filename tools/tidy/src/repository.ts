import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The fields of a package.json that the rules look at. */
export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly version?: string;
  readonly packageManager?: string;
  readonly bin?: unknown;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/** A package or a tool: one folder with a manifest under `packages/` or `tools/`. */
export interface Member {
  /** Name of the folder, which is also the last part of the package's name. */
  readonly name: string;
  readonly kind: 'package' | 'tool';
  /** Folder relative to the root, with a trailing slash. */
  readonly folder: string;
  readonly manifest: Manifest;
}

/** What the rules see: every file that is not ignored, by its path relative to the root. */
export interface Repository {
  readonly files: ReadonlyMap<string, string>;
  readonly members: readonly Member[];
}

const ignored = new Set(['.git', '.lab', '.cache', '.turbo', 'coverage', 'dist', 'node_modules']);

const textFile =
  /(\.([cm]?[jt]sx?|json|md|ya?ml|sh|css|html|[chS]|txt|svg)|(^|\/)[^.]+|(^|\/)\.[^.]+)$/;
const largestRead = 2_000_000;

/** Builds the view of a repository from its files; rules are tested on such views. */
export function repositoryOf(files: Readonly<Record<string, string>>): Repository {
  const members: Member[] = [];
  for (const [path, text] of Object.entries(files)) {
    const match = /^(packages|tools)\/([^/]+)\/package\.json$/.exec(path);
    if (!match) continue;
    members.push({
      name: match[2]!,
      kind: match[1] === 'packages' ? 'package' : 'tool',
      folder: `${match[1]}/${match[2]}/`,
      manifest: JSON.parse(text) as Manifest,
    });
  }
  return { files: new Map(Object.entries(files)), members };
}

/** Reads a repository from disk. Files that are large or not text keep their path and lose their content. */
export function readRepository(root: string): Repository {
  const files: Record<string, string> = {};
  const visit = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      if (ignored.has(entry.name)) continue;
      const path = `${folder}${entry.name}`;
      if (entry.isDirectory()) visit(`${path}/`);
      else if (entry.isFile() && !/\.(tsbuildinfo|tgz|log)$/.test(path)) {
        const readable = textFile.test(path) && statSync(join(root, path)).size <= largestRead;
        files[path] = readable ? readFileSync(join(root, path), 'utf8') : '';
      }
    }
  };
  visit('');
  return repositoryOf(Object.fromEntries(Object.entries(files).sort()));
}

/** The files of a member below a subfolder such as `src/`. */
export function filesOf(
  repository: Repository,
  member: Member,
  subfolder = '',
): [path: string, text: string][] {
  const prefix = member.folder + subfolder;
  return [...repository.files].filter(([path]) => path.startsWith(prefix));
}
