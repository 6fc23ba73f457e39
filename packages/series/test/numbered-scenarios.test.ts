// The numbered scenarios of the patches that need more than one package, or none: names, builds, whole computers.
import { resolveKernel } from '@pfnmap/kconfig';
import { encodeEntry, KernelBug, PGTABLE_LEVEL_PMD, splitEntry } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import { bootWith, computerWith, VA } from '../src/replay/computer.ts';
import { play, playText } from './playing.ts';

const LEAF = 0x80000000e00002b7n;
const MIGRATION = 0xf7ffffffdffffe00n;
const MiB = 2 ** 20;

const archOf = (arch: 'x86_64' | 'arm64', kernel: string, symbols: readonly string[] = []) =>
  bootWith('bar=2M', { arch, kernel, with: symbols }, 0xe0000000n).kernel.arch;

describe('P02', () => {
  test('P02-S4: from it on there is no is_huge_zero_pud() to call', () => {
    const of = (kernel: string) =>
      computerWith('pmd', { arch: 'x86_64', kernel }).machine.layers.huge.is_huge_zero_pud;
    expect(of('posted-01')?.(0)).toBe(false);
    expect(of('posted-02')).toBeUndefined();
  });
});

describe('P05', () => {
  const guest = (reverted: readonly string[]) =>
    play('05-guest-write', { arch: 'x86_64', kernel: '6.12-rc1', reverted });

  test('P05-S6: a write of a guest to a huge BAR leaf tries gup-fast, is refused and goes on', () => {
    expect(guest([]).bug).toBeUndefined();
    expect(guest([]).capture.steps.at(-1)!.answers).toContainEqual({
      pages_1g: 0,
      pages_2m: 1,
      pages_4k: 1,
    });
  });
  test('P05-S6: without it the fast path touches a bogus page', () => {
    expect(guest(['SERIES_PATCH_05']).bug?.where).toBe('gup_fast_pmd_leaf');
  });
});

describe('P08', () => {
  test('P08-S1: pmd_pgprot() of an x86 leaf is the leaf less its address', () => {
    const arch = archOf('x86_64', 'posted-19');
    const { prot } = splitEntry(arch, PGTABLE_LEVEL_PMD, LEAF);
    expect(arch.pgprot_val(arch.pmd_pgprot(prot))).toBe(0x80000000000002b7n);
  });
  test('P08-S5: patch 9 cannot be had without it', () => {
    const build = () =>
      resolveKernel({ profile: 'posted-07', arch: 'x86', with: ['SERIES_PATCH_09'] });
    expect(build).toThrow('SERIES_PATCH_09=n because it depends on SERIES_PATCH_08');
  });
});

describe('P16', () => {
  test('P16-S2: after patch 15 nothing calls follow_pte()', () => {
    const computer = computerWith('pmd', { arch: 'x86_64', kernel: 'posted-15' });
    const { machine, process, vma } = computer;
    Object.assign(machine.layers.follow, {
      follow_pte: () => {
        throw new KernelBug('called', 'follow_pte');
      },
    });
    const request = { iova: 2 ** 32, vaddr: VA, size: 2 * MiB, read: true, write: true };
    expect(machine.dma.mapDma(process.mm, request)).toBe(0);
    expect(machine.layers.access.generic_access_phys(vma, VA, 8, false)).toBe(8);
    const before = computerWith('pmd', { arch: 'x86_64', kernel: 'posted-12' });
    Object.assign(before.machine.layers.follow, {
      follow_pte: () => {
        throw new KernelBug('called', 'follow_pte');
      },
    });
    expect(() => before.machine.dma.mapDma(before.process.mm, request)).toThrow('follow_pte');
  });
});

describe('P17', () => {
  const arch = archOf('x86_64', 'posted-17');
  const protOf = (word: bigint) => splitEntry(arch, PGTABLE_LEVEL_PMD, word).prot;

  test('P17-S1: bit 9 makes a PMD special', () => {
    expect(arch.pmd_special(protOf(LEAF))).toBe(true);
    expect(arch.pmd_special(protOf(0x80000000e00000b7n))).toBe(false);
  });
  test('P17-S2: mprotect() to read-only and back keeps it, and the entry present', () => {
    const { process, entry } = computerWith('pmd', { arch: 'x86_64', kernel: 'posted-17' });
    expect(entry(process, VA).word).toBe(LEAF);
    expect(process.mprotect(VA, 2 * MiB, 1)).toBe(0);
    expect(entry(process, VA).word).toBe(0x80000000e00002b5n);
    expect(process.mprotect(VA, 2 * MiB, 3)).toBe(0);
    expect(entry(process, VA).word).toBe(LEAF);
  });
  test('P17-S3: a kernel for 32-bit x86 has the stubs', () => {
    const config = resolveKernel({ profile: 'posted-19', arch: 'x86', without: ['64BIT'] });
    expect(config.enabled('X86_64')).toBe(false);
    for (const symbol of ['HUGE', 'PMD', 'PUD'])
      expect(config.enabled(`ARCH_SUPPORTS_${symbol}_PFNMAP`)).toBe(false);
  });
  test('P17-S4: a PMD under migration looks special, and is not present', () => {
    expect(arch.pmd_special(protOf(MIGRATION))).toBe(true);
    expect(arch.pmd_present(protOf(MIGRATION))).toBe(false);
  });
  test('P17-S5: without patch 19 no driver of the tree makes a special huge entry', () => {
    const levels = playText('machine bar=8M\nvfio\nmmap a bar2 length=8M align=2M\ntouch a\n', {
      arch: 'x86_64',
      kernel: 'posted-18',
    }).summary.mapped.map(({ level }) => level);
    expect(levels).toEqual(['pte']);
  });
});

describe('P18', () => {
  // With 52-bit addresses, bits 9 and 8 of an entry are address.
  const BLOCK = 0x0068000040000ccdn;

  test('P18-S1: pmd_mkspecial() sets bit 56 with THP, and nothing without', () => {
    const marked = (symbols: readonly string[]) => {
      const arch = archOf('arm64', 'posted-18', symbols);
      const { pfn, prot } = splitEntry(arch, PGTABLE_LEVEL_PMD, BLOCK);
      return encodeEntry(arch, PGTABLE_LEVEL_PMD, pfn, arch.pmd_mkspecial(prot));
    };
    expect(marked([])).toBe(BLOCK | (1n << 56n));
    expect(marked(['TRANSPARENT_HUGEPAGE=n'])).toBe(BLOCK);
  });
  test('P18-S2: the driver is not asked for a PUD', () => {
    const { capture } = play('04-orders', { arch: 'arm64', kernel: 'posted-18' });
    const calls = capture.steps
      .flatMap(({ answers }) => answers)
      .flatMap((answer) => ('calls' in answer ? answer.calls : []));
    expect(calls.map((call) => ('order' in call ? call.order : -1))).toEqual([9, 9]);
  });
  test('P18-S3: pmd_pgprot() of a block is the entry less its output address', () => {
    const arch = archOf('arm64', 'posted-18');
    const { prot } = splitEntry(arch, PGTABLE_LEVEL_PMD, BLOCK);
    expect(arch.pgprot_val(arch.pmd_pgprot(prot))).toBe(0x0068000000000ccdn);
  });
});
