import { closestWord } from './closest-word.ts';
import { readNumber } from './number.ts';
import { listed, quote } from './quote.ts';
import { Refusal } from './refusal.ts';

/** How the text of one value is read. */
export interface Value<T> {
  /** How a value is written, for help: `N`, `fault|remap|mixed`. */
  readonly syntax: string;
  /** Throws a Refusal when the text is no such value. */
  read(text: string): T;
}

/** A word at a fixed place after the operation. */
export interface WordField<T> {
  readonly kind: 'word';
  /** What it is, for messages: `a name`. */
  readonly what: string;
  readonly value: Value<T>;
}

/** `key=value`, in any order after the fixed words; the key is the name of the field. */
export interface OptionField<T> {
  readonly kind: 'option';
  readonly value: Value<T>;
  /** What the step has when the option is not written. */
  readonly missing: T;
}

/** One of a few bare words, in any order after the fixed words. */
export interface ChoiceField<T> {
  readonly kind: 'choice';
  readonly words: Readonly<Record<string, T>>;
  readonly missing: T;
}

/** One thing that a step is told. */
export type Field<T> = WordField<T> | OptionField<T> | ChoiceField<T>;

/** What a field gives to the step. */
export type FieldType<F> = F extends Field<infer T> ? T : never;

/** A word at a fixed place. */
export const word = <T>(what: string, value: Value<T>): WordField<T> => ({
  kind: 'word',
  what,
  value,
});

/** An option with a default. */
export const option = <T>(value: Value<T>, missing: T): OptionField<T> => ({
  kind: 'option',
  value,
  missing,
});

/** An option that a step can do without; undefined when it is not written. */
export const optional = <T>(value: Value<T>): OptionField<T | undefined> => ({
  kind: 'option',
  value,
  missing: undefined,
});

/** A bare word that is there or not. */
export const flag = (name: string): ChoiceField<boolean> => ({
  kind: 'choice',
  words: { [name]: true },
  missing: false,
});

/** One of several bare words. */
export const choice = <T>(words: Readonly<Record<string, T>>, missing: T): ChoiceField<T> => ({
  kind: 'choice',
  words,
  missing,
});

/** A number from `least` to `most`, both included. */
export const number = (least = 0, most = Number.MAX_SAFE_INTEGER): Value<number> => ({
  syntax: 'N',
  read(text) {
    const value = readNumber(text);
    if (value >= least && value <= most) return value;
    throw new Refusal(
      'number out of range',
      value < least ? `It must be at least ${least}.` : `It must be at most ${most}.`,
      'Choose another number.',
    );
  },
});

/** One of the given words. */
export const oneOf = <const T extends string>(...words: readonly T[]): Value<T> => ({
  syntax: words.join('|'),
  read(text) {
    if ((words as readonly string[]).includes(text)) return text as T;
    const near = closestWord(text, words);
    throw new Refusal(
      text === '' ? 'a value is missing' : `unknown value ${quote(text)}`,
      `It is one of ${listed(words, 'or')}.`,
      near === undefined ? '' : `Did you mean ${quote(near)}?`,
    );
  },
});

/** A value that is written in one way and kept in another. */
export const mapped = <T, U>(value: Value<T>, map: (value: T) => U): Value<U> => ({
  syntax: value.syntax,
  read: (text) => map(value.read(text)),
});

const NAME = /^[A-Za-z0-9_.-]+$/;
const LONGEST_NAME = 15;

/** The name of a mapping: at most 15 letters, digits, `_`, `-` and `.`. */
export const mapName: Value<string> = {
  syntax: 'NAME',
  read(text) {
    if (text.length > LONGEST_NAME)
      throw new Refusal(
        `the name ${quote(text)} is too long`,
        `A name has at most ${LONGEST_NAME} characters.`,
        `Choose a shorter one, such as ${quote(text.slice(0, LONGEST_NAME))}.`,
      );
    if (!NAME.test(text))
      throw new Refusal(
        `${quote(text)} is not a name`,
        'A name is made of letters, digits, "_", "-" and ".".',
        'Choose another one.',
      );
    return text;
  },
};

/** What a mapping may be used for. */
export interface ProtectionBits {
  readonly r: boolean;
  readonly w: boolean;
  readonly x: boolean;
}

/** PROT_NONE. */
export const NO_ACCESS: ProtectionBits = { r: false, w: false, x: false };

/** Letters of r, w and x in any order; `none`, `-` or nothing for PROT_NONE. */
export const protection: Value<ProtectionBits> = {
  syntax: 'rwx|none',
  read(text) {
    if (text === 'none') return NO_ACCESS;
    if (!/^[rwx-]{0,3}$/.test(text) || /([rwx]).*\1/.test(text))
      throw new Refusal(
        `unknown protection ${quote(text)}`,
        'It is made of the letters r, w and x, each at most once, or is none.',
        'Write for example prot=rw.',
      );
    return { r: text.includes('r'), w: text.includes('w'), x: text.includes('x') };
  },
};

/** Any text without a space. */
export const text: Value<string> = {
  syntax: 'TEXT',
  read(text) {
    if (text === '') throw new Refusal('a value is missing', '', 'Write it behind the "=".');
    return text;
  },
};
