/** A part of a scenario that can be left out: a line (`3`), or an option of one (`3:2`). */
export type Part = string;

type Parts = ReadonlySet<Part>;

/** The words of every line; the numbers in a {@link Part} count from 0 in both. */
export type Lines = readonly (readonly string[])[];

/** Takes a scenario apart. */
export function linesOf(text: string): Lines {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.trim().split(/\s+/));
}

/** The words of a step, without the word that gives it to the peer. */
const stepOf = (words: readonly string[]): readonly string[] =>
  words[0] === 'in' ? words.slice(1) : words;

/** What goes with a step that is left out: steps that make no sense without it. */
function dependants(lines: Lines, at: number): number[] {
  const words = lines[at]!;
  const [operation, name] = stepOf(words);
  const behind = lines.flatMap((other, index) => (index > at ? [{ index, other }] : []));
  const those = (test: (other: readonly string[]) => boolean) =>
    behind.filter(({ other }) => test(other)).map(({ index }) => index);
  if (operation === 'mmap') {
    return those((other) => stepOf(other)[1] === name && stepOf(other)[0] !== 'mmap');
  }
  if (operation === 'peer') return those(([first]) => first === 'in' || first === 'endpeer');
  if (operation === 'kvm') return those((other) => /^(kvm|stage2)/.test(stepOf(other)[0]!));
  if (operation === 'fork') return those(([first]) => first === 'endfork').slice(0, 1);
  if (operation === 'endfork') {
    const fork = lines.slice(0, at).findLastIndex(([first]) => first === 'fork');
    return fork < 0 ? [] : [fork];
  }
  return [];
}

/** Parts with all that makes no sense without them. */
function closed(lines: Lines, parts: Iterable<Part>): Set<Part> {
  const all = new Set(parts);
  for (const part of all) {
    if (part.includes(':')) continue;
    for (const index of dependants(lines, Number(part))) all.add(`${index}`);
  }
  return all;
}

/** The scenario without some parts. */
export function without(lines: Lines, parts: Parts): string {
  const kept = lines.flatMap((words, index) =>
    parts.has(`${index}`) ? [] : [words.filter((_, at) => !parts.has(`${index}:${at}`))],
  );
  return `${kept.map((words) => words.join(' ')).join('\n')}\n`;
}

/** Runs of a half, a quarter and so on of the lines that are left, down to single ones. */
function lineReductions(lines: Lines, gone: Parts): Part[][] {
  const left = lines.flatMap((words, index) =>
    gone.has(`${index}`) || words[0] === 'machine' ? [] : [`${index}`],
  );
  const reductions: Part[][] = [];
  for (let size = left.length >> 1; size > 0; size >>= 1) {
    for (let at = 0; at < left.length; at += size) reductions.push(left.slice(at, at + size));
  }
  return reductions;
}

/** Every option and flag that is left, one by one, but for the size of the BAR. */
function optionReductions(lines: Lines, gone: Parts): Part[][] {
  return lines.flatMap((words, index) => {
    if (gone.has(`${index}`)) return [];
    const step = stepOf(words);
    const fixed = step[0] === 'mmap' ? 3 : 2;
    const first = fixed + (words.length - step.length);
    return words.flatMap((word, at) => {
      const isOption = at > 0 && (word.includes('=') || at >= first) && !word.startsWith('bar=');
      const part = `${index}:${at}`;
      return isOption && !gone.has(part) ? [[part]] : [];
    });
  });
}

/** What may be left out next of a scenario that lacks some parts already. */
export function reductions(lines: Lines, gone: Parts): Set<Part>[] {
  return [...lineReductions(lines, gone), ...optionReductions(lines, gone)].map((parts) =>
    closed(lines, parts),
  );
}
