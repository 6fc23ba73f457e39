// `pfnmap explain` reads entries of the captures as the manuals of the architectures do.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ARM64_BITS } from '../src/explain/arm64.data.ts';
import { takeApart } from '../src/explain/entry-fields.ts';
import { X86_64_BITS } from '../src/explain/x86-64.data.ts';
import { readWord } from '../src/explain-command.ts';
import { arm64, x86_64 } from './archs.ts';
import { runMain } from './run-main.ts';

/** The fields of an explanation that are set, as `bits name=value`. */
async function fields(...args: string[]): Promise<string[]> {
  const { out } = await runMain(['explain', ...args, '--json']);
  const { levels } = JSON.parse(out) as {
    levels: { fields: { high: number; low: number; name: string; value: string }[] }[];
  };
  return levels[0]!.fields.map(({ high, low, name, value }) => `${high}:${low} ${name}=${value}`);
}

describe('fields', () => {
  test('of a 1G leaf of x86-64', async () => {
    expect(await fields('0x80000002000002b7', '--level', 'pud')).toEqual([
      '63:63 NX=0x1',
      '51:30 address=0x8',
      '9:9 SPECIAL=0x1',
      '7:7 PSE=0x1',
      '5:5 A=0x1',
      '4:4 PCD=0x1',
      '2:2 US=0x1',
      '1:1 RW=0x1',
      '0:0 P=0x1',
    ]);
  });

  test('of a table of x86-64', async () => {
    expect(await fields('0x67', '--level', 'pgd')).toEqual([
      '6:6 D=0x1',
      '5:5 A=0x1',
      '2:2 US=0x1',
      '1:1 RW=0x1',
      '0:0 P=0x1',
    ]);
  });

  test('of a 4K leaf of x86-64, whose bit 7 is PAT', async () => {
    expect(await fields('0x80000002000000b7', '--level', 'pte')).toContain('7:7 PAT=0x1');
  });

  test('of a swap entry of x86-64', async () => {
    expect(await fields('0x2fffffffffdb9600', '--level', 'pte')).toEqual([
      '63:59 TYPE=0x5',
      '58:9 OFFSET=0x3ffffffffedcb',
    ]);
  });

  test('of a 2M block of arm64', async () => {
    expect(await fields('0x168008000000ccd', '--arch', 'arm64', '--level', 'pmd')).toEqual([
      '56:56 SPECIAL=0x1',
      '54:54 UXN=0x1',
      '53:53 PXN=0x1',
      '51:51 WRITE=0x1',
      '49:12 address=0x8000000',
      '11:11 nG=0x1',
      '10:10 AF=0x1',
      '7:7 RDONLY=0x1',
      '6:6 USER=0x1',
      '4:2 AttrIndx=0x3',
      '0:0 VALID=0x1',
    ]);
  });

  test('of a table of arm64', async () => {
    expect(await fields('0x800000000000003', '--arch', 'arm64', '--level', 'pud')).toEqual([
      '59:59 PXNTable=0x1',
      '1:1 TABLE=0x1',
      '0:0 VALID=0x1',
    ]);
  });
});

describe('every word', () => {
  const levels = fc.constantFrom<0 | 1 | 2>(0, 1, 2);
  const words = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n });

  test.each([
    ['x86_64', x86_64, X86_64_BITS],
    ['arm64', arm64, ARM64_BITS],
  ] as const)('of %s is covered by fields that add up to it', (_, arch, layout) => {
    fc.assert(
      fc.property(levels, words, (level, word) => {
        const { fields } = takeApart(arch, layout, level, word);
        const sum = fields.reduce((total, { low, value }) => total | (value << BigInt(low)), 0n);
        expect(sum).toBe(word);
        expect(fields.reduce((bits, { high, low }) => bits + high - low + 1, 0)).toBe(64);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test.each([
    ['x86_64', x86_64, X86_64_BITS, 0x8000000000000e00n | 0x67n],
    ['arm64', arm64, ARM64_BITS, 0x05e8000000000cc3n],
  ] as const)('of %s has the names that the model has', (_, arch, layout, leaf) => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 2n ** 38n - 1n }),
        fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        (pfn, noise) => {
          // A valid page with random flags; bits that mean nothing to Linux stay clear.
          const word = ((noise & leaf) | (leaf & 3n) | 1n | (pfn << 12n)) & ~0x3000000000000n;
          const { flags } = arch.decode(0, word);
          const names = takeApart(arch, layout, 0, word)
            .fields.filter(
              ({ value, isAddress, high, low }) => value !== 0n && !isAddress && high === low,
            )
            .map(({ name }) => name)
            .reverse();
          expect(names).toEqual(flags);
        },
      ),
      { seed: 5, numRuns: 300 },
    );
  });
});

describe('for people', () => {
  test('bits stand under a ruler, with a mark for each', async () => {
    const { out } = await runMain(['explain', '0x80000002000002b7', '--level', 'pud']);
    expect(out).toContain(
      [
        '0x80000002000002b7 read as a pud, x86_64, Linux 6.12.117',
        '',
        'leaf: maps 1G at 0x200000000, memory type UC-',
        '',
        '6666 5555 5555 5544 4444 4444 3333 3333 3322 2222 2222 1111 1111 1100 0000 0000',
        '3210 9876 5432 1098 7654 3210 9876 5432 1098 7654 3210 9876 5432 1098 7654 3210',
        '1000 0000 0000 0000 0000 0000 0000 0010 0000 0000 0000 0000 0000 0010 1011 0111',
        '^... .... .... aaaa aaaa aaaa aaaa aaaa aa.. .... .... .... .... ..^. ^.^^ .^^^',
        '',
        ' bits  value  name     meaning',
        '   63      1  NX       instructions are not fetched from it',
        '51:30      8  address  physical address 0x200000000',
      ].join('\n'),
    );
    expect(out).toContain('clear: PKEY (62:59), SAVED_DIRTY (58)');
  });

  test('without a level, each level says how it would read the word', async () => {
    const { out } = await runMain(['explain', '9223372045444711095']);
    expect(out).toMatch(
      /^pud {4}1G {4}leaf at 0x200000000 {2}UC- {5}P RW US PCD A PSE SPECIAL NX$/m,
    );
    expect(out).toMatch(/^pgd {4}512G {2}table/m);
    expect(out).not.toMatch(/^p4d/m);
  });

  test('an inverted address is told as one', async () => {
    const { out } = await runMain(['explain', '0x000ffffdfffff120', '--level', 'pte']);
    expect(out).toContain('not present: keeps 4K at 0x200000000');
    expect(out).toContain('physical address 0x200000000, stored inverted');
  });

  test('an address in two parts is told as such', async () => {
    const { out } = await runMain([
      'explain',
      '0x168008000000ccd',
      '--arch',
      'arm64',
      '--level',
      'pmd',
    ]);
    expect(out).toMatch(/9:8 +0 {2}address {3}bits 51:50 of the physical address/);
  });

  test('0 is none', async () => {
    const { out } = await runMain(['explain', '0', '--level', 'pmd']);
    expect(out).toContain('none: nothing is mapped here');
  });
});

describe('the entry', () => {
  test.each([
    ['0x10', 16n],
    ['0X1f', 31n],
    ['16', 16n],
    ['0b101', 5n],
    ['0x8000_0002_0000_02b7', 0x80000002000002b7n],
    ['0x80000002000002b7n', 0x80000002000002b7n],
    ['0xffffffffffffffff', 2n ** 64n - 1n],
  ])('%s is read', (text, word) => {
    expect(readWord(text)).toBe(word);
  });

  test.each([
    ['0x10000000000000000', 'more than 64 bits'],
    ['9'.repeat(100_000), 'more than 64 bits'],
    ['-1', 'is not a number'],
    ['', 'is not a number'],
    ['80000002000002b7', 'Did you mean 0x80000002000002b7?'],
    ['pud', 'is not a number'],
  ])('%.30s is refused', (text, message) => {
    expect(() => readWord(text)).toThrow(message);
  });

  test('a level that does not exist is refused with the nearest', async () => {
    const { err, exitCode } = await runMain(['explain', '1', '--level', 'pdm']);
    expect(exitCode).toBe(2);
    expect(err).toContain('Did you mean pmd?');
  });
});
