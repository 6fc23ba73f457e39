import type { MachineArch } from '@pfnmap/machine';
import { RACE_POINTS } from '@pfnmap/mm-core';
import type { Defect } from './defects.ts';
import type { Finding } from './finding.ts';
import type { Cleared, Rediscovered } from './rediscover.ts';

const hex = (value: number | bigint): string => `0x${value.toString(16)}`;

const times = (count: number): string => (count === 1 ? '' : `, the ${count}th time it is there`);

/** A program as a scenario: `pfnmap run` plays it, unless pages migrate in it or others race with its last line. */
export const scenarioText = (lines: readonly string[]): string =>
  ['machine bar=8G', ...lines].map((line) => `  ${line}`).join('\n');

function findingLines({ rule, what, schedule, entries }: Finding): string[] {
  const race =
    schedule === undefined
      ? []
      : [
          `  while   ${schedule.path}`,
          `  is at   ${schedule.point}: ${RACE_POINTS[schedule.point]}${times(schedule.occurrence)}`,
          `  runs    ${schedule.other}`,
        ];
  const shown = entries.map(
    ({ process, address, level, word, decoded }) =>
      `  process ${process}  ${hex(address)}  ${level.padEnd(3)}  ${hex(word)}  ${decoded}`,
  );
  return [...race, `  ${rule}: ${what}`, ...(shown.length === 0 ? ['  nothing is mapped'] : shown)];
}

/** What was found of a defect, for a terminal. */
export function rediscoveredLines(
  { defect, seed, tried, shrinks, program, finding }: Rediscovered,
  arch: MachineArch,
  milliseconds: number,
): string[] {
  const head = `${defect.id} ${defect.title}`;
  const run = `seed ${seed}, ${arch}, ${milliseconds} ms`;
  if (program === undefined || finding === undefined) {
    return [`${head}: not found in ${tried} programs (${run})`, ''];
  }
  return [
    `${head}: found by program ${tried}, shrunk in ${shrinks} runs (${run})`,
    scenarioText(program),
    ...findingLines(finding),
    `  holds with ${defect.fix}`,
    `  replay: npm run litmus -- ${defect.id} --seed ${seed} --arch ${arch}`,
    '',
  ];
}

/** What was found where nothing may be, for a terminal. */
export function clearedLines(
  { seed, programs, program, finding }: Cleared,
  kind: Defect['kind'],
  arch: MachineArch,
  milliseconds: number,
): string[] {
  const run = `seed ${seed}, ${arch}, ${milliseconds} ms`;
  const what = kind === 'race' ? 'programs with races' : 'programs';
  if (program === undefined || finding === undefined) {
    return [`with every repair ${programs} ${what} break no rule (${run})`];
  }
  return [
    `with every repair this still breaks a rule (${run}):`,
    scenarioText(program),
    ...findingLines(finding),
  ];
}
