/**
 * Goal: what differs is shrunk to the least that shows it, with no more boots than that needs. Method: kernels that are
 * functions with a planted difference, and a model without it.
 */
import { describe, expect, test } from 'vitest';
import { runShard } from '../src/campaign/run-shard.ts';
import { checkScenario } from '../src/language.ts';
import { fakeKernel, options, type Planted, showsBy, wrongMprotect } from './fake-campaign.ts';

describe('shrinking', () => {
  test('finds the least scenario that shows a planted difference', async () => {
    const result = await runShard(
      options({
        kernel: fakeKernel(wrongMprotect),
        kinds: ['lab'],
        seeds: [{ first: 1, last: 60 }],
      }),
    );
    const { findings } = result;
    expect(findings.length).toBeGreaterThan(3);
    const minimal = findings.filter(({ shrunk }) => shrunk === 'minimal');
    expect(minimal.length).toBe(3);
    for (const finding of minimal) {
      expect(finding.signature).toBe('mprotect answer');
      const operations = finding.minimal
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]);
      expect([...operations].sort()).toEqual([
        'endfork',
        'fork',
        'machine',
        'mmap',
        'mprotect',
        'touch',
      ]);
    }
  });

  test('leaves nothing that could be left out', async () => {
    const { findings } = await runShard(
      options({
        kernel: fakeKernel(wrongMprotect),
        kinds: ['lab', 'fork'],
        seeds: [{ first: 1, last: 40 }],
      }),
    );
    for (const { minimal, shrunk, signature } of findings) {
      expect(showsBy(wrongMprotect, minimal, signature)).toBe(true);
      if (shrunk !== 'minimal') continue;
      const lines = minimal.trimEnd().split('\n');
      for (const at of lines.keys()) {
        // The BAR's size stays; what names a mapping goes with it, and a child's end with its start.
        if (/^(machine|mmap|fork|endfork)/.test(lines[at]!)) continue;
        const less = lines.filter((_, index) => index !== at).join('\n');
        expect(showsBy(wrongMprotect, less, signature), `${minimal} without ${at}`).toBe(false);
      }
    }
  });

  test('of those that look alike all lose what needs no kernel to be left out', async () => {
    const { findings } = await runShard(
      options({
        kernel: fakeKernel(wrongMprotect),
        kinds: ['lab'],
        seeds: [{ first: 1, last: 60 }],
      }),
    );
    for (const { minimal } of findings.filter(({ shrunk }) => shrunk === 'cut')) {
      expect(minimal).not.toMatch(/^(table|walk|pagemap|mm)\b/m);
      expect(minimal.trimEnd().split('\n').at(-1)).toMatch(/^(mprotect|endfork)/);
    }
  });

  test('a kernel that is wrong in many ways is asked about each, but not about all that show it', async () => {
    // Another step of every scenario is wrong, so that many operations look wrong.
    const often: Planted = (steps, at) => (at === 3 + (steps.length % 19) ? 'wrong' : undefined);
    const { findings } = await runShard(
      options({ kernel: fakeKernel(often), seeds: [{ first: 1, last: 150 }] }),
    );
    const further = findings.filter(({ shrunk }) => shrunk !== 'cut');
    expect(further).toHaveLength(24);
    const looks = new Set(findings.map(({ signature }) => signature));
    expect(looks.size).toBeGreaterThan(8);
    expect(new Set(further.map(({ signature }) => signature)).size).toBe(Math.min(looks.size, 24));
  });

  test('what does not show again keeps its whole scenario and says so', async () => {
    let asked = 0;
    const once: Planted = (steps, at) =>
      steps[at] === 'smapsrollup' && asked++ === 0 ? 'wrong' : undefined;
    const { findings } = await runShard(options({ kernel: fakeKernel(once), kinds: ['proc'] }));
    expect(findings).toMatchObject([{ shrunk: 'vanished', signature: 'smapsrollup answer' }]);
    expect(findings[0]!.minimal.split('\n').length).toBe(findings[0]!.steps + 1);
  });

  test('a kernel that dies where the model does not is shrunk like any difference', async () => {
    const dies: Planted = (steps, at) => (steps[at]!.startsWith('mlock ') ? 'dies' : undefined);
    const result = await runShard(
      options({ kernel: fakeKernel(dies), kinds: ['lab'], seeds: [{ first: 1, last: 9 }] }),
    );
    expect(result.deaths.length).toBeGreaterThan(0);
    expect(result.deaths[0]).toMatchObject({ words: ['Oops: planted'], agrees: false });
    expect(result.findings.length).toBe(result.deaths.length);
    expect(result.findings[0]!.minimal).toMatch(/^machine bar=8G\nmmap \w+ lab\nmlock \w+\n$/);
  });

  test('every scenario it asks for, and each it ends with, is well formed', async () => {
    const dies: Planted = (steps, at) =>
      steps[at]!.startsWith('mprotect ') && steps.slice(0, at).includes('fork')
        ? 'dies'
        : wrongMprotect(steps, at);
    const kernel = fakeKernel(dies);
    const ask: typeof kernel.ask = (scenarios, take) => {
      for (const { text, name } of scenarios) checkScenario(text, name);
      return kernel.ask(scenarios, take);
    };
    const kinds = ['lab', 'kvm', 'peer', 'fork'] as const;
    const { findings } = await runShard(
      options({ kernel: { ...kernel, ask }, kinds, seeds: [{ first: 1, last: 25 }] }),
    );
    expect(findings.length).toBeGreaterThan(10);
    for (const { minimal, scenario } of findings) checkScenario(minimal, scenario);
  });
});
