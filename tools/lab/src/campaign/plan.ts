import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LabError } from '../errors.ts';
import { generateScenario } from '../generate/generate.ts';
import { KIND_NAMES, KINDS, type Kind, type KindName } from '../generate/kinds.ts';
import type { ScenarioFile } from '../run/group.ts';
import type { LabTarget } from '../target/target.ts';
import { seedsOf } from './seeds.ts';
import type { SeedRange } from './shard.ts';

/** A scenario of a campaign. */
export interface PlannedScenario extends ScenarioFile {
  readonly kind: KindName;
  /** It may damage a kernel that lives on: nothing else may be asked in the same boot. */
  readonly isAlone: boolean;
}

const kindOf = (name: KindName): Kind => KINDS[name];

/** The kinds a campaign on a target has, or those of them that were chosen. Throws `bad-scenario`. */
export function campaignKinds(
  target: Pick<LabTarget, 'name' | 'kvm'>,
  chosen: readonly string[] = [],
): KindName[] {
  const possible = KIND_NAMES.filter((name) => target.kvm || !kindOf(name).kvm);
  const unknown = chosen.find((name) => !possible.some((kind) => kind === name));
  if (unknown !== undefined) {
    throw new LabError(
      'bad-scenario',
      `There is no kind ${unknown} on ${target.name}.`,
      `Choose of ${possible.join(', ')}.`,
    );
  }
  return possible.filter((name) => chosen.length === 0 || chosen.includes(name));
}

/** A scenario without the steps whose operation is not among those known; `machine` always is. */
function keepKnown(text: string, known: readonly string[]): string {
  const isKnown = (line: string) => {
    const operation = line.replace(/^in /, '').split(' ', 1)[0]!;
    return operation === '' || operation === 'machine' || known.includes(operation);
  };
  return text.split('\n').filter(isKnown).join('\n');
}

/** What decides the scenarios of a shard. */
export interface PlanOptions {
  readonly target: Pick<LabTarget, 'arch' | 'pageSize'>;
  readonly kinds: readonly KindName[];
  readonly seeds: readonly SeedRange[];
  /** Operations that the model knows. */
  readonly steps: readonly string[];
}

/** The scenarios of a shard: one for every seed, of the kinds in turn. */
export function planScenarios(options: PlanOptions): PlannedScenario[] {
  const { target, kinds, seeds, steps } = options;
  const { pageSize, arch } = target;
  return [...seedsOf(seeds)].map((seed) => {
    const kind = kinds[seed % kinds.length]!;
    const { name, text } = generateScenario({ kind, seed, pageSize, arch });
    const isAlone = kindOf(kind).hazard === true;
    return { path: name, name, text: keepKnown(text, steps), kind, isAlone };
  });
}

/** A fingerprint of what writes the scenarios. */
export function generatorFingerprint(): string {
  const hash = createHash('sha256');
  const source = fileURLToPath(new URL('../../src/', import.meta.url));
  const files = readdirSync(join(source, 'generate')).map((name) => join('generate', name));
  for (const name of [...files.sort(), join('campaign', 'plan.ts')]) {
    hash
      .update(`${name}\0`)
      .update(readFileSync(join(source, name)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, 16);
}
