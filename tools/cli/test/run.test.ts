// What `pfnmap run` prints and how it ends. The player is one that repeats captures of real kernels.
import { readFileSync } from 'node:fs';
import type { PlayOptions, PlayScenario } from '@pfnmap/scenario';
import { describe, expect, test } from 'vitest';
import { capturesFolder, echoPlayer, scenariosFolder } from './echo-player.ts';
import { runMain } from './run-main.ts';

const scenario = `${scenariosFolder}01-bar-8g.scn`;

/** A player that remembers how it was called. */
function spy(): { play: PlayScenario; calls: PlayOptions[] } {
  const calls: PlayOptions[] = [];
  const play: PlayScenario = (plan, options) => {
    calls.push(options);
    return echoPlayer()(plan, options);
  };
  return { calls, play };
}

describe('for people', () => {
  test('every step is shown with its answers, tables decoded in columns', async () => {
    const { out, exitCode } = await runMain(['run', scenario]);
    expect(exitCode).toBe(0);
    const lines = out.split('\n');
    expect(lines[0]).toBe(`${scenario} on Linux 6.12.117+deb12-amd64, x86_64`);
    expect(lines).toContain('   3  mmap a bar2 length=8G align=1G');
    expect(lines).toContain('      at 0x200000000000');
    expect(lines).toContain(
      '          offset  level  entry               count  covers  is                   memory  bits',
    );
    expect(lines).toContain(
      '      0x80000000  pud    0x80000002800002b7      6      6G  leaf at 0x280000000  UC-     P RW US PCD A PSE SPECIAL NX',
    );
    expect(lines).toContain('      pfn 0x240000, pgprot 0x80000000000002f7, writable, special');
    expect(lines).toContain('mapped       8G by 8 entries of 1G (pud)');
    expect(lines).toContain('faults       8, with 8 handler calls');
    expect(lines).toContain('page tables  4K');
  });

  test('the last line is the command that does it again', async () => {
    const { out } = await runMain(['run', scenario, '--arch', 'aarch64', '--without', 'THP']);
    expect(out.trimEnd().split('\n').at(-1)).toBe(
      `again: pfnmap run ${scenario} --arch arm64 --kernel 6.12.117 --without THP`,
    );
  });

  test('a handler call is told in words where the kernel log does not tell it', async () => {
    const { out } = await runMain(['run', scenario]);
    expect(out).toContain(
      '      vfio-pci handler, order 18, write at a+0x40000000: VM_FAULT_NOPAGE\n',
    );
  });

  test('a handler call is told by the line of the kernel log where there is one', async () => {
    const text =
      'vfio-pci 0000:00:05.0: vfio_pci_mmap_huge_fault(,order = 18) BAR 2 page offset 0x0: 0x100';
    const play: PlayScenario = (plan, options) =>
      echoPlayer()(plan, {
        ...options,
        onStep: (step) => options.onStep?.({ ...step, events: [{ kind: 'printk', text }] }),
      });
    const { out } = await runMain(['run', scenario], { play });
    expect(out).toContain(`      ${text}\n`);
    expect(out).not.toContain('handler, order');
  });

  test('locks and flushes are shown on request only', async () => {
    const play: PlayScenario = (plan, options) =>
      echoPlayer()(plan, {
        ...options,
        onStep: (step) =>
          options.onStep?.({ ...step, events: [{ kind: 'lock', text: 'acquire mmap_lock' }] }),
      });
    expect((await runMain(['run', scenario], { play })).out).not.toContain('mmap_lock');
    const { out } = await runMain(['run', scenario, '--events'], { play });
    expect(out).toContain('      acquire mmap_lock\n');
  });

  test('thousands of handler calls are counted, not shown', async () => {
    const { out } = await runMain(['run', '19-dma', '--arch', 'x86_64'], {
      play: (plan, options) => {
        const calls = Array.from({ length: 3000 }, () => ({ s2fault: '0x1000' as const }));
        const change = echoPlayer()(plan, { ...options, onStep: () => {} });
        const record = { step: 'kvmaccess', answers: [{ calls }] };
        options.onStep?.({ step: plan.steps[0]!, record, events: [] });
        return change;
      },
    });
    expect(out.match(/guest fault/g)).toHaveLength(19);
    expect(out).toContain('… and 2981 more');
  });

  test('a bug of the kernel is told with its rule', async () => {
    const bug = {
      what: 'a leaf is read as a table',
      where: 'change_pmd_range',
      rule: 'R',
      kernels: 'K',
    };
    const { out, exitCode } = await runMain(['run', scenario], {
      play: echoPlayer(() => ({ bug })),
    });
    expect(out).toContain(
      'The kernel dies here: a leaf is read as a table\nwhere    change_pmd_range\n',
    );
    expect(exitCode).toBe(0);
  });
});

describe('for programs', () => {
  test('--json prints the capture records and nothing else', async () => {
    const { out, err } = await runMain(['run', scenario, '--json']);
    expect(out).toBe(readFileSync(`${capturesFolder}6.12-x86_64/01-bar-8g.jsonl`, 'utf8'));
    expect(err).toBe('');
  });

  test('--events goes with text only', async () => {
    const { err, exitCode } = await runMain(['run', scenario, '--json', '--events']);
    expect(exitCode).toBe(2);
    expect(err).toContain("'--events' cannot be used with option '--json'");
  });
});

describe('options', () => {
  test('what is asked for reaches the player', async () => {
    const { play, calls } = spy();
    const symbols = ['--with', 'A,B', '--with', 'C', '--without', 'D'];
    await runMain(['run', scenario, '--arch', 'arm64', '--kernel', '7.3', ...symbols], { play });
    expect(calls).toMatchObject([
      { arch: 'arm64', kernel: '7.3', with: ['A', 'B', 'C'], without: ['D'], events: false },
    ]);
  });

  test('a capture is played on the machine it was made on', async () => {
    const { play, calls } = spy();
    await runMain(['run', `${capturesFolder}6.12-arm64/14-kvm.jsonl`], { play });
    expect(calls).toMatchObject([
      { arch: 'arm64', kernel: '6.12.117+deb12-arm64', bar2Start: 0x8000000000n },
    ]);
  });

  test('a capture can be played on another architecture', async () => {
    const { play, calls } = spy();
    const file = `${capturesFolder}6.12-arm64/14-kvm.jsonl`;
    await runMain(['run', file, '--arch', 'x86_64'], { play });
    expect(calls).toMatchObject([{ arch: 'x86_64', kernel: '6.12.117' }]);
    expect(calls[0]).not.toHaveProperty('bar2Start');
  });

  test('a scenario of the repository is found by its name', async () => {
    const { out, exitCode } = await runMain(['run', '05-fork']);
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^tools\/lab\/scenarios\/05-fork\.scn on/m);
  });

  test('- reads standard input', async () => {
    const { out, exitCode } = await runMain(['run', '-'], { stdin: 'machine\nvfio\n' });
    expect(exitCode).toBe(0);
    expect(out).toContain('<stdin> on Linux');
  });
});

describe('what is wrong', () => {
  test('a mistake in the scenario is shown with its line', async () => {
    const { err, out, exitCode } = await runMain(['run', '-'], {
      stdin: 'vfio\n  mmap a bar2 lenght=8G\n',
    });
    expect(exitCode).toBe(2);
    expect(out).toBe('');
    expect(err).toBe(
      [
        'pfnmap: <stdin>:2:15: unknown option "lenght" of mmap',
        '    2 |   mmap a bar2 lenght=8G',
        '      |               ^',
        '  The step mmap takes the name of a mapping, what to map, offset=, length=, align=, phase=, prot=, shared, private and anywhere.',
        '  Did you mean "length="?',
        '',
      ].join('\n'),
    );
  });

  test.each([
    [['run', 'nowhere.scn'], 'nowhere.scn does not exist.'],
    [['run', `${scenariosFolder}01-bar-8.scn`], `Did you mean ${scenariosFolder}01-bar-8g.scn?`],
    [['run', ''], 'A file without a name does not exist.'],
    [['check', ''], 'A file without a name does not exist.'],
    [['run', scenariosFolder], 'is a folder, not a file.'],
    [['run', scenario, '--arch', 'arm'], 'It is x86_64 or arm64.'],
    [['run', scenario, '--kernal', '7.3'], '(Did you mean --kernel?)'],
    [['run'], "missing required argument 'file'"],
    [['run', scenario, 'more'], 'too many arguments'],
  ])('%j', async (args, message) => {
    const { err, exitCode } = await runMain(args);
    expect(exitCode).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain('    at ');
  });

  test('a defect of the model is told as one, with a stack only on request', async () => {
    const play: PlayScenario = () => {
      throw new TypeError('it broke');
    };
    const { err, exitCode } = await runMain(['run', scenario], { play });
    expect(exitCode).toBe(1);
    expect(err).toContain('pfnmap: TypeError: it broke\n  This is a defect of pfnmap.');
    expect(err).not.toContain('    at ');
    expect((await runMain(['run', scenario, '--debug'], { play })).err).toContain('    at ');
  });
});
