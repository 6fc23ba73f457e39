/** Where in a JSON text a scan stopped. */
export interface Scan {
  /** Index of the value that was looked for, or of the character that is wrong. */
  readonly offset: number;
  readonly found: 'value' | 'error' | 'end';
}

const SCALAR = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** One array or object that is open. */
interface Open {
  readonly close: ']' | '}';
  /** Index of the current element, or its key. */
  key: string | number;
}

/** Characters that the pattern matches at the offset, 0 for none. */
function lengthAt(pattern: RegExp, text: string, offset: number): number {
  pattern.lastIndex = offset;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Where the string that begins at the offset ends, and whether it does so in order. */
function scanString(text: string, offset: number): { readonly end: number; readonly ok: boolean } {
  if (text[offset] !== '"') return { end: offset, ok: false };
  let at = offset + 1;
  while (at < text.length && text[at] !== '"') {
    const step = text[at] === '\\' ? lengthAt(ESCAPE, text, at) : 1;
    if (step === 0 || text.charCodeAt(at) < 0x20) return { end: at, ok: false };
    at += step;
  }
  return at < text.length ? { end: at + 1, ok: true } : { end: at, ok: false };
}

/** Where a number, word or string ends, and whether it does so in order. */
function scanScalar(text: string, offset: number): { readonly end: number; readonly ok: boolean } {
  const length = lengthAt(SCALAR, text, offset);
  if (length > 0) return { end: offset + length, ok: true };
  if (text[offset] === '"') return scanString(text, offset);
  const rest = text.slice(offset, offset + 5);
  const cutShort = ['true', 'false', 'null', '-0'].some((word) => word.startsWith(rest));
  return { end: cutShort ? text.length : offset, ok: false };
}

const skipSpace = (text: string, offset: number): number => {
  let at = offset;
  while (' \t\n\r'.includes(text[at] ?? 'x')) at++;
  return at;
};

/**
 * Scans a JSON text for the value at a path. Made for messages about texts that JSON.parse() has refused, or whose
 * values have a wrong type; needs no recursion, however deep the text nests.
 *
 * @param path keys and indexes from the outside in; undefined to look for a mistake only
 */
export function scanJson(text: string, path?: readonly (string | number)[]): Scan {
  const open: Open[] = [];
  const atPath = (): boolean =>
    path !== undefined &&
    open.length === path.length &&
    open.every(({ key }, index) => key === path[index]);
  let offset = skipSpace(text, 0);
  const error = (): Scan => ({ offset, found: 'error' });
  /** Reads a key and its colon; false when there is none. */
  const readKey = (container: Open): boolean => {
    const { end, ok } = scanString(text, offset);
    if (ok) container.key = JSON.parse(text.slice(offset, end)) as string;
    offset = ok ? skipSpace(text, end) : end;
    if (!ok) return false;
    if (text[offset] !== ':') return false;
    offset = skipSpace(text, offset + 1);
    return true;
  };
  for (;;) {
    if (atPath()) return { offset, found: 'value' };
    const character = text[offset];
    let complete = true;
    if (character === '[' || character === '{') {
      const container: Open = { close: character === '[' ? ']' : '}', key: 0 };
      offset = skipSpace(text, offset + 1);
      if (text[offset] === container.close) {
        offset++;
      } else {
        complete = false;
        open.push(container);
        if (character === '{' && !readKey(container)) return error();
      }
    } else {
      const { end, ok } = scanScalar(text, offset);
      offset = end;
      if (!ok) return error();
    }
    while (complete) {
      offset = skipSpace(text, offset);
      const container = open.at(-1);
      if (container === undefined)
        return { offset, found: offset === text.length ? 'end' : 'error' };
      if (text[offset] === container.close) {
        open.pop();
        offset++;
        continue;
      }
      if (text[offset] !== ',') return error();
      offset = skipSpace(text, offset + 1);
      if (typeof container.key === 'number') container.key++;
      else if (!readKey(container)) return error();
      complete = false;
    }
  }
}

/** How deep a JSON text nests at most; brackets in strings do not count. */
export function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === 0x5c) index++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x5b || character === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (character === 0x5d || character === 0x7d) depth--;
  }
  return deepest;
}
