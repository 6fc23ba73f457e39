import { styleText } from 'node:util';

/** Where text goes. */
export interface Output {
  readonly isTTY: boolean;
  write(text: string): void;
}

/** All that a command has of its process: results go to `stdout`, everything else to `stderr`. */
export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The whole standard input, for the file name `-`. */
  readStdin(): Promise<string>;
  /** Asks a person for a line; undefined where nobody is there to answer. */
  readonly ask?: (question: string) => Promise<string>;
}

/** When to colour, as `--color` says it. */
export type ColorChoice = 'always' | 'never' | 'auto';

/** Colours that mean something: good, bad, a name, an aside. */
export interface Style {
  good(text: string): string;
  bad(text: string): string;
  name(text: string): string;
  aside(text: string): string;
  heading(text: string): string;
}

/** True when an output shall be coloured: NO_COLOR and FORCE_COLOR are obeyed unless the choice is explicit. */
export function isColored(output: Output, choice: ColorChoice, env: Terminal['env']): boolean {
  if (choice !== 'auto') return choice === 'always';
  if ((env.NO_COLOR ?? '') !== '') return false;
  const force = env.FORCE_COLOR;
  if (force !== undefined && force !== '') return force !== '0';
  return output.isTTY && env.TERM !== 'dumb';
}

/** The styles for an output, or plain text. */
export function createStyle(colored: boolean): Style {
  const paint =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      colored ? styleText(format, text, { validateStream: false }) : text;
  return {
    good: paint('green'),
    bad: paint('red'),
    name: paint('cyan'),
    aside: paint('dim'),
    heading: paint('bold'),
  };
}

const ESCAPE = String.fromCharCode(0x1b);

/**
 * Text as a terminal may have it: newlines, tabs and colours stay, every other control character, which a file may
 * have smuggled in, becomes its code.
 */
export function harmless(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}](\[\d{1,2}m)?/gu, (match, color?: string) => {
    const [control] = match;
    if (control === '\n' || control === '\t') return match;
    if (control === ESCAPE && color !== undefined) return match;
    return `\\u${match.charCodeAt(0).toString(16).padStart(4, '0')}${color ?? ''}`;
  });
}
