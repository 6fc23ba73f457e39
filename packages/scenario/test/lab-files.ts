import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A file of the lab: its name from tools/lab on, and its text. */
export interface LabFile {
  readonly name: string;
  readonly text: string;
}

const lab = fileURLToPath(new URL('../../../tools/lab/', import.meta.url));

function files(folder: string, ending: string): LabFile[] {
  return readdirSync(`${lab}${folder}`, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({
      name: `${folder}/${name}`,
      text: readFileSync(`${lab}${folder}/${name}`, 'utf8'),
    }));
}

/** Every capture of a real kernel. */
export const captures: readonly LabFile[] = files('captures', '.jsonl');

/** Every scenario written by hand. */
export const scenarios: readonly LabFile[] = files('scenarios', '.scn');
