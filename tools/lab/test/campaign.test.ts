/**
 * Goal: a campaign asks everything once, loses nothing, and tells what is known from what is not. Method: kernels that are functions with a planted difference, and a model without it.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planScenarios } from '../src/campaign/plan.ts';
import { unexplained } from '../src/campaign/report/unexplained.ts';
import { readResult, writeReport } from '../src/campaign/report/write-report.ts';
import { runShard } from '../src/campaign/run-shard.ts';
import type { LabEvent } from '../src/reporter.ts';
import {
  fakeKernel,
  fakeModel,
  options,
  type Planted,
  right,
  wrongMprotect,
} from './fake-campaign.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-campaign-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('runShard', () => {
  test('asks one scenario for every seed, of the kinds in turn, and counts what it asked', async () => {
    const kernel = fakeKernel(right);
    const result = await runShard(options({ kernel }));
    expect(kernel.boots.flat().sort()).toEqual([
      ...['03', '06', '09', '12', '15', '18'].map((seed) => `bar-00${seed}.scn`),
      ...['01', '04', '07', '10', '13', '16'].map((seed) => `lab-00${seed}.scn`),
      ...['02', '05', '08', '11', '14', '17'].map((seed) => `proc-00${seed}.scn`),
    ]);
    expect(result.scenarios).toEqual({ total: 18, agree: 18 });
    expect(result.coverage.kind).toEqual({ bar: 6, lab: 6, proc: 6 });
    const all = planScenarios({
      ...options(),
      target: kernel.target,
      kinds: result.kinds,
      steps: fakeModel().steps,
    });
    const touches = all.flatMap(({ text }) => text.match(/^(in )?touch /gm) ?? []);
    expect(result.coverage.step!.touch).toBe(touches.length);
  });

  test('gives the same result however many boots run at once', async () => {
    const results = [1, 2, 7].map((jobs) =>
      runShard(options({ kernel: fakeKernel(wrongMprotect), jobs })),
    );
    const [one, ...others] = await Promise.all(results);
    for (const other of others) expect(other).toEqual(one);
  });

  test('leaves out steps that the model does not know', async () => {
    const steps = fakeModel().steps.filter((step) => step !== 'touch');
    const result = await runShard(options({ model: fakeModel({ steps }) }));
    expect(result.coverage.step!.touch).toBeUndefined();
    expect(result.coverage.step!.touchall).toBeGreaterThan(0);
  });

  test('boots what can damage a kernel alone', async () => {
    const kernel = fakeKernel(right);
    await runShard(options({ kernel, kinds: ['lab', 'hazard'], seeds: [{ first: 9, last: 12 }] }));
    const hazards = kernel.boots.filter((names) => names.some((name) => name.startsWith('hazard')));
    expect(hazards).toEqual([['hazard-0009.scn'], ['hazard-0011.scn']]);
  });

  test('refuses a kind that the target cannot have', async () => {
    const kernel = { ...fakeKernel(right), target: { ...fakeKernel(right).target, kvm: false } };
    await expect(runShard(options({ kernel, kinds: ['kvm'] }))).rejects.toThrow(/no kind kvm/);
  });

  test('tells how far it is', async () => {
    const events: LabEvent[] = [];
    await runShard(options({ reporter: (event) => events.push(event) }));
    expect(events.at(-1)).toEqual({
      type: 'campaign-progress',
      done: 18,
      total: 18,
      differing: 0,
      deaths: 0,
    });
  });
});

describe('what is known', () => {
  const strict = (step: string) => (/ strict/.test(step) ? 'queue_folios_pte_range' : undefined);
  const dies: Planted = (steps, at) => (strict(steps[at]!) ? 'dies' : undefined);
  const hazards = { kinds: ['hazard'] as const, seeds: [{ first: 1, last: 200 }] };

  test('a death the model knows the place of is explained, and no difference', async () => {
    const result = await runShard(
      options({ ...hazards, kernel: fakeKernel(dies), model: fakeModel({ bug: strict }) }),
    );
    expect(result.findings).toEqual([]);
    expect(result.deaths.length).toBeGreaterThan(0);
    for (const { agrees, explanation } of result.deaths) {
      expect(agrees).toBe(true);
      expect(explanation).toMatchObject({ id: 'mbind-strict', kind: 'kernel defect' });
    }
    expect(unexplained(result)).toEqual({ findings: [], deaths: [] });
  });

  test('a kernel that lives on where the model stops is told as a difference that is explained', async () => {
    const result = await runShard(options({ ...hazards, model: fakeModel({ bug: strict }) }));
    expect(result.findings.length).toBeGreaterThan(0);
    for (const { explanation } of result.findings) expect(explanation?.id).toBe('mbind-strict');
    expect(unexplained(result).findings).toEqual([]);
  });

  test('a death at a place that is not in the list stays open', async () => {
    const bug = (step: string) => (/ strict/.test(step) ? 'some_other_function' : undefined);
    const result = await runShard(
      options({ ...hazards, kernel: fakeKernel(dies), model: fakeModel({ bug }) }),
    );
    expect(unexplained(result).deaths).toEqual(result.deaths);
    expect(result.deaths.length).toBeGreaterThan(0);
  });

  test('a difference before the place the model stops in is not explained by it', async () => {
    const early: Planted = (_, at) => (at === 0 ? 'wrong' : undefined);
    const result = await runShard(
      options({ ...hazards, kernel: fakeKernel(early), model: fakeModel({ bug: strict }) }),
    );
    expect(result.findings.some(({ explanation }) => explanation)).toBe(false);
  });
});

describe('a folder', () => {
  test('of a finished shard gives the same result without a boot', async () => {
    const first = await runShard(options({ kernel: fakeKernel(wrongMprotect), folder }));
    const kernel = fakeKernel(wrongMprotect);
    expect(await runShard(options({ kernel, folder }))).toEqual(first);
    expect(kernel.boots).toEqual([]);
  });

  test('of an interrupted shard keeps every answer: only the rest is asked', async () => {
    const whole = await runShard(options({ kernel: fakeKernel(wrongMprotect) }));
    const kernel = fakeKernel(wrongMprotect, 7);
    await expect(runShard(options({ kernel, folder }))).rejects.toThrow('interrupted');
    expect(readdirSync(join(folder, 'captures')).length).toBe(7);
    const rest = fakeKernel(wrongMprotect);
    expect(await runShard(options({ kernel: rest, folder }))).toEqual(whole);
    const first18 = rest.boots.flat().filter((name) => /^\w+-\d+\.scn$/.test(name));
    expect(first18.length).toBe(18 - 7);
  });

  test('is held against another model without a boot', async () => {
    await runShard(options({ kernel: fakeKernel(right), folder }));
    const kernel = fakeKernel(right);
    const bug = (step: string) => (step.startsWith('mlock') ? 'mlock_fixup' : undefined);
    const result = await runShard(
      options({ kernel, folder, model: fakeModel({ bug, version: 'model-2' }) }),
    );
    expect(result.versions.model).toBe('model-2');
    expect(result.findings.length).toBeGreaterThan(0);
    expect(kernel.boots.flat().every((name) => /-[0-9a-f]{12}\.scn$/.test(name))).toBe(true);
  });

  test('of another kernel is refused', async () => {
    await runShard(options({ folder }));
    const kernel = { ...fakeKernel(right), release: '7.3.4' };
    await expect(runShard(options({ kernel, folder }))).rejects.toMatchObject({
      code: 'other-versions',
    });
  });

  test('with a capture that is torn or of another scenario asks again', async () => {
    await runShard(options({ folder }));
    const [torn, other] = ['bar-0003', 'bar-0006'].map((name) =>
      join(folder, 'captures', `${name}.jsonl`),
    );
    writeFileSync(torn!, readFileSync(torn!, 'utf8').slice(0, 200));
    writeFileSync(other!, readFileSync(join(folder, 'captures', 'lab-0004.jsonl')));
    const kernel = fakeKernel(right);
    await runShard(options({ kernel, folder }));
    expect(kernel.boots.flat().sort()).toEqual(['bar-0003.scn', 'bar-0006.scn']);
  });
});

describe('a report', () => {
  test('has every difference as a file, and reads back as the result', async () => {
    const result = await runShard(
      options({
        kernel: fakeKernel(wrongMprotect),
        kinds: ['lab'],
        seeds: [{ first: 1, last: 30 }],
      }),
    );
    const page = readFileSync(writeReport(folder, result), 'utf8');
    expect(readResult(folder)).toEqual(result);
    for (const { scenario, minimal } of result.findings) {
      expect(readFileSync(join(folder, 'differences', `${scenario}.scn`), 'utf8')).toBe(minimal);
      expect(page).toContain(`npx pfnmap lab compare 6.12-x86_64 differences/${scenario}.scn`);
    }
  });

  test('is one page that loads nothing, and shows text of a kernel as text', async () => {
    const evil: Planted = (steps, at) => (steps[at]!.startsWith('mlock ') ? 'dies' : undefined);
    const result = await runShard(options({ kernel: fakeKernel(evil), kinds: ['lab'] }));
    const words = result.deaths.map((death) => ({
      ...death,
      agrees: true,
      words: ['<script>x</script>'],
    }));
    const page = readFileSync(writeReport(folder, { ...result, deaths: words }), 'utf8');
    expect(page).not.toMatch(/<script|src=|href=|@import|url\(/);
    expect(page).toContain('&lt;script&gt;x&lt;/script&gt;');
  });

  test('of a folder without a result is an error that names the file', () => {
    expect(() => readResult(folder)).toThrow(join(folder, 'result.json'));
    writeFileSync(join(folder, 'result.json'), '{}');
    expect(() => readResult(folder)).toThrow(/pfnmap-campaign\/1/);
  });
});
