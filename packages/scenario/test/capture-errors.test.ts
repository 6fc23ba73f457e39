// What is no capture, where the message points, and what it says.
import { expect, test } from 'vitest';
import { CaptureError, formatCapture, parseCapture, scenarioOfCapture } from '../src/index.ts';
import { isPlain } from './plain.ts';
import { thrown } from './thrown.ts';

const machine =
  '{"machine":{"kernel":"6.12.117","arch":"x86_64","bdf":"0000:00:05.0","options":{"bar":"8G"},"bar2":{"start":"0x200000000","end":"0x3ffffffff"}}}';

const failure = (text: string): CaptureError => {
  const error = thrown(() => parseCapture(text, 'a.jsonl'));
  expect(error).toBeInstanceOf(CaptureError);
  return error as CaptureError;
};

/** The text from the place on that an error points to. */
const pointedAt = (text: string, { line, column }: CaptureError): string =>
  text.split('\n')[line - 1]!.slice(column - 1);

test.each<[text: string, at: string, what: string]>([
  ['', '', 'the file is empty'],
  ['\n', '', 'not JSON'],
  ['null', 'null', 'the machine record is missing'],
  ['[]\n', '[]', 'the machine record is missing'],
  ['{"step":"mm","answers":[]}', '{"step"', 'the machine record is missing'],
  ['{"machine":{}}', '{}}', 'machine is an object, expected an object with the key "kernel"'],
  ['{"machine":7}', '7}', 'machine is 7, expected an object'],
  [machine.slice(0, 40), '', 'the capture ends inside a record'],
  [machine.replace('"x86_64"', '86'), '86,', 'machine.arch is 86, expected a string'],
  [machine.replace('"8G"', '8'), '8}', 'machine.options.bar is 8, expected a string'],
  [machine.replace('0x2', '0X2'), '"0X2', 'machine.bar2.start is the string "0X200000000"'],
  [machine.replace(/}$/, ',"log":["a",1]}'), '1]', 'log[1] is 1, expected a string'],
  [machine.replace(/}$/, ',"logs":[]}'), '[]', 'logs is a list, expected no other key'],
])('%j', (text, at, what) => {
  const error = failure(text);
  expect(error.line).toBe(1);
  expect(error.what).toContain(what);
  expect(pointedAt(text, error).startsWith(at)).toBe(true);
  expect(error.message.startsWith(`a.jsonl:1:${error.column}: ${error.what}\n  `)).toBe(true);
});

/** A record of a step with these answers. */
const step = (answers: string): string => `{"step":"mm","answers":${answers}}`;

test.each<[record: string, at: string, what: string]>([
  ['', '', 'not JSON'],
  ['{"step":"mm","answers":[]', '', 'not JSON'],
  ['{"step":"mm","answers":[],}', '}', 'not JSON'],
  ['{"step":"mm","answers":[]}}', '}', 'not JSON'],
  ["{'step':1}", "'step", 'not JSON'],
  ['{"step":"a\tb"}', '\tb', 'not JSON'],
  ['{"step":"a\\x"}', '\\x', 'not JSON'],
  ['{"step" 1}', '1}', 'not JSON'],
  ['{"step":nul', '', 'not JSON'],
  [step('[{"gup":01}]'), '1}]', 'not JSON'],
  ['nonsense', 'nonsense', 'not JSON'],
  [
    '{"step":"mm"}',
    '{"step"',
    'the record is an object, expected an object with the key "answers"',
  ],
  ['{"step":7,"answers":[]}', '7', 'step is 7, expected the text of a step'],
  ['{"step":" mm","answers":[]}', '" mm"', 'step is the string " mm"'],
  ['{"step":"","answers":[]}', '""', 'step is the string ""'],
  ['{"step":"mm\\nmm","answers":[]}', '"mm', 'step is the string "mm\\nmm"'],
  ['{"step":"mm # x","answers":[]}', '"mm', 'step is the string "mm # x"'],
  ['{"step":"mm","answers":[],"x":1}', '1', 'x is 1, expected no other key'],
  ['{"step":"mm","answers":[],"crash":"x"}', '"x"', 'crash is the string "x", expected a list'],
  [step('{}'), '{}', 'answers is an object, expected a list'],
  [step('[1]'), '1]', 'answers[0] is 1, expected an object'],
  [step('[{}]'), '{}]', 'answers[0] is an object, expected an object with a key'],
  [step('[{"tabel":[]}]'), '[]}', 'answers[0].tabel is a list, expected an answer that is known'],
  [step('[{"tabel":[]}]'), '[]}', ', such as "table"'],
  [step('[{"gup":"1"}]'), '"1"', 'answers[0].gup is the string "1"'],
  [step('[{"gup":1.5}]'), '1.5', 'answers[0].gup is 1.5, expected a whole'],
  [step('[{"gup":1e999}]'), '1e999', 'answers[0].gup is Infinity'],
  [step('[{"gup":9007199254740993}]'), '900', 'answers[0].gup is 9007199254740992'],
  [step('[{"gup":true}]'), 'true', 'answers[0].gup is true'],
  [step('[{"gup":1,"gop":2}]'), '2', 'answers[0].gop is 2, expected no other key'],
  [step('[{"signal":-7}]'), '-7', 'answers[0].signal is -7'],
  [
    step('[{"signal":0},{"table":[{"offset":"0x0","level":"pxd","entry":"0x0","count":1}]}]'),
    '"pxd"',
    'answers[1].table[0].level is the string "pxd"',
  ],
  [step('[{"pagemap":"0x11112222333344445"}]'), '"0x1111', 'answers[0].pagemap is the string'],
  [step('[{"pagemap":null}]'), 'null', 'answers[0].pagemap is null'],
  [step('[{"calls":[{"spte":{}}]}]'), '{}}', 'answers[0].calls[0].spte is an object'],
  [step('[{"calls":[5]}]'), '5', 'answers[0].calls[0] is 5'],
])('%j', (record, at, what) => {
  const text = `${machine}\n${record}\n${step('[]')}\n`;
  const error = failure(text);
  expect(error.line).toBe(2);
  expect(error.what).toContain(what);
  expect(pointedAt(text, error).startsWith(at)).toBe(true);
});

test('a last record that is cut short is told from one that is damaged', () => {
  expect(failure(`${machine}\n{"step":"mm","ans`).what).toBe('the capture ends inside a record');
  expect(failure(`${machine}\n{"step":"mm","ans\n{}`).what).toBe('not JSON');
});

test('a step after a crash is refused', () => {
  const text = `${machine}\n{"step":"mm","answers":[],"crash":["BUG"]}\n{"step":"mm","answers":[]}\n`;
  expect(failure(text)).toMatchObject({ line: 3, what: 'a step after a crash' });
});

test('deep nesting is refused without recursion', () => {
  const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`;
  expect(failure(deep).what).toBe('the record nests too deep');
  expect(failure(`${machine}\n{"step":${deep}}`)).toMatchObject({ line: 2 });
});

test('a line of over 16 MiB is refused', () => {
  const error = failure(`${machine}\n{"step":"${'x'.repeat(2 ** 24)}","answers":[]}`);
  expect(error).toMatchObject({ line: 2, what: 'the line is too long' });
});

test('a message holds nothing that a terminal would obey', () => {
  const text = machine.replace('"bdf"', '"\\u001b[2J\\u009b"');
  expect(isPlain(failure(text).message)).toBe(true);
});

test('a missing newline at the end does no harm', () => {
  expect(parseCapture(machine, 'a.jsonl').steps).toEqual([]);
});

test('text that is not ASCII is written in escapes, as the lab does', () => {
  const text = `${machine}\n{"step":"mm","answers":[],"garbled":["\\u007f\\u00e4\\ud83d\\n"]}\n`;
  expect(formatCapture(parseCapture(text, 'a.jsonl'))).toBe(text);
});

test('a machine without BAR 2 is read', () => {
  const text = `${machine.replace(/"bar2":\{[^}]*\}/, '"bar2":null')}\n`;
  expect(parseCapture(text, 'a.jsonl').machine.bar2).toBeNull();
  expect(formatCapture(parseCapture(text, 'a.jsonl'))).toBe(text);
});

const scenarioFailure = (text: string): unknown =>
  thrown(() => scenarioOfCapture(parseCapture(text, 'a.jsonl'), 'a.jsonl'));

test('a step text that is no step is an error in the file of the capture', () => {
  const text = `${machine}\n{"step":"vfio","answers":[]}\n{"step":"touch a wirte","answers":[]}\n`;
  expect(scenarioFailure(text)).toMatchObject({ name: 'ScenarioError', line: 3, column: 18 });
});

test('an unknown machine option is an error', () => {
  expect(scenarioFailure(machine.replace('"bar"', '"rab"'))).toMatchObject({
    name: 'CaptureError',
    what: 'unknown machine option "rab"',
  });
  expect(scenarioFailure(machine.replace('8G', '8'))).toMatchObject({ name: 'CaptureError' });
});

test('the boot options of a capture win over its machine line', () => {
  const text = machine.replace('"bar":"8G"', '"bar":"8G","el2":"on"');
  const capture = parseCapture(`${text}\n{"step":"machine bar=8G dyndbg","answers":[]}`, 'a.jsonl');
  expect(scenarioOfCapture(capture, 'a.jsonl').machine).toMatchObject({
    bar: 2 ** 33,
    el2: true,
    dyndbg: true,
  });
});

test('a kernel may die in a child', () => {
  const text = `${machine}\n{"step":"fork","answers":[]}\n{"step":"mm","answers":[],"crash":["BUG"]}\n`;
  expect(scenarioOfCapture(parseCapture(text, 'a.jsonl'), 'a.jsonl').steps).toHaveLength(2);
});
