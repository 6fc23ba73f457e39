import type { PlayScenario } from '@pfnmap/scenario';
import { harmless, type Style, type Terminal } from './terminal.ts';

/** What every command is given. */
export interface CommandContext {
  readonly terminal: Terminal;
  /** For standard output. */
  readonly style: Style;
  /** The player of the model, which takes a moment to load. */
  loadPlayer(): Promise<PlayScenario>;
}

/** Symbols that a person switches on and off. */
export interface SymbolChoice {
  readonly with?: readonly string[];
  readonly without?: readonly string[];
}

/** Writes lines to standard output. */
export function print(context: CommandContext, lines: readonly string[]): void {
  if (lines.length > 0) context.terminal.stdout.write(harmless(`${lines.join('\n')}\n`));
}

/** What a command that takes long is at: one line on standard error, written over and over, and only on a terminal. */
export function showProgress({ terminal }: CommandContext, text: string): void {
  if (terminal.stderr.isTTY) terminal.stderr.write(`\r\u001b[K${harmless(text)}`);
}
