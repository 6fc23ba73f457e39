/**
 * Goal: mistakes in a scenario are found before a boot is spent on it. Method: one mistake of each
 * sort, and every scenario that comes with the lab.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GUEST_DIR, SCENARIO_DIR } from '../src/guest-files.ts';
import { checkScenario, STEP_FORMS } from '../src/language.ts';

describe('checkScenario', () => {
  test.each([
    ['machine bar=8Q', '1:9: bar= takes a number'],
    ['machine bars=8G', '1:9: unknown option “bars=”'],
    ['vfio\nmachine bar=8G', '2:1: “machine” may only stand on the first line'],
    ['mmap a', '1:7: a word is missing here'],
    ['mmap a bar7', '1:8: this has to be one of bar0'],
    ['mmap abcdefghijklmnop bar2', '1:6: a name has at most 15 characters'],
    ['touch a offset=0x writ', '1:9: offset= takes a number'],
    ['touch a offset=4K writ', '1:19: unknown word “writ”'],
    ['mprotect a prot=wr', '1:12: prot= cannot be “wr”'],
    ['command on', '1:9: this has to be a number'],
    ['fork\ntouch a', '1:1: this fork has no endfork'],
    ['peer\n in', '2:4: a step is missing here'],
    ['peer\nin touch a ofset=0', '2:12: unknown option “ofset=”'],
    ['peer\nin fork', '2:4: the peer cannot do “fork”'],
    ['endfork', '1:1: endfork: there is no fork before it'],
    ['fork\nfork\nendfork', '2:1: fork: a child cannot fork'],
  ])('%j is refused', (text, message) => {
    expect(() => checkScenario(text, 'x.scn')).toThrow(`x.scn:${message}`);
  });

  test('sums, hexadecimal numbers, comments and empty lines are fine', () => {
    const text = 'machine bar=8G # first\n\nvfio\nmmap a bar2 offset=1G+0x200000 length=2M # a\n';
    expect(() => checkScenario(text, 'x.scn')).not.toThrow();
  });

  test.each(readdirSync(SCENARIO_DIR))('%s is well formed', (name) => {
    const text = readFileSync(join(SCENARIO_DIR, name), 'utf8');
    expect(() => checkScenario(text, name)).not.toThrow();
  });
});

test('the runner in the guest knows exactly the steps of the language', () => {
  const source = readFileSync(join(GUEST_DIR, 'run', 'main.c'), 'utf8');
  const inTable = [...source.matchAll(/\{ "(\w+)", op_\w+, [01] \}/g)].map((match) => match[1]);
  expect([...inTable, 'fork', 'endfork'].sort()).toEqual(Object.keys(STEP_FORMS).sort());
});

test('every step of the language is described in SCENARIO.md', () => {
  const text = readFileSync(join(GUEST_DIR, '..', 'SCENARIO.md'), 'utf8');
  for (const name of Object.keys(STEP_FORMS)) expect(text).toMatch(new RegExp(`\`${name}\\b`));
});
