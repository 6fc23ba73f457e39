import { closestWord } from './closest-word.ts';
import type { Field } from './field.ts';
import { GRAMMAR, type OwnStep, type Step, type StepGrammar, type StepKind } from './grammar.ts';
import { listed, quote } from './quote.ts';
import { Refusal } from './refusal.ts';
import { ScenarioError } from './source-error.ts';

/** A word of a line and its column, counted from 1. */
interface Token {
  readonly text: string;
  readonly column: number;
}

/** Where a line stands. */
interface LinePlace {
  readonly file: string;
  readonly line: number;
  /** Column of the first character of the text. */
  readonly column: number;
}

type Fields = Readonly<Record<string, Field<unknown>>>;

/** Runs `read`; a Refusal becomes a ScenarioError at the column. */
function at<T>(place: LinePlace, column: number, read: () => T): T {
  try {
    return read();
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const { file, line } = place;
    const { what, why, next, offset } = refusal;
    throw new ScenarioError({ file, line, column: column + offset, what, why, next });
  }
}

/** More words than any step has: a line with this many is wrong before its end. */
const MOST_WORDS = 64;

function tokenize(text: string, column: number): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(/[^ \t\r]+/g)) {
    tokens.push({ text: match[0], column: column + match.index });
    if (tokens.length === MOST_WORDS) break;
  }
  return tokens;
}

function grammarOf(op: string): StepGrammar {
  if (Object.hasOwn(GRAMMAR, op)) return GRAMMAR[op as StepKind];
  const known = [...Object.keys(GRAMMAR), 'in'];
  const near = closestWord(op, known);
  throw new Refusal(
    `unknown step ${quote(op)}`,
    near === undefined ? `The steps are ${listed(known)}.` : '',
    near === undefined
      ? 'Begin the line with one of them, or with "#" for a comment.'
      : `Did you mean ${quote(near)}?`,
  );
}

const optionNames = (fields: Fields): string[] =>
  Object.keys(fields).filter((name) => fields[name]!.kind === 'option');

/** The bare words of a step, each with the field it sets. */
function bareWords(fields: Fields): Map<string, string> {
  const words = new Map<string, string>();
  for (const [name, field] of Object.entries(fields))
    if (field.kind === 'choice') for (const each of Object.keys(field.words)) words.set(each, name);
  return words;
}

/** What a step takes, as a sentence. */
function taken(op: string, fields: Fields): string {
  const options = optionNames(fields).map((name) => `${name}=`);
  const all = [...options, ...bareWords(fields).keys()];
  const fixed = Object.values(fields).flatMap((field) => (field.kind === 'word' ? field.what : []));
  if (all.length > 0) return `The step ${op} takes ${listed([...fixed, ...all])}.`;
  return fixed.length > 0 ? `The step ${op} takes ${listed(fixed)} only.` : `${op} stands alone.`;
}

/** One step as it is read: values by field, and who set them. */
interface Draft {
  readonly op: string;
  readonly fields: Fields;
  readonly values: Record<string, unknown>;
  readonly setBy: Map<string, string>;
}

function readOption(draft: Draft, token: Token): void {
  const { op, fields, values, setBy } = draft;
  const equals = token.text.indexOf('=');
  const key = token.text.slice(0, equals);
  const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (field?.kind !== 'option') {
    if (bareWords(fields).has(key))
      throw new Refusal(`${quote(key)} takes no value`, '', `Write ${key} without "=".`);
    const near = closestWord(key, optionNames(fields));
    throw new Refusal(
      `unknown option ${quote(key)} of ${op}`,
      taken(op, fields),
      near === undefined ? '' : `Did you mean ${quote(`${near}=`)}?`,
    );
  }
  if (setBy.has(key)) throw new Refusal(`${key}= stands twice`, '', 'Keep one of them.');
  try {
    values[key] = field.value.read(token.text.slice(equals + 1));
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    const { what, why, next, offset } = refusal;
    throw new Refusal(`${what} for ${key}= of ${op}`, why, next, equals + 1 + offset);
  }
  setBy.set(key, token.text);
}

function readBareWord(draft: Draft, token: Token): void {
  const { op, fields, values, setBy } = draft;
  const words = bareWords(fields);
  const name = words.get(token.text);
  if (name === undefined) {
    if (optionNames(fields).includes(token.text))
      throw new Refusal(`${token.text} lacks a value`, '', `Write ${token.text}=VALUE.`);
    const near = closestWord(token.text, [
      ...words.keys(),
      ...optionNames(fields).map((key) => `${key}=`),
    ]);
    throw new Refusal(
      `unknown word ${quote(token.text)} of ${op}`,
      taken(op, fields),
      near === undefined ? '' : `Did you mean ${quote(near)}?`,
    );
  }
  const before = setBy.get(name);
  if (before === token.text)
    throw new Refusal(`${token.text} stands twice`, '', 'Keep one of them.');
  if (before !== undefined)
    throw new Refusal(`${before} and ${token.text} exclude each other`, '', 'Keep one of them.');
  const field = fields[name]!;
  if (field.kind === 'choice') values[name] = field.words[token.text];
  setBy.set(name, token.text);
}

/** Reads the fixed words; returns how many there are. */
function readFixedWords(draft: Draft, tokens: readonly Token[], place: LinePlace): number {
  const { op, fields, values } = draft;
  const words = bareWords(fields);
  let index = 1;
  for (const [name, field] of Object.entries(fields)) {
    if (field.kind !== 'word') continue;
    const token = tokens[index++];
    const last = tokens.at(-1)!;
    const column = token?.column ?? last.column + last.text.length;
    values[name] = at(place, column, () => {
      if (token === undefined || token.text.includes('='))
        throw new Refusal(
          `${field.what} is missing`,
          taken(op, fields),
          `Write it as word ${index} of the line, before any option.`,
        );
      if (words.has(token.text))
        throw new Refusal(
          `${quote(token.text)} stands where ${field.what} is expected`,
          `It is a word of ${op} with a meaning of its own.`,
          `Write ${field.what} first, and choose another one if this is it.`,
        );
      return field.value.read(token.text);
    });
  }
  return index;
}

/** Reads a step other than `in STEP`. */
function parseOwnStep(text: string, place: LinePlace): OwnStep {
  const tokens = tokenize(text, place.column);
  const [first] = tokens;
  const op = first!.text;
  const { fields }: { fields: Fields } = at(place, first!.column, () => grammarOf(op));
  const draft: Draft = { op, fields, values: {}, setBy: new Map() };
  for (const [name, field] of Object.entries(fields))
    if (field.kind !== 'word') draft.values[name] = field.missing;
  const fixed = readFixedWords(draft, tokens, place);
  for (const token of tokens.slice(fixed))
    at(place, token.column, () =>
      token.text.includes('=') ? readOption(draft, token) : readBareWord(draft, token),
    );
  const { line, column } = place;
  return { op, text, line, column, ...draft.values } as unknown as OwnStep;
}

/** Steps that only the first process does. */
const NOT_OF_PEERS: ReadonlySet<string> = new Set([
  'machine',
  'fork',
  'endfork',
  'peer',
  'endpeer',
  'in',
]);

const PEER = /^in(?:[ \t\r]+|$)/;

/**
 * Reads one step. `text` is trimmed and without comment, and not empty.
 *
 * @throws ScenarioError at the word that cannot be read.
 */
export function parseStep(text: string, place: LinePlace): Step {
  const prefix = PEER.exec(text)?.[0];
  if (prefix === undefined) return parseOwnStep(text, place);
  const rest = text.slice(prefix.length);
  const inside = { ...place, column: place.column + prefix.length };
  at(inside, inside.column, () => {
    if (rest === '')
      throw new Refusal('the step is missing', '', 'Write behind "in" what the peer does.');
    const [op] = rest.split(/[ \t\r]/, 1);
    if (NOT_OF_PEERS.has(op!))
      throw new Refusal(
        `the peer cannot do ${quote(op!)}`,
        'It stays one process, on the machine of the first.',
        'Write the step without "in".',
      );
  });
  const { line, column } = place;
  return { op: 'in', text, line, column, step: parseOwnStep(rest, inside) };
}
