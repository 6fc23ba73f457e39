/**
 * The words that the oracle is asked about and the checksum of its answers, made here again exactly as main.c makes
 * them, so that a test needs neither compiler nor headers.
 */

/** Two 32-bit lanes. */
export interface Lanes {
  lo: number;
  hi: number;
}

/** Seeded random words: a quarter each uniform, few bits set, many bits set, and like an entry of the first 64 GiB. */
export function createRandomWords(): (out: Lanes) => void {
  let x = 123456789;
  let y = 362436069;
  let z = 521288629;
  let w = 88675123;
  const next = (): number => {
    const t = x ^ (x << 11);
    x = y;
    y = z;
    z = w;
    w = w ^ (w >>> 19) ^ t ^ (t >>> 8);
    return w;
  };
  return (out) => {
    const shape = next() & 3;
    const firstLo = next();
    const firstHi = next();
    const secondLo = next();
    const secondHi = next();
    if (shape === 0) {
      out.lo = firstLo;
      out.hi = firstHi;
    } else if (shape === 1) {
      out.lo = firstLo & secondLo;
      out.hi = firstHi & secondHi;
    } else if (shape === 2) {
      out.lo = firstLo | secondLo;
      out.hi = firstHi | secondHi;
    } else {
      out.lo = firstLo | (secondLo & 1);
      out.hi = firstHi & 0xfff0000f;
    }
  };
}

const HIGH_PATTERNS = [
  0n,
  1n << 63n,
  1n << 58n,
  1n << 57n,
  1n << 51n,
  9n << 59n,
  0x8400000000000000n,
  0xfff0000000000000n,
];

const ADDRESS_PATTERNS = [0n, 0xe0200000n, 0x0000380040001000n, 0x000ffffffffff000n];

/** Zero, each bit alone and alone missing, each pair of bits, and all low flags with some high ones, the addresses in turn. */
export function patternedWords(): BigUint64Array {
  const bits = Array.from({ length: 64 }, (_, bit) => 1n << BigInt(bit));
  const words = [0n, ...bits, ...bits.map((bit) => BigInt.asUintN(64, ~bit))];
  for (const [index, bit] of bits.entries()) {
    for (const other of bits.slice(index + 1)) words.push(bit | other);
  }
  for (let low = 0n; low < 4096n; low++) {
    for (const [index, high] of HIGH_PATTERNS.entries()) {
      const address = ADDRESS_PATTERNS[(Number(low) + index) % ADDRESS_PATTERNS.length];
      words.push(low | high | (address as bigint));
    }
  }
  return BigUint64Array.from(words);
}

const rotate = (x: number, by: number): number => (x << by) | (x >>> (32 - by));

function mix(sum: number, lane: number): number {
  const scattered = Math.imul(rotate(Math.imul(lane, 0xcc9e2d51), 15), 0x1b873593);
  return (Math.imul(rotate(sum ^ scattered, 13), 5) + 0xe6546b64) | 0;
}

/** Adds a result to a checksum. */
export function addToSum(sum: Lanes, result: Lanes): void {
  sum.lo = mix(sum.lo, result.lo);
  sum.hi = mix(sum.hi, result.hi ^ sum.lo);
}

/** A checksum as main.c prints it. */
export const formatSum = (sum: Lanes): string =>
  [sum.hi, sum.lo].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
