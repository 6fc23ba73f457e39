// What `pfnmap check` prints and how it ends. The player is one that repeats captures of real kernels.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveKernel } from '@pfnmap/kconfig';
import type { Capture, PlayScenario } from '@pfnmap/scenario';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { capturesFolder, echoPlayer } from './echo-player.ts';
import { runMain } from './run-main.ts';

const name = '6.12-x86_64/01-bar-8g';
const file = `${capturesFolder}${name}.jsonl`;

/** A player that answers with some text of the capture replaced. */
const falsified = (from: string, to: string): PlayScenario =>
  echoPlayer((capture) => ({
    capture: JSON.parse(JSON.stringify(capture).replaceAll(from, to)) as Capture,
  }));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pfnmap-check-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('agreement', () => {
  test('is one line a capture and one for all', async () => {
    const { out, exitCode } = await runMain(['check', file]);
    expect(exitCode).toBe(0);
    expect(out).toBe(`agree    12 of 12 ${file}\n12 of 12 steps agree in 1 captures\n`);
  });

  test('is counted over folders, names of the repository and standard input', async () => {
    const { out, exitCode } = await runMain(['check', '6.12-arm64', name, '-', '--quiet'], {
      stdin: '{"machine":{"kernel":"6.12.117","arch":"x86_64","bdf":"b","options":{},"bar2":null}}',
    });
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^\d{4} of \d{4} steps agree in \d+ captures\n$/);
  });
});

describe('difference', () => {
  test('shows the step, the place and both entries decoded', async () => {
    const play = falsified('0x80000002800002b7', '0x80000002800000b7');
    const { out, exitCode } = await runMain(['check', file], { play });
    expect(exitCode).toBe(1);
    expect(out).toBe(
      [
        `differ   11 of 12 ${file}`,
        '  step 7  table a  table[2].entry',
        '    expected  pud 0x80000002800002b7, leaf at 0x280000000, 1G, UC-, P RW US PCD A PSE SPECIAL NX',
        '    got       pud 0x80000002800000b7, leaf at 0x280000000, 1G, UC-, P RW US PCD A PSE NX',
        '11 of 12 steps agree in 1 captures',
        '',
      ].join('\n'),
    );
  });

  test('shows five differences of a capture, or all', async () => {
    const play = falsified('"order":18', '"order":9');
    const { out } = await runMain(['check', file], { play });
    expect(out.match(/expected/g)).toHaveLength(5);
    expect(out).toContain('and 3 more differences; --all shows them');
    expect((await runMain(['check', file, '--all'], { play })).out.match(/expected/g)).toHaveLength(
      8,
    );
  });

  test('shows lines of the log, and what one side lacks', async () => {
    const play = echoPlayer((capture) => ({
      capture: { ...capture, log: ['WARNING'], steps: capture.steps.slice(0, -1) },
    }));
    const { out } = await runMain(['check', file, '--all'], { play });
    expect(out).toContain('  step 11  mm  step\n    expected  mm\n    got       nothing\n');
    expect(out).toContain('  log  [0]\n    expected  vfio-pci 0000:00:05.0');
    expect(out).toContain('    got       WARNING\n');
  });

  test('a model that fails agrees with nothing', async () => {
    const play: PlayScenario = () => {
      throw new TypeError('it broke');
    };
    const { out, exitCode } = await runMain(['check', file], { play });
    expect(exitCode).toBe(1);
    expect(out).toContain('the model failed: TypeError: it broke');
    expect(out).toContain('0 of 12 steps agree in 1 captures');
  });
});

describe('for programs', () => {
  test('--json prints one document', async () => {
    const play = falsified('0x80000002800002b7', '0x80000002800000b7');
    const { out, exitCode } = await runMain(['check', file, '--json'], { play });
    expect(exitCode).toBe(1);
    expect(JSON.parse(out)).toEqual({
      format: 'pfnmap-check/1',
      agree: 11,
      total: 12,
      captures: [
        {
          file,
          outcome: 'compared',
          kernel: '6.12.117+deb12-amd64',
          arch: 'x86_64',
          agree: 11,
          total: 12,
          differences: [
            {
              index: 6,
              step: 'table a',
              answer: 0,
              path: 'table[2].entry',
              expected: '0x80000002800002b7',
              got: '0x80000002800000b7',
            },
          ],
        },
      ],
    });
  });
});

describe('what is wrong', () => {
  const machine =
    '{"machine":{"kernel":"6.12.117","arch":"x86_64","bdf":"b","options":{},"bar2":null}}';

  test('a damaged capture is told, the others are checked all the same', async () => {
    const bad = join(folder, 'bad.jsonl');
    writeFileSync(bad, `${machine}\n{"step":"mm","answers":[{"gup":"1"}]}\n`);
    const { out, exitCode } = await runMain(['check', bad, file]);
    expect(exitCode).toBe(2);
    expect(out).toContain(`${bad}:2:32: answers[0].gup is the string "1", expected a whole number`);
    expect(out).toContain(
      '    2 | {"step":"mm","answers":[{"gup":"1"}]}\n      |                                ^',
    );
    expect(out).toContain('12 of 12 steps agree in 2 captures');
  });

  test('so is one of an architecture without a model', async () => {
    const other = join(folder, 'other.jsonl');
    writeFileSync(other, machine.replace('x86_64', 'riscv64'));
    const { out, exitCode } = await runMain(['check', other]);
    expect(exitCode).toBe(2);
    expect(out).toContain('there is no model of the architecture riscv64');
  });

  test('so is one of a kernel that the model does not know', async () => {
    const play: PlayScenario = () => {
      resolveKernel({ profile: '5.0', arch: 'x86' });
      throw new Error('unreachable');
    };
    const { out, exitCode } = await runMain(['check', file], { play });
    expect(exitCode).toBe(2);
    expect(out).toContain('there is no profile "5.0"');
  });

  test('--json tells it too', async () => {
    const { out, exitCode } = await runMain(['check', '-', '--json'], { stdin: '{}' });
    expect(exitCode).toBe(2);
    expect(JSON.parse(out)).toMatchObject({ captures: [{ file: '<stdin>', outcome: 'unusable' }] });
  });

  test('a folder without captures is an error', async () => {
    const { err, exitCode } = await runMain(['check', folder]);
    expect(exitCode).toBe(2);
    expect(err).toContain('holds no capture');
  });
});
