// What is refused, where the message points, and what it says to do.
import { expect, test } from 'vitest';
import { parseScenario, ScenarioError } from '../src/index.ts';
import { isPlain } from './plain.ts';
import { thrown } from './thrown.ts';

const failure = (text: string): ScenarioError => {
  const error = thrown(() => parseScenario(text, 'a.scn'));
  expect(error).toBeInstanceOf(ScenarioError);
  return error as ScenarioError;
};

test.each<[text: string, place: string, what: string, next: string]>([
  ['toch a', '1:1', 'unknown step "toch"', 'Did you mean "touch"?'],
  ['mm\n  frok', '2:3', 'unknown step "frok"', 'Did you mean "fork"?'],
  ['xyzzy', '1:1', 'unknown step "xyzzy"', 'Begin the line with one of them'],
  ['constructor', '1:1', 'unknown step "constructor"', ''],
  ['__proto__ a', '1:1', 'unknown step "__proto__"', ''],
  ['touch', '1:6', 'the name of a mapping is missing', 'Write it as word 2'],
  ['touch offset=4K', '1:7', 'the name of a mapping is missing', 'before any option'],
  ['touch write', '1:7', '"write" stands where the name of a mapping is expected', ''],
  ['mmap a', '1:7', 'what to map is missing', 'Write it as word 3'],
  ['mmap a bar7', '1:8', 'unknown value "bar7"', 'Did you mean "bar0"?'],
  ['mmap a bar2 lenght=8G', '1:13', 'unknown option "lenght" of mmap', 'Did you mean "length="?'],
  ['mmap a bar2 length', '1:13', 'length lacks a value', 'Write length=VALUE.'],
  ['mmap a bar2 privat', '1:13', 'unknown word "privat" of mmap', 'Did you mean "private"?'],
  ['mmap a bar2 private=1', '1:13', '"private" takes no value', 'Write private without "=".'],
  ['mmap a bar2 private shared', '1:21', 'private and shared exclude each other', 'Keep one'],
  ['mmap a bar2 shared shared', '1:20', 'shared stands twice', 'Keep one'],
  ['mmap a bar2 length=1 length=2', '1:22', 'length= stands twice', 'Keep one'],
  ['mmap a bar2 align=0', '1:19', 'number out of range for align= of mmap', 'another number'],
  ['mmap a bar2 prot=rq', '1:18', 'unknown protection "rq" for prot=', 'prot=rw'],
  ['mmap a bar2 prot=rr', '1:18', 'unknown protection "rr" for prot=', ''],
  ['mmap abcdefghijklmnop bar2', '1:6', 'the name "abcdefghijklmnop" is too long', 'shorter'],
  ['touch a"b', '1:7', '"a\\"b" is not a name', 'another one'],
  ['touch a offset=8192T', '1:16', 'number out of range for offset= of touch', 'smaller'],
  ['touch a offset=1G+2m', '1:19', '"2m" is not a number for offset= of touch', '"2M"'],
  ['touch a offset=', '1:16', 'a number is missing for offset= of touch', 'decimal or 0x'],
  ['touch a offset=0 b', '1:18', 'unknown word "b" of touch', ''],
  ['touch a =4', '1:9', 'unknown option "" of touch', ''],
  ['touchall a step=0', '1:17', 'number out of range for step= of touchall', ''],
  ['gup a fast slow', '1:12', 'fast and slow exclude each other', ''],
  ['vfio now', '1:6', 'unknown word "now" of vfio', ''],
  ['command', '1:8', 'the value of the command register is missing', ''],
  ['command 0x10000', '1:9', 'number out of range', ''],
  ['lab mode=falut', '1:10', 'unknown value "falut" for mode= of lab', 'Did you mean "fault"?'],
  ['lab mode=', '1:10', 'a value is missing for mode= of lab', ''],
  ['machine bar=3G', '1:13', 'a BAR of "3G" is impossible for bar= of machine', 'power of two'],
  ['machine bar=1K', '1:13', 'number out of range for bar= of machine', ''],
  ['machine levels=3', '1:16', 'unknown value "3" for levels= of machine', ''],
  ['machine thp=allways', '1:13', 'unknown value "allways" for thp=', 'Did you mean "always"?'],
  ['machine cpu=', '1:13', 'a value is missing for cpu= of machine', ''],
  ['in', '1:3', 'the step is missing', 'Write behind "in"'],
  ['in fork', '1:4', 'the peer cannot do "fork"', 'without "in"'],
  ['in in mm', '1:4', 'the peer cannot do "in"', ''],
  ['in toch a', '1:4', 'unknown step "toch"', 'Did you mean "touch"?'],
  ['in touch a wirte', '1:12', 'unknown word "wirte" of touch', 'Did you mean "write"?'],
  ['machine\nmachine', '2:1', 'a second machine line', 'Keep one of them.'],
  ['vfio\nmachine', '2:1', 'a late machine line', 'Move it to the top.'],
  ['mm\nendfork', '2:1', 'endfork without fork', 'Remove it'],
  ['fork\nendfork\nendfork', '3:1', 'endfork without fork', ''],
  ['mm\n fork\nmm', '2:2', 'fork without endfork', 'Write endfork'],
  ['fork\nfork\nendfork', '1:1', 'fork without endfork', ''],
  ['\ufefftouch a', '1:1', 'a byte order mark', 'without byte order mark'],
])('%j', (text, place, what, next) => {
  const error = failure(text);
  expect(`${error.line}:${error.column}`).toBe(place);
  expect(error.what).toContain(what);
  expect(error.next).toContain(next);
});

test('the message has file, line, column, what, why and what to do', () => {
  expect(failure('vfio\nmmap a bar2 lenght=8G').message).toBe(
    [
      'a.scn:2:13: unknown option "lenght" of mmap',
      '  The step mmap takes the name of a mapping, what to map, offset=, length=, align=, phase=, prot=, shared, private and anywhere.',
      '  Did you mean "length="?',
    ].join('\n'),
  );
});

test('a step that nobody knows is told which there are', () => {
  expect(failure('xyzzy').why).toMatch(
    /^The steps are machine, vfio, lab, mmap, .*, kvmstat, stage2 and in\.$/,
  );
});

test('names that no mapping has are no mistake of the text: the runner answers to them', () => {
  expect(parseScenario('touch nowhere', 'a.scn').steps).toHaveLength(1);
});

test('a message holds nothing that a terminal would obey', () => {
  expect(isPlain(failure('\u001b[2J\u009b5m').message)).toBe(true);
});

test('long words are cut in messages', () => {
  expect(failure('x'.repeat(1_000_000)).message.length).toBeLessThan(1000);
});
