/**
 * A pseudo-random sequence that is the same on every machine and every version of Node: sfc32
 * (small fast counter, 128 bits of state), seeded from a text. All arithmetic is on 32-bit integers.
 */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string) {
    // Three FNV-1a hashes from different starting points.
    [this.#a, this.#b, this.#c] = [0x811c9dc5, 0x9747b28c, 0x5bd1e995].map((start) => {
      let hash = start;
      for (const char of seed) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
      return hash | 0;
    }) as [number, number, number];
    for (let i = 0; i < 16; i++) this.#next();
  }

  /** 32 bits, as a number from 0. */
  #next(): number {
    const sum = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }

  /** An integer from 0 up to, but not including, a bound of at most 2^53. */
  below(bound: number): number {
    const fraction = (this.#next() * 2 ** 21 + (this.#next() >>> 11)) / 2 ** 53;
    return Math.floor(fraction * bound);
  }

  /** An integer of a range, both ends included. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  /** True in so many of a hundred cases. */
  percent(chance: number): boolean {
    return this.below(100) < chance;
  }

  /** One of a list; an element that stands there twice is twice as likely. */
  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** One of a list of pairs, in proportion to the weights, which are integers. */
  weighted<T>(list: readonly (readonly [T, number])[]): T {
    let at = this.below(list.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [value, weight] of list) {
      at -= weight;
      if (at < 0) return value;
    }
    return list.at(-1)![0];
  }
}
