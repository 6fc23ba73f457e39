import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { closestWord } from '@pfnmap/scenario';
import { EXIT } from './exit-code.ts';
import { Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** A text and the name that messages have for it. */
export interface InputFile {
  readonly name: string;
  readonly text: string;
}

const LARGEST = 2 ** 28;

function reasonOf(error: unknown): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'EACCES' || code === 'EPERM') return 'is not readable';
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'does not exist';
  return `cannot be read (${code ?? error})`;
}

/** A file in the same folder whose name is near, as a question. */
function nearby(path: string): string {
  try {
    const near = closestWord(basename(path), readdirSync(dirname(path)));
    return near === undefined ? '' : `\n  Did you mean ${join(dirname(path), near)}?`;
  } catch {
    return '';
  }
}

/** True for a folder; @throws Failure when nothing is there. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    const name = path === '' ? 'A file without a name' : path;
    throw new Failure(`${name} ${reasonOf(error)}.${nearby(path)}`);
  }
}

/** Reads a file; `-` is standard input. */
export async function readInput(path: string, terminal: Terminal): Promise<InputFile> {
  if (path === '-') return { name: '<stdin>', text: await terminal.readStdin() };
  if (isFolder(path)) throw new Failure(`${path} is a folder, not a file.`);
  if (statSync(path).size > LARGEST)
    throw new Failure(`${path} is larger than ${LARGEST / 2 ** 20} MiB. Split it.`);
  try {
    return { name: path, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new Failure(`${path} ${reasonOf(error)}.`);
  }
}

/** Every file of that ending in a folder and the folders in it, installed packages aside, in order of their names. */
export function filesOf(folder: string, ending: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(ending) && !name.split(sep).includes('node_modules'))
    .sort()
    .map((name) => join(folder, name));
}

/** A failure for something of the repository that is not there. */
export const notInRepository = (what: string): Failure =>
  new Failure(
    `${what} not found: they are in the repository of pfnmap, beside this tool.\n` +
      '  Clone https://github.com/pfnmap/pfnmap and run the command there, or name files of your own.',
    EXIT.environment,
  );
