// The covers hold together: what they name is there.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { kernelProfiles, seriesPatches } from '@pfnmap/kconfig';
import { type Played, type PlayScenario, playScenario } from '@pfnmap/scenario';
import { describe, expect, test } from 'vitest';
import {
  bisect,
  experimentCovers,
  fixCovers,
  patchCovers,
  playBeforeAfter,
  type SeriesTarget,
  seriesLine,
  seriesPoint,
  seriesScenario,
  seriesScenarioNames,
  seriesTargets,
  turnsOf,
} from '../src/index.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const archs = ['x86_64', 'arm64'] as const;

describe('patches', () => {
  test('there are nineteen, as their symbols say', () => {
    expect(patchCovers.map(({ number, symbol }) => [number, symbol])).toEqual(
      seriesPatches.map(({ number, symbol }) => [number, symbol]),
    );
  });

  for (const cover of patchCovers)
    test(`${cover.symbol} names functions, packages, scenarios and fixes that exist`, () => {
      for (const { name, file } of cover.functions)
        if (file === undefined) expect(cover.effect).toBe('not modelled');
        else expect([name, readFileSync(root + file, 'utf8').includes(name)]).toEqual([name, true]);
      for (const name of cover.packages) expect(existsSync(`${root}packages/${name}`)).toBe(true);
      for (const name of cover.scenarios) expect(seriesScenarioNames).toContain(name);
      for (const id of cover.fixes) expect(fixCovers.map((fix) => fix.id)).toContain(id);
      expect(cover.effect === 'answers').toBe(cover.visibleFrom === cover.number);
    });

  test('a fix of a patch is listed there', () => {
    for (const { id, patch } of fixCovers)
      if (patch !== undefined && id !== 'F12') expect(patchCovers[patch - 1]!.fixes).toContain(id);
  });
});

test('there are eighteen fixes, each but the last with a symbol', () => {
  expect(fixCovers.map(({ id }) => id)).toEqual(
    Array.from({ length: 18 }, (_, index) => `F${index + 1}`),
  );
  expect(fixCovers.filter(({ symbol }) => symbol === undefined).map(({ id }) => id)).toEqual([
    'F18',
  ]);
});

test('an experiment has a symbol that no profile selects, packages that exist, and scenarios', () => {
  for (const { id, symbol, packages, scenarios } of experimentCovers) {
    for (const { selects } of kernelProfiles) expect(selects).not.toContain(symbol);
    for (const name of packages) expect(existsSync(`${root}packages/${name}`)).toBe(true);
    expect(scenarios.length).toBeGreaterThan(0);
    for (const name of scenarios) expect(seriesScenarioNames).toContain(name);
    expect(seriesPoint(id).symbol).toBe(symbol);
  }
});

test('the scenario files and the texts in the package are the same', () => {
  const files = readdirSync(`${root}packages/series/scenarios`).map((file) => file.slice(0, -4));
  expect(files.sort()).toEqual([...seriesScenarioNames].sort());
  for (const name of files) {
    const scenario = seriesScenario(name);
    const text = readFileSync(`${root}packages/series/scenarios/${name}.scn`, 'utf8');
    expect(text.split('\n')[0]).toMatch(/# (patch(es)?|fix|experiment) /);
    expect(scenario.steps.map((step) => step.text)).toEqual(
      text.split('\n').flatMap((line) => line.split('#')[0]!.trim() || []),
    );
  }
});

test('the table of the README is that of the covers', async () => {
  const script = new URL('../scripts/cover-letter.mjs', import.meta.url);
  const { withTable } = (await import(script.href)) as {
    withTable(readme: string, covers: typeof patchCovers): string;
  };
  const readme = readFileSync(`${root}packages/series/README.md`, 'utf8');
  expect(readme).toBe(withTable(readme, patchCovers));
  expect(() => withTable('', patchCovers)).toThrow('README.md has no lines');
});

describe('the line of changes', () => {
  test('its end has the changes of the last profile', () => {
    const older = ['MPROTECT_HUGE_PUD'];
    const all = [...seriesLine().map(({ symbol }) => symbol), ...older];
    expect(all.sort()).toEqual([...kernelProfiles.at(-1)!.selects].sort());
  });

  test('names of every kind find a point', () => {
    expect(seriesPoint('7').before.kernel).toBe('posted-06');
    expect(seriesPoint('01').before.kernel).toBe('base');
    expect(seriesPoint('f4').symbol).toBe('FIX_VFIO_ALIGN_TO_ORDER');
    expect(seriesPoint('SERIES_PATCH_19').after.kernel).toBe('posted-19');
    expect(seriesPoint('e1').before).toEqual({ kernel: '7.3', with: [] });
    expect(seriesPoint('E1').after.with).toEqual(['EXPERIMENT_SPLIT_LEAVES']);
    expect(seriesPoint('F10').after.with).toEqual(['FIX_VFIO_DMA_RETRY']);
    expect(() => seriesPoint('20')).toThrow('there is no patch or fix "20"');
  });
});

describe('the scenarios of a patch', () => {
  const changes = (id: string, name: string, target: SeriesTarget, how: 'applied' | 'reverted') => {
    const { arch, with: symbols } = target;
    const options = { arch, with: symbols, how };
    const scenario = seriesScenario(name);
    const { agree, total } = playBeforeAfter(
      playScenario,
      seriesPoint(id),
      scenario,
      options,
    ).comparison;
    return total - agree;
  };

  for (const { number, symbol, scenarios, effect, targets, visibleFrom } of patchCovers) {
    if (effect === 'not modelled') continue;
    const how = effect === 'answers' ? 'applied' : 'reverted';
    test(`${symbol} has three or more, or none where no answer ever tells it`, () => {
      expect(scenarios.length >= 3).toBe(visibleFrom !== undefined);
      expect(scenarios.length === 0).toBe(visibleFrom === undefined);
    });
    for (const name of scenarios)
      test(`${symbol}, ${how}, changes an answer of ${name}`, () => {
        const all = seriesTargets.map((target) => changes(`${number}`, name, target, how));
        expect(Math.max(...all)).toBeGreaterThan(0);
      });
    for (const target of targets)
      test.each(scenarios)(`${symbol} changes an answer of %s on ${target.name}`, (name) => {
        expect(changes(`${number}`, name, target, how)).toBeGreaterThan(0);
      });
  }

  for (const { id, scenarios, with: symbols } of fixCovers)
    test.each(scenarios)(`${id} changes an answer of %s`, (name) => {
      const all = seriesTargets.map((target) =>
        changes(id, name, { ...target, with: symbols }, 'applied'),
      );
      expect(Math.max(...all)).toBeGreaterThan(0);
    });

  for (const { id, archs: on, scenarios } of experimentCovers)
    test.each(scenarios)(`${id} changes an answer of %s`, (name) => {
      const targets = seriesTargets.filter(({ arch }) => on.includes(arch));
      const all = targets.map((target) => changes(id, name, target, 'applied'));
      expect(Math.max(...all)).toBeGreaterThan(0);
    });

  test('every scenario shows a patch, a fix or an experiment', () => {
    const named = [...patchCovers, ...fixCovers, ...experimentCovers].flatMap(
      ({ scenarios }) => scenarios,
    );
    expect([...new Set(named)].sort()).toEqual([...seriesScenarioNames].sort());
  });
});

describe('a patch that changes no answer by itself', () => {
  const silent = patchCovers.filter(({ effect }) => effect !== 'answers');

  test.each(
    seriesScenarioNames.flatMap((name) => seriesTargets.map((target) => [name, target] as const)),
  )('changes none of %s on $name', (name, { arch }) => {
    const played = new Map<string, Played>();
    const play: PlayScenario = (scenario, options) => {
      const key = options.kernel ?? '';
      const found = played.get(key) ?? playScenario(scenario, options);
      played.set(key, found);
      return found;
    };
    const scenario = seriesScenario(name);
    for (const { number } of silent) {
      const point = seriesPoint(`${number}`);
      const { differences } = playBeforeAfter(play, point, scenario, { arch }).comparison;
      expect([number, differences]).toEqual([number, []]);
    }
  });
});

describe('profiles', () => {
  /** The crashes that patches 5 and 6 prevent, and the one that experiment 1 does. */
  const crashes = (scenario: string) =>
    scenario === 'E1-boundary'
      ? [undefined, '__split_huge_pmd']
      : [undefined, 'gup_fast_pmd_leaf', 'do_pages_stat'];
  // Of the posted ones the last stands for all; the tests above play the others.
  for (const { name } of kernelProfiles.filter((each) => !/^posted-(0|1[0-8])/.test(each.name)))
    test(`${name} plays every scenario to its end, but for known crashes`, () => {
      for (const each of seriesScenarioNames)
        for (const arch of archs) {
          const { bug } = playScenario(seriesScenario(each), { arch, kernel: name });
          expect(crashes(each)).toContain(bug?.where);
        }
    });
});

describe('bisect', () => {
  const special = seriesScenario('17-special');
  const turns = (name: string, arch: (typeof archs)[number]): string[] =>
    turnsOf(playScenario, seriesScenario(name), arch).map(({ point }) => point.id);

  test('it finds the patch that brings an answer', () => {
    const found = bisect(playScenario, special, 'arm64', ({ bug }) => bug === undefined);
    expect(found?.point?.id).toBe('18');
    expect(found?.before?.bug?.where).toBe('gup_fast_pmd_leaf');
    expect(found?.played).toBe(19);
  });

  test('an answer that the kernel before the series gives has no patch', () => {
    const found = bisect(playScenario, special, 'x86_64', () => true);
    expect(found).toMatchObject({ point: undefined, played: 1 });
  });

  test('an answer that no kernel gives is not found', () => {
    expect(bisect(playScenario, special, 'x86_64', () => false)).toBeUndefined();
  });

  test('every change that a scenario can tell is told', () => {
    expect(turns('07-fork', 'x86_64')).toEqual(['04', '07', '17']);
    expect(turns('07-fork', 'arm64')).toEqual(['18']);
    expect(turns('F3-unaligned-pfn', 'x86_64')).toEqual(['19', 'F3']);
    expect(turns('F12-thp-never', 'arm64')).toEqual(['19', 'F12']);
    expect(turns('09-follow', 'x86_64')).toEqual(['04', '09', '17', 'FOLLOW_ADDR_MASK']);
  });
});
