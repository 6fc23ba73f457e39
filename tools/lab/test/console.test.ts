/**
 * Goal: the console of a boot is read as the answers it holds, whatever the kernel prints between
 * and inside them. Method: logs written by hand after the protocol of guest/init and guest/run, and
 * the console of a kernel that died, whose capture was made by an earlier harness.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { formatCapture } from '../src/console/capture.ts';
import { ConsoleDemux, type ConsoleLine } from '../src/console/demux.ts';
import { ConsoleReader, parseConsole } from '../src/console/parse.ts';

const HEAD = [
  '@kernel 6.12.0-test',
  '@arch x86_64',
  '@bdf 0000:00:05.0',
  '@resource 0 0x00000000febd1000 0x00000000febd10ff 0x0000000000040200',
  '@resource 2 0x0000000200000000 0x00000003ffffffff 0x000000000014220c',
];

function log(...lines: string[]): string {
  return [...HEAD, ...lines, ''].join('\r\n');
}

function separateConsole(text: string): ConsoleLine[] {
  const demux = new ConsoleDemux();
  const lines = text.split('\n').map((line) => demux.line(line));
  const cut = demux.end();
  return cut ? [...lines, cut] : lines;
}

describe('ConsoleDemux', () => {
  test('a kernel message inside a line is taken out and the line joined', () => {
    expect(separateConsole('{"signal":[   16.594847] Disabling IRQ #4\n0}\n')).toEqual([
      { from: 'kernel', text: '[   16.594847] Disabling IRQ #4' },
      { from: 'program', text: '{"signal":0}' },
      { from: 'program', text: '' },
    ]);
  });

  test('two kernel messages inside one line are taken out', () => {
    const lines = separateConsole('{"a":[    1.000001] one\n[    1.000002] two\n1}');
    expect(lines.filter((line) => line.from === 'program')).toEqual([
      { from: 'program', text: '{"a":1}' },
    ]);
  });

  test('a message before the end of a line leaves the next line alone', () => {
    const lines = separateConsole('{"a":1}[    1.000001] one\n\n{"b":2}\n');
    expect(lines.filter((line) => line.text.startsWith('{')).map((line) => line.text)).toEqual([
      '{"a":1}',
      '{"b":2}',
    ]);
  });

  test('a repeated log line keeps its stamp', () => {
    const text = '@dmesg [    9.876543] vfio-pci 0000:00:05.0: BAR 2';
    expect(separateConsole(text)).toEqual([{ from: 'program', text }]);
  });
});

describe('parseConsole', () => {
  test('a scenario becomes a machine record and one record a step', () => {
    const text = log(
      '@begin a.scn',
      '> machine bar=8G   # a comment',
      '> touch a offset=1G write',
      '{"signal":0}',
      '{"calls":[]}',
      '@end a.scn',
      '@done',
    );
    const { captures, died, finished } = parseConsole(text, { bar: '8G' });
    expect(finished).toBe(true);
    expect(died).toBeUndefined();
    expect(formatCapture(captures[0]!)).toBe(
      [
        '{"machine":{"kernel":"6.12.0-test","arch":"x86_64","bdf":"0000:00:05.0","options":{"bar":"8G"},"bar2":{"start":"0x0000000200000000","end":"0x00000003ffffffff"}}}',
        '{"step":"machine bar=8G","answers":[]}',
        '{"step":"touch a offset=1G write","answers":[{"signal":0},{"calls":[]}]}',
        '',
      ].join('\n'),
    );
  });

  test('an oops is a crash of the step it happened in, without its numbers', () => {
    const text = log(
      '@begin a.scn',
      '> mprotect a offset=4K length=4K prot=r',
      '[   12.345678] BUG: unable to handle page fault for address: ffff888100000000',
      '[   12.345679] #PF: supervisor read access in kernel mode',
      '[   12.345680] Oops: Oops: 0000 [#1] PREEMPT SMP NOPTI',
      '[   12.345681] Kernel panic - not syncing: Fatal exception',
    );
    const { captures, died } = parseConsole(text, {});
    expect(died).toBe('a.scn');
    expect(captures[0]!.complete).toBe(false);
    expect(captures[0]!.steps.at(-1)).toEqual({
      step: 'mprotect a offset=4K length=4K prot=r',
      answers: [],
      crash: [
        'BUG: unable to handle page fault',
        'Oops: Oops',
        'Kernel panic - not syncing: Fatal exception',
      ],
    });
  });

  test('a guest that falls silent died in its step with no answer', () => {
    const { captures, died } = parseConsole(log('@begin a.scn', '> table a', '{"table":['), {});
    expect(died).toBe('a.scn');
    expect(captures[0]!.steps[0]).toEqual({
      step: 'table a',
      answers: [],
      garbled: ['{"table":['],
      crash: ['no answer'],
    });
  });

  test('a guest that falls silent between scenarios died in none', () => {
    const { died, finished } = parseConsole(log('@begin a.scn', '@end a.scn'), {});
    expect(died).toBeUndefined();
    expect(finished).toBe(false);
  });

  test('log lines lose what differs from run to run', () => {
    const text = log(
      '@begin a.scn',
      '> machine',
      '@dmesg [    3.141592] WARNING: CPU: 0 PID: 71 at include/linux/rwsem.h:80 unmap_page_range+0x1b0/0x9c0',
      '@dmesg [    3.141593] mm/pgtable-generic.c:42: bad pud 00000000deadbeef(80000002000002f7)',
      '@end a.scn',
      '@done',
    );
    expect(parseConsole(text, {}).captures[0]!.machine.log).toEqual([
      'WARNING: at include/linux/rwsem.h:80 unmap_page_range',
      'mm/pgtable-generic.c:42: bad pud(80000002000002f7)',
    ]);
  });

  test('an answer that a message fell into is not garbled', () => {
    const text = log(
      '@begin a.scn',
      '> touch a',
      '{"sig[    5.000000] hello',
      'nal":7}',
      '@end a.scn',
    );
    expect(parseConsole(text, {}).captures[0]!.steps[0]!.answers).toEqual([{ signal: 7 }]);
  });

  test('a capture is ASCII, whatever bytes the console held', () => {
    const text = log('@begin a.scn', '> touch \u00e9', '@end a.scn', '@done');
    expect(formatCapture(parseConsole(text, {}).captures[0]!)).toContain('touch \\u00e9');
  });
});

test('the console of a 7.3 that died is the capture of its scenario', () => {
  const here = (path: string) => new URL(path, import.meta.url);
  const text = readFileSync(here('fixtures/console-20-vma-split-in-1g.txt'), 'latin1');
  const { captures, died } = parseConsole(text, { bar: '8G' });
  expect(died).toBe('20-vma-split-in-1g.scn');
  expect(formatCapture(captures[0]!)).toBe(
    readFileSync(here('../captures/7.3-x86_64/20-vma-split-in-1g.jsonl'), 'utf8'),
  );
});

describe('ConsoleReader', () => {
  const text = log(
    '@begin a.scn',
    '> touch a',
    '{"signal":[    1.000001] one',
    '0}',
    '@end a.scn',
    '@begin b.scn',
    '> touch a',
    '{"signal":7}',
    '@end b.scn',
    '@begin c.scn',
    '> touch a',
    '[   12.345681] Kernel panic - not syncing: Fatal exception',
  );

  test('reads the same however the console is cut into pieces', () => {
    const whole = parseConsole(text, {});
    for (let cut = 0; cut <= text.length; cut++) {
      const reader = new ConsoleReader({});
      reader.push(text.slice(0, cut));
      reader.push(text.slice(cut));
      expect(reader.finish()).toEqual(whole);
    }
  });

  test('tells of a scenario as soon as it has ended, and not of one the kernel died in', () => {
    const told: string[] = [];
    const reader = new ConsoleReader({}, ({ name }) => told.push(name));
    const ends = [...text.matchAll(/@end [^\n]*\n/g)].map((match) => match.index + match[0].length);
    reader.push(text.slice(0, ends[0]));
    expect(told).toEqual(['a.scn']);
    reader.push(text.slice(ends[0]));
    expect(told).toEqual(['a.scn', 'b.scn']);
    expect(reader.finish().died).toBe('c.scn');
    expect(told).toEqual(['a.scn', 'b.scn']);
  });
});
