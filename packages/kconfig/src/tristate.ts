/** The three values of a bool or tristate symbol as Kconfig writes them. */
export type TristateLetter = 'n' | 'm' | 'y';

/** The same three values as numbers, so that "and" is the minimum and "or" the maximum. */
export type Tristate = 0 | 1 | 2;

/** The three numbers by name. */
export const no: Tristate = 0;
export const mod: Tristate = 1;
export const yes: Tristate = 2;

const letters: readonly TristateLetter[] = ['n', 'm', 'y'];

/** The letter of a tristate number. */
export function letterOf(value: Tristate): TristateLetter {
  return letters[value]!;
}

/** The number of a tristate letter, or undefined for any other text. */
export function tristateOf(text: string): Tristate | undefined {
  const index = letters.indexOf(text as TristateLetter);
  return index < 0 ? undefined : (index as Tristate);
}

/** Kconfig's `!`: y and n change places, m stays. */
export function invert(value: Tristate): Tristate {
  return (2 - value) as Tristate;
}

/** Kconfig's `&&` over any number of values; y when there are none. */
export function least(values: Iterable<Tristate>): Tristate {
  let result: Tristate = yes;
  for (const value of values) if (value < result) result = value;
  return result;
}

/** Kconfig's `||` over any number of values; n when there are none. */
export function greatest(values: Iterable<Tristate>): Tristate {
  let result: Tristate = no;
  for (const value of values) if (value > result) result = value;
  return result;
}
