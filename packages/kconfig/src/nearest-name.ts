/** How many single-character edits lead from one word to another; stops counting above `limit`. */
function editDistance(from: string, to: string, limit: number): number {
  if (Math.abs(from.length - to.length) > limit) return limit + 1;
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= to.length; column += 1) {
      const substitution = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1);
      const cost = Math.min(previous[column]! + 1, current[column - 1]! + 1, substitution);
      current.push(cost);
      if (cost < smallest) smallest = cost;
    }
    if (smallest > limit) return limit + 1;
    previous = current;
  }
  return previous[to.length]!;
}

/** Whether one of two words contains the other, and that other is more than a syllable. */
function holdsTheOther(some: string, other: string): boolean {
  const [short, long] = some.length < other.length ? [some, other] : [other, some];
  return short.length >= 4 && long.includes(short);
}

/**
 * The known names a person most likely meant, best first, at most three.
 *
 * A name counts as near when a quarter of its characters differ, four at most, or when one contains
 * the other (`HUGE_PFNMAP` finds `ARCH_SUPPORTS_HUGE_PFNMAP`).
 */
export function nearestNames(wanted: string, known: Iterable<string>): readonly string[] {
  const target = wanted.toUpperCase();
  const limit = Math.min(4, Math.max(1, Math.floor(target.length / 4)));
  const found: { name: string; score: number }[] = [];
  for (const name of known) {
    const candidate = name.toUpperCase();
    const distance = editDistance(target, candidate, limit);
    if (distance <= limit) found.push({ name, score: distance });
    else if (holdsTheOther(candidate, target))
      found.push({ name, score: limit + Math.abs(candidate.length - target.length) });
  }
  found.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return found.slice(0, 3).map((entry) => entry.name);
}

/** `did you mean A, B or C?`, or an empty text when nothing is near. */
export function didYouMean(wanted: string, known: Iterable<string>): string {
  const names = nearestNames(wanted, known);
  if (names.length === 0) return '';
  const last = names[names.length - 1]!;
  const list = names.length === 1 ? last : `${names.slice(0, -1).join(', ')} or ${last}`;
  return `did you mean ${list}?`;
}
