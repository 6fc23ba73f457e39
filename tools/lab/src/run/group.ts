import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { LabError } from '../errors.ts';
import { checkScenario } from '../language.ts';
import { bootOptions, type MachineOptions } from './machine-line.ts';

/** A scenario file. */
export interface ScenarioFile {
  readonly path: string;
  /** The file's name; what the console calls it. */
  readonly name: string;
  readonly text: string;
}

/** Scenarios that one boot can run. */
export interface BootGroup<T extends ScenarioFile = ScenarioFile> {
  readonly options: MachineOptions;
  readonly scenarios: readonly T[];
}

const LONGEST_LINE = 500;

/** Reads scenario files. Throws `bad-scenario` for what the guest could not tell apart or read. */
export function readScenarios(files: readonly string[]): ScenarioFile[] {
  const byName = new Map<string, string>();
  return files.map((path) => {
    const name = basename(path);
    const other = byName.get(name);
    if (other !== undefined) {
      throw new LabError(
        'bad-scenario',
        `${path} and ${other} have the same name, so their captures would be one.`,
        'Rename one of them.',
      );
    }
    byName.set(name, path);
    if (!/^[\w.+-]+\.scn$/.test(name)) {
      throw new LabError(
        'bad-scenario',
        `${path}: a scenario's name is letters, digits, . _ + - and ends in .scn.`,
      );
    }
    const text = readFileSync(path, 'utf8');
    const long = text.split('\n').findIndex((line) => line.length > LONGEST_LINE);
    if (long >= 0) {
      throw new LabError(
        'bad-scenario',
        `${path}:${long + 1}:${LONGEST_LINE + 1}: the line is longer than ${LONGEST_LINE} characters.`,
      );
    }
    checkScenario(text, path);
    return { path, name, text };
  });
}

/** Puts scenarios whose machines boot alike together, in the order they first appear. */
export function groupScenarios<T extends ScenarioFile>(
  scenarios: readonly T[],
  arch: string,
): BootGroup<T>[] {
  const groups = new Map<string, { options: MachineOptions; scenarios: T[] }>();
  for (const scenario of scenarios) {
    const options = bootOptions(scenario.text, arch);
    const key = JSON.stringify(options);
    const group = groups.get(key);
    if (group) group.scenarios.push(scenario);
    else groups.set(key, { options, scenarios: [scenario] });
  }
  return [...groups.values()];
}
