import { DotConfigSyntaxError } from './errors.ts';
import type { Position } from './position.ts';

/** One line of a `.config` that says something about a symbol. */
export interface DotConfigEntry {
  /** Without `CONFIG_`. */
  readonly symbol: string;
  /** As written, without quotes and escapes; `n` for "is not set". */
  readonly value: string;
  /** Counted from 1. */
  readonly line: number;
}

/** A `.config` after parsing. */
export interface DotConfig {
  /** The name it was parsed under. */
  readonly file: string;
  /** `arm64` of the head line `# Linux/arm64 6.12.117 Kernel Configuration`, if there is one. */
  readonly arch: string | undefined;
  /** `6.12.117` of the same line. */
  readonly version: string | undefined;
  /** By symbol without `CONFIG_`, in the order of the file; of two lines the later one. */
  readonly entries: ReadonlyMap<string, DotConfigEntry>;
}

const headLine = /^# Linux\/(\S+) (\S+) Kernel Configuration$/;
const notSet = /^# CONFIG_([A-Za-z0-9_]+) is not set$/;
const symbolName = /^CONFIG_[A-Za-z0-9_]+$/;
const bareValue = /^(y|m|n|-?[0-9]+|0[xX][0-9a-fA-F]+)$/;

function refuse(file: string, line: number, column: number, what: string): never {
  const position: Position = { file, line, column };
  throw new DotConfigSyntaxError(what, { position });
}

/** Undoes the quotes and backslashes of a text value; `column` is where its first quote stands. */
function unquote(raw: string, file: string, line: number, column: number): string {
  const body = /^"((?:[^"\\]|\\.)*)"$/.exec(raw);
  if (body === null)
    refuse(file, line, column, 'the text that starts here is not closed at the end of the line');
  return body[1]!.replace(/\\(.)/g, '$1');
}

function readAssignment(text: string, file: string, line: number): DotConfigEntry {
  const equals = text.indexOf('=');
  const name = equals < 0 ? text : text.slice(0, equals);
  if (!symbolName.test(name))
    refuse(
      file,
      line,
      1,
      'expected CONFIG_NAME=value, "# CONFIG_NAME is not set", a comment or an empty line',
    );
  if (equals < 0) refuse(file, line, text.length + 1, `expected "=" and a value after ${name}`);
  const raw = text.slice(equals + 1);
  const symbol = name.slice('CONFIG_'.length);
  if (raw.startsWith('"')) return { symbol, value: unquote(raw, file, line, equals + 2), line };
  if (!bareValue.test(raw))
    refuse(file, line, equals + 2, `"${raw}" is not y, m, n, a number or a text in quotes`);
  return { symbol, value: raw, line };
}

/**
 * Reads a `.config`, such as `/boot/config-6.12.117+deb12-amd64`.
 *
 * @param text the whole file
 * @param file the name that errors and reasons give as its place
 * @throws DotConfigSyntaxError with file, line and column of the first line that cannot be read.
 */
export function parseDotConfig(text: string, file: string): DotConfig {
  const entries = new Map<string, DotConfigEntry>();
  let arch: string | undefined;
  let version: string | undefined;
  let start = 0;
  for (let line = 1; start <= text.length; line += 1) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    const raw = text.slice(start, end).trimEnd();
    start = end + 1;
    if (raw === '') continue;
    if (!raw.startsWith('#')) {
      const entry = readAssignment(raw, file, line);
      entries.set(entry.symbol, entry);
      continue;
    }
    const off = notSet.exec(raw);
    if (off !== null) entries.set(off[1]!, { symbol: off[1]!, value: 'n', line });
    else if (arch === undefined) {
      const head = headLine.exec(raw);
      arch = head?.[1];
      version = head?.[2];
    }
  }
  return Object.freeze({ file, arch, version, entries });
}
