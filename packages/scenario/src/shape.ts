/** Where a value does not have the shape it should. */
export interface Mismatch {
  /** Keys and indexes from the outside in. */
  readonly path: readonly (string | number)[];
  /** What was wanted: `a whole number`. */
  readonly wanted: string;
}

/** Tells where a value has not the shape, or undefined. */
export type Shape = (value: unknown) => Mismatch | undefined;

/** A shape for a key that may be absent. */
export interface OptionalShape {
  readonly optional: Shape;
}

/** The shapes of an object's keys; a key that T may lack has an optional one. */
export type ShapesOf<T> = {
  readonly [K in keyof T]-?: undefined extends T[K] ? OptionalShape : Shape;
};

const here = (wanted: string): Mismatch => ({ path: [], wanted });

const inside = (key: string | number, { path, wanted }: Mismatch): Mismatch => ({
  path: [key, ...path],
  wanted,
});

/** A whole number that is exact as a JavaScript number. */
export const integer: Shape = (value) =>
  Number.isSafeInteger(value) ? undefined : here('a whole number below 2^53');

/** A whole number from 0 up. */
export const count: Shape = (value) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? undefined
    : here('a whole number from 0 to 2^53');

/** A 64-bit word in hexadecimal. */
export const hex: Shape = (value) =>
  typeof value === 'string' && /^0x[0-9a-f]{1,16}$/.test(value)
    ? undefined
    : here('a string of 0x and 1 to 16 digits of 0-9 and a-f');

/** Any text. */
export const string: Shape = (value) => (typeof value === 'string' ? undefined : here('a string'));

/** The word true. */
export const isTrue: Shape = (value) => (value === true ? undefined : here('true'));

/** One of a few texts. */
export const oneOfTexts = (...texts: readonly string[]): Shape => {
  const known = new Set<unknown>(texts);
  const mismatch = here(`one of ${texts.map((text) => `"${text}"`).join(', ')}`);
  return (value) => (known.has(value) ? undefined : mismatch);
};

/** Null or what the shape says. */
export const nullable =
  (shape: Shape): Shape =>
  (value) => {
    if (value === null) return undefined;
    const mismatch = shape(value);
    return mismatch && { ...mismatch, wanted: `null or ${mismatch.wanted}` };
  };

/** A key that may be absent. */
export const absentOr = (optional: Shape): OptionalShape => ({ optional });

/** A list of values of one shape. */
export const list =
  (shape: Shape): Shape =>
  (value) => {
    if (!Array.isArray(value)) return here('a list');
    for (let index = 0; index < value.length; index++) {
      const mismatch = shape(value[index]);
      if (mismatch !== undefined) return inside(index, mismatch);
    }
    return undefined;
  };

/** True for what JSON writes in braces. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An object with exactly these keys. */
export function object<T>(shapes: ShapesOf<T>): Shape {
  const known = new Map(Object.entries<Shape | OptionalShape>(shapes));
  const needed = [...known].flatMap(([key, shape]) => (typeof shape === 'function' ? [key] : []));
  return (value) => {
    if (!isRecord(value)) return here('an object');
    for (const key of Object.keys(value)) {
      const shape = known.get(key);
      if (shape === undefined)
        return inside(key, here(`no other key than ${[...known.keys()].join(', ')}`));
      const mismatch = (typeof shape === 'function' ? shape : shape.optional)(value[key]);
      if (mismatch !== undefined) return inside(key, mismatch);
    }
    for (const key of needed)
      if (!Object.hasOwn(value, key)) return here(`an object with the key "${key}"`);
    return undefined;
  };
}

/** An object whose values all have one shape. */
export const dictionary =
  (shape: Shape): Shape =>
  (value) => {
    if (!isRecord(value)) return here('an object');
    for (const [key, each] of Object.entries(value)) {
      const mismatch = shape(each);
      if (mismatch !== undefined) return inside(key, mismatch);
    }
    return undefined;
  };
