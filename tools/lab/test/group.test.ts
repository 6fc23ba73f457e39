/**
 * Goal: scenarios share a boot exactly when their machines boot alike. Method: machine lines of
 * every option.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { groupScenarios, readScenarios } from '../src/run/group.ts';
import { bootOptions, parseMachineLine } from '../src/run/machine-line.ts';

const scenario = (name: string, text: string) => ({ path: `/s/${name}`, name, text });

describe('the machine line', () => {
  test('words without a value are on, comments are none', () => {
    expect(parseMachineLine('machine bar=8G dyndbg # thp=never\nvfio\n')).toEqual({
      bar: '8G',
      dyndbg: 'on',
    });
  });

  test('counts only as the first line', () => {
    expect(parseMachineLine('vfio\nmachine bar=8G\n')).toEqual({});
  });

  test('options of the running system do not change the boot', () => {
    expect(bootOptions('machine thp=never dyndbg bar=2G levels=5', 'x86_64')).toEqual({
      bar: '2G',
      levels: '5',
    });
  });

  test('a scenario with a virtual machine boots arm64 at EL2, and x86 as always', () => {
    expect(bootOptions('machine bar=8G\nvfio\nkvm\n', 'arm64')).toEqual({ bar: '8G', el2: 'on' });
    expect(bootOptions('machine bar=8G\nvfio\nkvm\n', 'x86_64')).toEqual({ bar: '8G' });
  });

  test('the order of the words does not matter', () => {
    const [a, b] = ['machine pat=off bar=8G', 'machine bar=8G pat=off'];
    expect(JSON.stringify(bootOptions(a, 'x86_64'))).toBe(JSON.stringify(bootOptions(b, 'x86_64')));
  });
});

describe('groupScenarios', () => {
  test('puts like machines together, in order of appearance', () => {
    const groups = groupScenarios(
      [
        scenario('a.scn', 'machine bar=8G'),
        scenario('b.scn', 'machine bar=2G'),
        scenario('c.scn', 'machine bar=8G thp=never'),
        scenario('d.scn', 'vfio'),
      ],
      'x86_64',
    );
    expect(groups.map((group) => group.scenarios.map(({ name }) => name))).toEqual([
      ['a.scn', 'c.scn'],
      ['b.scn'],
      ['d.scn'],
    ]);
    expect(groups.map((group) => group.options)).toEqual([{ bar: '8G' }, { bar: '2G' }, {}]);
  });
});

describe('readScenarios', () => {
  const folder = mkdtempSync(join(tmpdir(), 'pfnmap-group-'));
  const write = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };

  test('refuses two files of one name', () => {
    const path = write('same.scn', 'vfio\n');
    expect(() => readScenarios([path, path])).toThrow(/same name/);
  });

  test('refuses a name the guest could not tell', () => {
    expect(() => readScenarios([write('a b.scn', 'vfio\n')])).toThrow(
      /a b\.scn: a scenario's name/,
    );
  });

  test('refuses a line that is too long for the guest, naming it', () => {
    const path = write('long.scn', `vfio\n#${'x'.repeat(600)}\n`);
    expect(() => readScenarios([path])).toThrow(`${path}:2:501`);
  });

  test('refuses a step there is not, naming file, line and column', () => {
    const path = write('typo.scn', 'vfio\n  touhc a\n');
    expect(() => readScenarios([path])).toThrow(`${path}:2:3: unknown step “touhc”`);
  });
});
