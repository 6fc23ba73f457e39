import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The captures and scenarios that are kept beside this tool in the repository. */
const lab = fileURLToPath(new URL('../../lab/', import.meta.url));

/** A file or folder among the scenarios of the repository, by its name with or without ending. */
export function labScenario(name: string): string | undefined {
  return found('scenarios', name, '.scn');
}

/** A file or folder among the captures of the repository: `6.12-x86_64`, `6.12-x86_64/01-bar-8g`. */
export function labCapture(name: string): string | undefined {
  return found('captures', name, '.jsonl');
}

/** The folder of all captures of the repository, or undefined outside of it. */
export function labCaptures(): string | undefined {
  return found('captures', '', '');
}

/** The folder of all scenarios of the repository, or undefined outside of it. */
export function labScenarios(): string | undefined {
  return found('scenarios', '', '');
}

function found(folder: string, name: string, ending: string): string | undefined {
  if (name.split('/').includes('..')) return undefined;
  const path = `${lab}${folder}/${name}`.replace(/\/$/, '');
  const existing = [path, `${path}${ending}`].find((candidate) => existsSync(candidate));
  if (existing === undefined) return undefined;
  const fromHere = relative(process.cwd(), existing);
  return fromHere.startsWith('..') ? existing : fromHere;
}
