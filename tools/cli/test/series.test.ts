// `pfnmap series`: the patches told, played before and after, and found again.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type PlayScenario, parseScenario, playScenario } from '@pfnmap/scenario';
import { seriesScenarioNames } from '@pfnmap/series';
import { describe, expect, test } from 'vitest';
import { runMain } from './run-main.ts';

const lent = { play: playScenario };
const scenario = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/series/scenarios/${name}.scn`, import.meta.url));

const labScenarios = fileURLToPath(new URL('../../lab/scenarios/', import.meta.url));

const series = (...args: string[]) => runMain(['series', ...args], lent);

/** Shows a patch that another patch made visible, in few steps. */
const FORK = 'lab pages=0x80000\nmmap b lab length=4M align=2M\ntouch b\nfork\ntable b\nendfork\n';

describe('list and show', () => {
  test('the list has every patch and fix, with subject, package, state and what shows', async () => {
    const { out, exitCode } = await series();
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^07\/19 {2}mm\/fork: accept huge pfnmap entries +mm-fork +shows in 3 scenarios\n +1 GiB entries/m,
    );
    expect(out).toMatch(/^05\/19 .* prepares; shows from 17 on$/m);
    expect(out.match(/^\d\d\/19 /gm)).toHaveLength(19);
    expect(out.match(/^F\d+ /gm)).toHaveLength(18);
  });

  test('--json tells all covers', async () => {
    const document = JSON.parse((await series('--json')).out) as { patches: { number: number }[] };
    expect(document).toMatchObject({ format: 'pfnmap-series/1' });
    expect(document.patches.map(({ number }) => number)).toContain(19);
  });

  test.each([
    ['7', 'copy_huge_pmd  packages/mm-fork/src/copy-huge.ts:'],
    ['SERIES_PATCH_07', 'bc02afbd4d73'],
    ['f4', 'c1d9dac0db16'],
    ['11', 's390_pci_mmio_write  packages/s390-pci-mmio/src/create-s390-pci-mmio.ts'],
    ['F18', 'no further repair is known'],
  ])('show %s tells its cover', async (patch, text) => {
    const { out, exitCode } = await series('show', patch);
    expect(exitCode).toBe(0);
    expect(out).toContain(text);
  });

  test('show --json is one cover', async () => {
    const { out } = await series('show', '7', '--json');
    expect(JSON.parse(out)).toMatchObject({ format: 'pfnmap-series-show/1', number: 7 });
  });

  test.each([
    ['show', '20'],
    ['diff', 'F19'],
    ['diff', '0'],
  ])('%s %s is refused with advice', async (command, patch) => {
    const { err, exitCode } = await series(command, patch);
    expect(exitCode).toBe(2);
    expect(err).toContain(`there is no patch or fix "${patch}"`);
    expect(err).toContain('`pfnmap series` lists them');
  });
});

describe('diff', () => {
  test('it shows the entries that a patch changes, decoded, on every architecture', async () => {
    const { out, exitCode } = await series('diff', '7');
    expect(exitCode).toBe(0);
    expect(out).toContain('07-fork.scn on x86_64: answers change in 4 of 15 steps');
    expect(out).toContain('before    pud 0x8000000100000095, leaf at 0x100000000, 1G, UC-, P US');
    expect(out).toContain(
      'after     pud 0x8000000100000097, leaf at 0x100000000, 1G, UC-, P RW US',
    );
    expect(out).toContain('07-fork.scn on arm64: no answer changes in 15 steps');
  });

  test('--revert shows what a patch is for that changes nothing by itself', async () => {
    const { out, exitCode } = await series('diff', '5', '--revert', '--arch', 'arm64');
    expect(exitCode).toBe(0);
    expect(out).toContain('gup_fast_pmd_leaf: a struct page is taken for a frame of device memory');
  });

  test('a scenario of one’s own tells by its exit code whether an answer changes', async () => {
    const run = (patch: string) =>
      runMain(['series', 'diff', patch, '-'], { ...lent, stdin: FORK });
    expect((await run('17')).exitCode).toBe(1);
    const silent = await run('3');
    expect(silent.exitCode).toBe(0);
    expect(silent.out).toContain('no answer changes\n');
    expect(silent.out).toContain('played 1 scenario on x86_64; arm64, 12 steps');
  });

  test('a patch is played with other page sizes where only these show it', async () => {
    const { out } = await series('diff', '4', '--arch', 'arm64');
    expect(out).toContain('04-orders.scn on arm64: no answer changes in 6 steps');
    expect(out).toContain('04-orders.scn on arm64, 64K pages: answers change in 3 of 6 steps');
    expect(out).toMatch(/after {5}pmd 0x\w+, leaf at 0x8000000000, 512M/);
  });

  test('a patch that only prepares is played over the whole library', async () => {
    const unchanging: PlayScenario = (scenario, options) => {
      asked.push(`${options.kernel} ${scenario.file}`);
      return playScenario(parseScenario('mmap a anon\n', scenario.file), options);
    };
    const asked: string[] = [];
    const { out, exitCode } = await runMain(['series', 'diff', '3', '--arch', 'x86_64'], {
      play: unchanging,
    });
    expect(exitCode).toBe(0);
    expect(out).toContain(
      'no answer changes\nwhat it is for shows from patch 17 on: pfnmap series diff 03 --revert',
    );
    const library = seriesScenarioNames.length + readdirSync(labScenarios).length;
    expect(out).toContain(`played ${library} scenarios on x86_64`);
    expect(out).not.toContain('left out');
    expect(asked).toContain('posted-02 07-fork.scn');
    expect(asked).toHaveLength(2 * library);
  });

  test('progress is told on a terminal, and to nobody else', async () => {
    const run = (isTTY: boolean) =>
      runMain(['series', 'diff', '17', '-'], { ...lent, stdin: FORK, isTTY });
    expect((await run(true)).err).toContain('1 of 1: <stdin> on arm64');
    expect((await run(false)).err).toBe('');
  });

  test('--json tells changes by step and path', async () => {
    const { out } = await series('diff', 'F3', '--json', '--arch', 'x86_64');
    const { results } = JSON.parse(out) as { results: { changes: object[] }[] };
    expect(results[0]!.changes).toContainEqual(
      expect.objectContaining({ path: 'table[0].entry', before: '0x80000000fe0002b7' }),
    );
  });

  test('errors in a scenario are shown as in every other command', async () => {
    const { err, exitCode } = await runMain(['series', 'diff', '7', '-'], {
      ...lent,
      stdin: 'tuch a\n',
    });
    expect(exitCode).toBe(2);
    expect(err).toContain('<stdin>:1:1: unknown step "tuch"');
  });
});

describe('bisect', () => {
  const first = async (name: string, ...args: string[]): Promise<unknown> => {
    const { out } = await series('bisect', scenario(name), '--json', ...args);
    return (JSON.parse(out) as { point: { id: string } | null }).point?.id;
  };

  test.each([
    ['07-fork', '8={"table":[{"entry":"0x8000000100000097"}]}', '07'],
    ['07-fork', '9=pmd    0x8000000140000297', '17'],
    ['09-follow', '9=special', '09'],
    ['10-kvm', '7={"access":0}', '10'],
    ['13-dma', '6=ok', '13'],
    ['19-first-touch', '5=pmd    0x80000000fe0002b7', '19'],
    ['F4-unaligned-touch', '7={"table":[{"count":2}]}', 'F4'],
    ['F12-thp-never', '5={"table":[{"level":"pmd"},{}]}', 'F12'],
  ])('%s, line %s comes with %s', async (name, expectation, patch) => {
    expect(await first(name, '--expect', expectation)).toBe(patch);
  });

  test('all expectations must hold', async () => {
    const args = ['--expect', '9=pmd    0x8000000140000297', '--expect', '8=P RW'];
    expect(await first('07-fork', ...args)).toBe('17');
  });

  test('the text names the patch and shows both sides', async () => {
    const { out, exitCode } = await series('bisect', scenario('13-dma'), '--expect', '6=ok');
    expect(exitCode).toBe(0);
    expect(out).toBe(
      'first with 13/19 vfio: use the new follow_pfnmap API\n  before, line 6\n    fails with EINVAL\n  after, line 6\n    ok\n14 kernels played\n',
    );
  });

  test('without expectations every change is told', async () => {
    const { out } = await series('bisect', scenario('07-fork'), '--arch', 'arm64');
    expect(out).toMatch(/^18\/19 mm\/arm64: support large pfn mappings: answers change/);
  });

  test('an answer that no kernel gives is exit code 1', async () => {
    const { out, exitCode } = await series('bisect', scenario('13-dma'), '--expect', '6=EPERM');
    expect(exitCode).toBe(1);
    expect(out).toContain('no kernel from before the series to the last known one answers so');
  });

  test('an answer of the kernel before the series has no patch', async () => {
    const { out } = await series('bisect', scenario('13-dma'), '--expect', '6=EINVAL');
    expect(out).toBe('the kernel before the series answers so already\n');
  });

  test.each([
    ['6', '--expect 6 is not LINE=ANSWER'],
    ['99=ok', 'has no step in line 99'],
    ['6={"a"', 'is no JSON'],
  ])('--expect %s is refused with advice', async (expectation, message) => {
    const { err, exitCode } = await series('bisect', scenario('13-dma'), '--expect', expectation);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
  });
});
