import { LabError } from './errors.ts';
import { parseSize } from './size.ts';

/** What may stand behind an operation. */
export interface StepForm {
  /** Positional words, in order: a mapping's name, a number, or one of a list. */
  readonly words: readonly ('NAME' | 'N' | readonly string[])[];
  /** Options whose value is a number. */
  readonly numbers?: readonly string[];
  /** Options with other values, each with what they may be. */
  readonly choices?: Readonly<Record<string, RegExp>>;
  readonly flags?: readonly string[];
}

const range = ['offset', 'length'];
const prot = { prot: /^(none|r?w?x?)$/ };
const sources = ['bar0', 'bar1', 'bar2', 'bar3', 'bar4', 'bar5', 'lab', 'anon'];

/** Every step of the scenario language; SCENARIO.md says what each does and answers. */
export const STEP_FORMS: Readonly<Record<string, StepForm>> = {
  vfio: { words: [] },
  lab: {
    words: [],
    numbers: ['pages', 'maxorder', 'pfn'],
    choices: { mode: /^(fault|remap|mixed)$/ },
    flags: ['access'],
  },
  mmap: {
    words: ['NAME', sources],
    numbers: [...range, 'align', 'phase'],
    choices: prot,
    flags: ['shared', 'private', 'anywhere'],
  },
  touch: { words: ['NAME'], numbers: ['offset'], flags: ['write'] },
  touchall: { words: ['NAME'], numbers: [...range, 'step'], flags: ['write'] },
  table: { words: ['NAME'] },
  walk: { words: ['NAME'], numbers: ['offset'] },
  gup: {
    words: ['NAME'],
    numbers: ['offset'],
    flags: ['write', 'fast', 'fastonly', 'slow', 'longterm'],
  },
  follow: { words: ['NAME'], numbers: ['offset'] },
  zap: { words: ['NAME'], numbers: range },
  unmaprange: { words: [], numbers: range },
  munmap: { words: ['NAME'], numbers: range },
  mprotect: { words: ['NAME'], numbers: range, choices: prot },
  madvise: { words: ['NAME'], numbers: [...range, 'advice'] },
  processmadvise: { words: ['NAME'], numbers: [...range, 'advice'] },
  mlock: { words: ['NAME'], numbers: range },
  mremap: { words: ['NAME'], numbers: ['length', 'align', 'phase'] },
  mbind: {
    words: ['NAME'],
    numbers: range,
    choices: { policy: /^(default|preferred|bind|interleave|local)$/ },
    flags: ['strict', 'move'],
  },
  mincore: { words: ['NAME'], numbers: range },
  movepages: { words: ['NAME'], numbers: ['offset'] },
  uffd: { words: ['NAME'], numbers: range, choices: { mode: /^(missing|wp|minor)$/ } },
  fork: { words: [] },
  endfork: { words: [] },
  mm: { words: [] },
  watch: { words: [] },
  peer: { words: [] },
  endpeer: { words: [] },
  readv: { words: ['NAME'], numbers: ['offset'] },
  procmem: { words: ['NAME'], numbers: ['offset'] },
  smaps: { words: ['NAME'] },
  smapsrollup: { words: [] },
  numamaps: { words: ['NAME'] },
  clearrefs: { words: ['N'] },
  pagemap: { words: ['NAME'], numbers: ['offset'] },
  dmamap: { words: ['NAME'], numbers: [...range, 'iova'] },
  dmaunmap: { words: [], numbers: ['iova', 'length'] },
  command: { words: ['N'] },
  reset: { words: [] },
  hotdisable: {
    words: ['NAME'],
    numbers: [...range, 'step', 'rounds'],
    flags: ['write'],
  },
  hardoffline: { words: [], numbers: ['offset'] },
  kvm: { words: [] },
  kvmslot: { words: ['NAME'], numbers: [...range, 'gpa'], flags: ['readonly'] },
  kvmaccess: { words: [], numbers: ['gpa'], flags: ['write'] },
  kvmstat: { words: [] },
  stage2: { words: [], numbers: ['gpa'] },
};

/** Options of the `machine` line. */
const machineForm: StepForm = {
  words: [],
  numbers: ['bar'],
  choices: {
    thp: /^(always|madvise|never)$/,
    levels: /^[45]$/,
    cpu: /^\S+$/,
    el2: /^(on|off)$/,
    va: /^(48|52)$/,
    pat: /^(on|off)$/,
    cpus: /^[1-8]$/,
  },
  flags: ['dyndbg'],
};

/** A word of a line and the column (from 1) it starts at. */
interface Word {
  readonly text: string;
  readonly column: number;
}

function wordsOf(line: string): Word[] {
  const code = line.split('#', 1)[0]!;
  return [...code.matchAll(/\S+/g)].map((match) => ({ text: match[0], column: match.index + 1 }));
}

function isNumber(text: string): boolean {
  try {
    parseSize(text);
    return true;
  } catch {
    return false;
  }
}

/** What is wrong with a positional word, or undefined. */
function wrongWord(form: StepForm['words'][number], word: Word | undefined): string | undefined {
  if (word === undefined || word.text.includes('=')) return 'a word is missing here';
  if (form === 'NAME')
    return word.text.length <= 15 ? undefined : 'a name has at most 15 characters';
  if (form === 'N') return isNumber(word.text) ? undefined : 'this has to be a number';
  return form.includes(word.text) ? undefined : `this has to be one of ${form.join(', ')}`;
}

/** What is wrong with an option or a flag, or undefined. */
function wrongOption(form: StepForm, { text }: Word): string | undefined {
  const at = text.indexOf('=');
  if (at < 0) return form.flags?.includes(text) ? undefined : `unknown word “${text}”`;
  const [key, value] = [text.slice(0, at), text.slice(at + 1)];
  if (form.numbers?.includes(key)) return isNumber(value) ? undefined : `${key}= takes a number`;
  const choice = form.choices?.[key];
  if (!choice) return `unknown option “${key}=”`;
  return choice.test(value) ? undefined : `${key}= cannot be “${value}”`;
}

/** The first mistake of a line, or undefined. */
function mistake(line: string, first: boolean): { column: number; text: string } | undefined {
  const [operation, ...rest] = wordsOf(line);
  if (!operation) return undefined;
  const isMachine = operation.text === 'machine';
  if (isMachine && !first) {
    return { column: operation.column, text: '“machine” may only stand on the first line' };
  }
  if (operation.text === 'in') return peerMistake(line, operation.column);
  const form = isMachine ? machineForm : STEP_FORMS[operation.text];
  if (!form) return { column: operation.column, text: `unknown step “${operation.text}”` };
  const end = line.split('#', 1)[0]!.trimEnd().length + 1;
  for (const [index, wanted] of form.words.entries()) {
    const text = wrongWord(wanted, rest[index]);
    if (text) return { column: rest[index]?.column ?? end, text };
  }
  for (const word of rest.slice(form.words.length)) {
    const text = wrongOption(form, word);
    if (text) return { column: word.column, text };
  }
  return undefined;
}

/** The first mistake of a step that the peer is to do, or undefined. */
function peerMistake(line: string, column: number): { column: number; text: string } | undefined {
  const step = line.slice(0, column - 1) + line.slice(column - 1).replace(/^in/, '  ');
  const operation = wordsOf(step)[0];
  if (!operation) return { column: column + 2, text: 'a step is missing here' };
  if (/^(machine|in|peer|endpeer|fork|endfork)$/.test(operation.text)) {
    return { column: operation.column, text: `the peer cannot do “${operation.text}”` };
  }
  return mistake(step, false);
}

/**
 * Checks the form of every line, before a boot is spent on it. Throws `bad-scenario` with
 * `file:line:column` of the first mistake.
 */
export function checkScenario(text: string, file: string): void {
  let open: number | undefined;
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    const wrong = mistake(line, index === 0);
    if (wrong) {
      throw new LabError('bad-scenario', `${file}:${index + 1}:${wrong.column}: ${wrong.text}.`);
    }
    const operation = wordsOf(line)[0]?.text;
    if ((operation === 'fork') === (open !== undefined) && /^(end)?fork$/.test(operation ?? '')) {
      const why = open === undefined ? 'there is no fork before it' : 'a child cannot fork';
      throw new LabError('bad-scenario', `${file}:${index + 1}:1: ${operation}: ${why}.`);
    }
    if (operation === 'fork') open = index + 1;
    if (operation === 'endfork') open = undefined;
  }
  if (open !== undefined) {
    throw new LabError('bad-scenario', `${file}:${open}:1: this fork has no endfork.`);
  }
}
