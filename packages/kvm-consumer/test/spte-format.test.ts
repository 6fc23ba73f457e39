// Goal: NPT and EPT entries are the words that KVM writes. Method: NPT words are those of real kernels; EPT words follow from
// the manual's fields; both are compared whole.
import { wordOfLanes } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { createEpt, createNpt, type SpteFormat } from '../src/index.ts';
import { leafIndex } from '../src/x86/spte-format.ts';

const leaf = (format: SpteFormat, level: number, writable: boolean, mmio: boolean): string => {
  const at = leafIndex(level, writable, mmio);
  return wordOfLanes(format.leafLo[at]!, format.leafHi[at]!).toString(16);
};
const nonleaf = (format: SpteFormat): string =>
  wordOfLanes(format.nonleafLo, format.nonleafHi).toString(16);
const mmio = (format: SpteFormat, gfn: number, generation: number): string =>
  wordOfLanes(format.mmioLo(gfn, generation), format.mmioHi(gfn, generation)).toString(16);

describe('nested page tables', () => {
  const npt = createNpt();
  test('leaves and tables are the words of the captures', () => {
    expect(leaf(npt, 1, true, true)).toBe('e67');
    expect(leaf(npt, 1, false, true)).toBe('825');
    expect(leaf(npt, 2, true, true)).toBe('ee7');
    expect(leaf(npt, 2, false, true)).toBe('8a5');
    expect(leaf(npt, 3, true, true)).toBe('ee7');
    expect(nonleaf(npt)).toBe('827');
  });
  test('device memory and RAM have the same leaves', () => {
    for (const level of [1, 2, 3])
      expect(leaf(npt, level, true, false)).toBe(leaf(npt, level, true, true));
  });
  test('entries for addresses without memory are the words of the captures', () => {
    expect(mmio(npt, 0, 6)).toBe('8000000000037');
    expect(mmio(npt, 0xf0000, 4)).toBe('80000f0000027');
    expect(mmio(npt, 2, 10)).toBe('8000000002057');
  });
  test('such an entry is told from a leaf, and holds its generation', () => {
    for (const generation of [0, 2, 254, 256, 0x7fffe]) {
      const lo = npt.mmioLo(0x12345678, generation);
      const hi = npt.mmioHi(0x12345678, generation);
      expect(npt.is_mmio_spte(lo, hi)).toBe(true);
      expect(npt.mmioGeneration(lo, hi)).toBe(generation);
    }
    expect(npt.is_mmio_spte(npt.leafLo[leafIndex(3, true, true)]!, 0)).toBe(false);
    expect(npt.is_mmio_spte(0, 0x80000000 | 0)).toBe(false);
  });
});

describe('extended page tables', () => {
  const ept = createEpt({ accessedDirty: true, noncoherentDma: false });
  test('device memory is uncached, and the PAT of the guest is not ignored', () => {
    expect(leaf(ept, 3, true, true)).toBe('8600000000000b87');
    expect(leaf(ept, 1, true, true)).toBe('8600000000000b07');
    expect(leaf(ept, 1, false, true)).toBe('8000000000000905');
  });
  test('RAM is write-back whatever the guest says', () => {
    expect(leaf(ept, 1, true, false)).toBe('8600000000000b77');
    expect(leaf(ept, 2, true, false)).toBe('8600000000000bf7');
  });
  test('with a device whose DMA does not snoop, the guest decides within write-back', () => {
    const shared = createEpt({ accessedDirty: true, noncoherentDma: true });
    expect(leaf(shared, 1, true, false)).toBe('8600000000000b37');
    expect(leaf(shared, 1, true, true)).toBe('8600000000000b07');
  });
  test('without accessed and dirty bits both are missing, and bit 52 says so', () => {
    const old = createEpt({ accessedDirty: false, noncoherentDma: false });
    expect(leaf(old, 1, true, false)).toBe('8610000000000877');
    expect(nonleaf(old)).toBe('8010000000000807');
  });
  test('a table may be read, written and executed through', () => {
    expect(nonleaf(ept)).toBe('8000000000000907');
  });
  test('an address without memory is writable and executable, but not readable', () => {
    expect(mmio(ept, 0xf0000, 4)).toBe('f0000026');
    const lo = ept.mmioLo(0x12345678, 0x102);
    const hi = ept.mmioHi(0x12345678, 0x102);
    expect(ept.is_mmio_spte(lo, hi)).toBe(true);
    expect(ept.mmioGeneration(lo, hi)).toBe(0x102);
    expect(
      ept.is_mmio_spte(
        ept.leafLo[leafIndex(1, true, true)]!,
        ept.leafHi[leafIndex(1, true, true)]!,
      ),
    ).toBe(false);
  });
  test('the hardware asks one bit for each kind of access', () => {
    const at = leafIndex(1, false, false);
    const [lo, hi] = [ept.leafLo[at]!, ept.leafHi[at]!];
    expect(['read', 'write', 'exec'].map((kind) => ept.permits(lo, hi, kind as 'read'))).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('decoded', () => {
  const told = (format: SpteFormat, level: number, word: bigint): string => {
    const { kind, address, memoryType, flags } = format.decode(level, word);
    return `${kind} ${address.toString(16)} ${memoryType}: ${flags.join(' ')}`;
  };
  const npt = createNpt();
  test.each([
    [4, 0xa827n, 'table a000 : P RW US A MMU_PRESENT'],
    [3, 0x240000ee7n, 'leaf 240000000 : P RW US A D PSE HOST_WRITABLE MMU_WRITABLE MMU_PRESENT'],
    [2, 0x2000008a5n, 'leaf 200000000 : P US A PSE MMU_PRESENT'],
    [1, 0x200001e67n, 'leaf 200001000 : P RW US A D HOST_WRITABLE MMU_WRITABLE MMU_PRESENT'],
    [2, 0x8000000000000000n, 'none 0 : '],
    [1, 0x80000f0000027n, 'not present f0000000 : MMIO GENERATION=4'],
  ])('the NPT entry at level %i: 0x%s', (level, word, text) => {
    expect(told(npt, level, word)).toBe(text);
  });
  const ept = createEpt({ accessedDirty: true, noncoherentDma: false });
  test.each([
    [
      3,
      0x8600000200000b87n,
      'leaf 200000000 UC: R W X PS A D MMU_PRESENT HOST_WRITABLE MMU_WRITABLE SUPPRESS_VE',
    ],
    [
      1,
      0x8600000000001b77n,
      'leaf 1000 WB: R W X IPAT A D MMU_PRESENT HOST_WRITABLE MMU_WRITABLE SUPPRESS_VE',
    ],
    [4, 0x800000000000a907n, 'table a000 : R W X A MMU_PRESENT SUPPRESS_VE'],
    [1, 0xf0000026n, 'not present f0000000 : MMIO GENERATION=4'],
  ])('the EPT entry at level %i: 0x%s', (level, word, text) => {
    expect(told(ept, level, word)).toBe(text);
  });
});
