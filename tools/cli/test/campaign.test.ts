// Goal: the model judges campaigns, and the commands say what they made of them. Method: a kernel that is the same model
// with one patch of the series taken out, and result files.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CampaignKernel, type Capture, runShard, type ShardResult } from '@pfnmap/lab';
import { formatCapture, parseScenario, playScenario } from '@pfnmap/scenario';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { campaignModel } from '../src/campaign-model.ts';
import { modelVersion } from '../src/model-version.ts';
import { runMain } from './run-main.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-cli-campaign-'));
  vi.stubEnv('PFNMAP_LAB_DIR', join(folder, 'cache'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A kernel that is the model of 6.12.117 without some patches. */
function modelAsKernel(reverted: readonly string[]): CampaignKernel {
  return {
    target: { name: '6.12-x86_64', arch: 'x86_64', pageSize: 4096, kvm: true },
    release: '6.12.117',
    guest: 'model',
    async ask(scenarios, take) {
      for (const { name, text } of scenarios) {
        const options = { arch: 'x86_64', kernel: '6.12.117', reverted } as const;
        const played = playScenario(parseScenario(text, name), options);
        const [machine, ...steps] = formatCapture(played.capture)
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
        await Promise.resolve();
        take({ name, machine, steps, complete: played.bug === undefined } as Capture);
      }
    },
  };
}

const campaign = (reverted: readonly string[]): Promise<ShardResult> =>
  runShard({
    kernel: modelAsKernel(reverted),
    model: campaignModel(playScenario),
    seeds: [{ first: 1, last: 12 }],
    kinds: ['lab'],
  });

describe('the model in a campaign', () => {
  test('agrees with itself', async () => {
    const { scenarios, findings } = await campaign([]);
    expect(scenarios).toEqual({ total: 12, agree: 12 });
    expect(findings).toEqual([]);
  });

  test('a kernel whose fork does not copy huge entries is found, and shrunk to a fork', async () => {
    const { findings } = await campaign(['SERIES_PATCH_07']);
    const minimal = findings.filter(({ shrunk }) => shrunk === 'minimal');
    expect(minimal.length).toBeGreaterThan(0);
    for (const { minimal: text, differences } of minimal) {
      expect(text).toMatch(/^fork$/m);
      expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(7);
      expect(differences[0]!.lines.join('\n')).toMatch(/kernel +[\s\S]*model/);
    }
  });

  test('says which model it is by what it is made of', () => {
    expect(modelVersion()).toMatch(/^\d+\.\d+\.\d+\S*\+[0-9a-f]{12}$/);
    expect(modelVersion()).toBe(modelVersion());
  });
});

describe('lab merge', () => {
  const write = (name: string, result: ShardResult): string => {
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(result));
    return path;
  };

  test('writes one report of all shards, and ends with 1 where a difference is open', async () => {
    const result = await campaign(['SERIES_PATCH_07']);
    const other = { ...(await campaign([])), seeds: [{ first: 13, last: 20 }] };
    const out = join(folder, 'whole');
    const paths = [write('a.json', result), write('b.json', other)];
    const ran = await runMain(['lab', 'merge', ...paths, '--out', out]);
    expect(ran.exitCode).toBe(1);
    expect(ran.out).toMatch(/\d+ of 24 scenarios agree/);
    expect(ran.out).toContain('differs: table');
    expect(readFileSync(join(out, 'report.html'), 'utf8')).toContain('1..20');
  });

  test('ends with 0 where all agree, and prints the result as JSON', async () => {
    const path = write('a.json', await campaign([]));
    const ran = await runMain(['lab', 'merge', path, '--out', folder, '--json']);
    expect(ran.exitCode).toBe(0);
    expect(JSON.parse(ran.out)).toEqual(JSON.parse(readFileSync(path, 'utf8')));
  });

  test('refuses what is no result, and shards that do not belong together', async () => {
    const wrong = join(folder, 'wrong.json');
    writeFileSync(wrong, '[]');
    const ran = await runMain(['lab', 'merge', wrong]);
    expect(ran.exitCode).toBe(2);
    expect(ran.err).toContain('wrong.json');
    const path = write('a.json', await campaign([]));
    const twice = await runMain(['lab', 'merge', path, path]);
    expect(twice.exitCode).toBe(2);
    expect(twice.err).toContain('Seed 1 is in two results');
  });
});

describe('lab campaign', () => {
  test('on a target that is not set up says which command does that', async () => {
    const { err, exitCode } = await runMain(['lab', 'campaign', '6.12-x86_64', '--seeds', '1..2']);
    expect(exitCode).toBe(3);
    expect(err).toContain('pfnmap lab setup 6.12-x86_64');
  });

  test('without seeds, with seeds or a shard that are none, is wrong input', async () => {
    const run = (...args: string[]) => runMain(['lab', 'campaign', '6.12-x86_64', ...args]);
    expect((await run()).exitCode).toBe(2);
    const wrong = [
      ['--seeds', '9..1'],
      ['--seeds', '1..8', '--shard', '9/8'],
      ['--seeds', '1..2', '--shard', '3/3'],
    ];
    for (const args of [...wrong, ['--seeds', '1', '--jobs', '0']]) {
      const { exitCode, err } = await run(...args);
      expect(exitCode, `${args}: ${err}`).toBe(2);
    }
  });
});

test('lab compare on a target that is not set up leaves nothing behind', async () => {
  vi.stubEnv('TMPDIR', folder);
  const { err, exitCode } = await runMain(['lab', 'compare', '6.12-x86_64', 'any.scn']);
  expect(exitCode).toBe(3);
  expect(err).toContain('pfnmap lab setup 6.12-x86_64');
  expect(readdirSync(folder)).toEqual([]);
});
