import { LabError } from '../errors.ts';
import { LAB_TARGETS } from './table.ts';
import type { LabTarget } from './target.ts';

/** The target of that name. Throws `unknown-target`, naming the targets there are. */
export function findTarget(name: string): LabTarget {
  const target = LAB_TARGETS.find((candidate) => candidate.name === name);
  if (target !== undefined) return target;
  const names = LAB_TARGETS.map((candidate) => candidate.name).join(', ');
  throw new LabError('unknown-target', `There is no target ${name}.`, `Choose one of ${names}.`);
}
