// Goal: an address of a scenario is followed through the entries that real kernels had. Method: at every step where a kernel told
// the entries on the way down, `stage2` or `walk`, the translation must meet the same.
import { describe, expect, test } from 'vitest';
import {
  type CapturedMachine,
  type PlayOptions,
  parseCapture,
  parseScenario,
  type Scenario,
  scenarioOfCapture,
  type TranslationQuery,
  translateScenario,
} from '../src/index.ts';
import { captures } from './lab-files.ts';

const optionsOf = ({ arch, kernel, bar2 }: CapturedMachine): PlayOptions => ({
  arch: arch === 'aarch64' ? 'arm64' : 'x86_64',
  kernel,
  bar2Start: BigInt(bar2!.start),
});

const ADDRESS = 0x000ffffffffff000n;
const IN_RAM: Readonly<Record<string, (address: bigint) => boolean>> = {
  x86_64: (address) => address < 2n ** 30n,
  aarch64: (address) => address < 2n ** 31n,
};

/** Words without the addresses of RAM, as captures tell them. */
const told = (arch: string, word: bigint): bigint =>
  IN_RAM[arch]!(word & ADDRESS) ? word & ~ADDRESS : word;

/** What a translation meets in one of its stages. */
function metIn(
  kind: 'stage2' | 'host',
  scenario: Scenario,
  machine: CapturedMachine,
  query: TranslationQuery,
): { size: number; level: string; word: bigint }[] {
  const { translation } = translateScenario(scenario, optionsOf(machine), query);
  if ('kind' in translation) throw new Error(translation.kind);
  const { entries } = translation.stages.find((stage) => stage.kind === kind)!;
  return entries.map(({ size, level, word }) => ({ size, level, word: told(machine.arch, word) }));
}

const read = captures
  .filter(({ name }) => /(29|38|39|40)-stage2|22-kvm-blocks|14-kvm|01-bar-8g|07-split/.test(name))
  .map(({ name, text }) => [name, text] as const);

test.each(read)('the translation meets the entries that the kernel told: %s', (name, text) => {
  const capture = parseCapture(text, name);
  const { machine } = capture;
  const scenario = scenarioOfCapture(capture, name);
  for (const [after, step] of scenario.steps.entries()) {
    const [answer] = capture.steps[after]!.answers;
    if (answer === undefined) continue;
    if (step.op === 'stage2' && 'stage2' in answer) {
      const query = { from: 'gpa', address: step.gpa, after } as const;
      const met = metIn('stage2', scenario, machine, query);
      expect(met.map(({ size, word }) => [size, word])).toEqual(
        answer.stage2.map(({ size, entry }) => [Number(size), BigInt(entry)]),
      );
    }
    if (step.op === 'walk' && 'walk' in answer) {
      const query = { from: 'hva', address: step.offset, map: step.name, after } as const;
      const met = metIn('host', scenario, machine, query);
      // The kernel tells folded levels too, with the entry of the level above.
      const own = answer.walk.filter(({ level }) => met.some((entry) => entry.level === level));
      expect(met.map(({ level, word }) => [level, word])).toEqual(
        own.map(({ level, entry }) => [level, BigInt(entry)]),
      );
    }
  }
});

test('there are captures that tell the entries of both stages', () => {
  expect(read.length).toBeGreaterThan(20);
  const steps = read.flatMap(([, text]) => [...text.matchAll(/"step":"(stage2|walk) /g)]);
  expect(steps.filter(([, op]) => op === 'stage2').length).toBeGreaterThan(100);
  expect(steps.filter(([, op]) => op === 'walk').length).toBeGreaterThan(4);
});

describe('what cannot be followed is refused', () => {
  const options = { arch: 'x86_64', kernel: '6.12.117' } as const;
  const translated = (lines: string, query: TranslationQuery) =>
    translateScenario(parseScenario(lines, 'a.scn'), options, query);

  test('a mapping that is not there, with those that are', () => {
    const { translation } = translated('vfio\nmmap a bar2\nmmap bb bar2', {
      from: 'hva',
      address: 0,
      map: 'c',
    });
    expect(translation).toEqual({ kind: 'no map', maps: ['a', 'bb'] });
  });

  test('a guest before there is one', () => {
    const query = { from: 'gpa', address: 0, after: 0 } as const;
    expect(translated('vfio\nkvm', query).translation).toEqual({ kind: 'no vm' });
    expect(translated('vfio\nkvm', { ...query, after: 1 }).translation).toHaveProperty('stages');
  });

  test('anything after the kernel died', () => {
    const lines = 'vfio\nmmap a bar2 length=1G align=1G\ntouch a\nmprotect a length=4K prot=r\nmm';
    const query = { from: 'hva', address: 0, map: 'a' } as const;
    const { translation } = translated(lines, query);
    expect(translation).toMatchObject({ kind: 'bug', step: { line: 4 } });
    expect(translated(lines, { ...query, after: 2 }).translation).toMatchObject({
      physical: 0x200000000,
    });
  });

  test('a child that fork could not make', () => {
    const lines =
      'lab mode=remap\nmmap a lab length=64K private\ntouch a write\nfork\nmm\nendfork\nmm';
    const query = { from: 'hva', address: 0, map: 'a', after: 4 } as const;
    expect(translated(lines, query).translation).toEqual({ kind: 'no child' });
    expect(translated(lines, { ...query, after: 6 }).translation).toHaveProperty('physical');
  });

  test('the address of a child is its own', () => {
    const lines = 'vfio\nmmap a bar2 length=1G align=1G\nfork\ntouch a\nendfork\nmm';
    const query = { from: 'hva', address: 0, map: 'a' } as const;
    expect(translated(lines, { ...query, after: 3 }).translation).toMatchObject({
      physical: 0x200000000,
    });
    expect(translated(lines, query).translation).toMatchObject({ physical: undefined });
  });
});
