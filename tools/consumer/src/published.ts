import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An example program. */
export interface Example {
  /** Absolute path. */
  readonly file: string;
  /** What the README says that it prints; undefined when the README shows another example, or no output. */
  readonly prints: string | undefined;
}

/** A member of the workspace that is not private, and so will be published. */
export interface Published {
  readonly name: string;
  readonly version: string;
  /** Absolute path. */
  readonly folder: string;
  readonly isLibrary: boolean;
  /** Dependencies that do not come from this workspace. */
  readonly foreign: readonly string[];
  readonly examples: readonly Example[];
  /** Names of the commands it installs. */
  readonly commands: readonly string[];
  /** Absolute path of the tarball that packing makes. */
  readonly tarball: string;
}

/** Lists what would be published from a workspace, packages before tools. */
export function publishedMembers(root: string, tarballs: string): Published[] {
  return ['packages', 'tools'].flatMap((top) => {
    if (!existsSync(join(root, top))) return [];
    return readdirSync(join(root, top))
      .sort()
      .filter((name) => existsSync(join(root, top, name, 'package.json')))
      .flatMap((name) => describe(join(root, top, name), tarballs, top === 'packages'));
  });
}

/** The block of text that follows a program in a README, with a line between them at most. */
const OUTPUT_BLOCK = /^\s*(?:[^`\n]+\n\s*)?```text\n([\s\S]*?)\n```/;

function exampleIn(folder: string, file: string): Example {
  const path = join(folder, 'README.md');
  const readme = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const [, after] = readme.split(`\`\`\`ts\n${readFileSync(file, 'utf8')}\`\`\`\n`);
  return { file, prints: OUTPUT_BLOCK.exec(after ?? '')?.[1] };
}

function describe(folder: string, tarballs: string, isLibrary: boolean): Published[] {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    private?: boolean;
    bin?: Record<string, string>;
    dependencies?: Record<string, string>;
  };
  if (manifest.private) return [];
  const { name, version, bin = {}, dependencies = {} } = manifest;
  const examples = join(folder, 'examples');
  return [
    {
      name,
      version,
      folder,
      isLibrary,
      foreign: Object.keys(dependencies).filter(
        (dependency) => !dependencies[dependency]!.startsWith('workspace:'),
      ),
      examples: existsSync(examples)
        ? readdirSync(examples)
            .filter((file) => file.endsWith('.ts'))
            .map((file) => exampleIn(folder, join(examples, file)))
        : [],
      commands: Object.keys(bin),
      tarball: join(tarballs, `${name.replace('@', '').replace('/', '-')}-${version}.tgz`),
    },
  ];
}
