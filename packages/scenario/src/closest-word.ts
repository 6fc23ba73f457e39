/** Edits (insert, delete, replace, swap of neighbours) that turn one word into the other. */
function distance(from: string, to: string): number {
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      let best = Math.min(replaced, row[j]! + 1, next[j - 1]! + 1);
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        best = Math.min(best, before[j - 2]! + 1);
      next.push(best);
    }
    before = row;
    row = next;
  }
  return row[to.length]!;
}

/** The known word that a person most likely meant, or undefined when none is near. Case does not count. */
export function closestWord(word: string, known: Iterable<string>): string | undefined {
  if (word.length > 30) return undefined;
  const limit = word.length < 4 ? 1 : 2;
  let found: string | undefined;
  let nearest = limit + 1;
  for (const candidate of known) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < nearest && edits < candidate.length) {
      nearest = edits;
      found = candidate;
    }
  }
  return found;
}
