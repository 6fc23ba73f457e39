import { hiOfWord, loOfWord, PGTABLE_LEVEL_PMD } from '@pfnmap/pgtable-core';
import { type Asked, computerWith, VA } from './computer.ts';
import { type ReplayQuestion, yesNo } from './question.ts';

const BOTH = ['x86_64', 'arm64'] as const;
const X86 = ['x86_64'] as const;
const MiB = 2 ** 20;

/** An x86-64 swap entry of type 30, a writable migration entry, for the frame 0x100000. */
const MIGRATION_PMD = 0xf7ffffffdffffe00n;

/** Where an anonymous mapping for a migration entry goes: far from the BAR. */
const ANON = VA + 2 ** 40;

const symbol = (asked: Asked, name: string): boolean =>
  computerWith('pmd', asked).machine.kernel.config.enabled(name);

/** Forks a process whose PMD holds a migration entry of anonymous memory: what the child then has. */
function forkedMigration(asked: Asked): bigint {
  const computer = computerWith('pmd', asked);
  const { machine, process } = computer;
  const anon = { prot: 3, shared: false, file: null, offset: 0 };
  process.mmap({ address: ANON, length: 4 * MiB, ...anon });
  process.touch(ANON + 2 * MiB, true);
  const { pt, mem } = machine.kernel;
  process.touch(ANON, true);
  const pudp = pt.pud_offset(pt.p4d_offset(pt.pgd_offset(process.mm, ANON), ANON), ANON);
  const slot = pt.pmd_offset(pudp, ANON);
  const table = [mem.lanes[slot]!, mem.lanes[slot + 1]!] as const;
  const put = (lo: number, hi: number): void => {
    mem.lanes[slot] = lo;
    mem.lanes[slot + 1] = hi;
  };
  put(loOfWord(MIGRATION_PMD), hiOfWord(MIGRATION_PMD));
  const child = process.fork();
  put(...table);
  return typeof child === 'number' ? 0n : computer.entry(child, ANON).word;
}

/** pmd_special() of the migration entry, in which the bit belongs to the offset. */
function migrationIsSpecial(asked: Asked): boolean {
  const { arch } = computerWith('pmd', asked).machine.kernel;
  const [lo, hi] = [loOfWord(MIGRATION_PMD), hiOfWord(MIGRATION_PMD)];
  return arch.pmd_special(arch.codec.prot(PGTABLE_LEVEL_PMD, lo, hi));
}

/** Questions about what a kernel has. */
export const kernelQuestions: readonly ReplayQuestion[] = [
  {
    id: 'Q3',
    title: 'is_huge_zero_pud exists',
    archs: BOTH,
    ask: (asked) =>
      yesNo(computerWith('pmd', asked).machine.layers.huge.is_huge_zero_pud !== undefined),
  },
  {
    id: 'Q10',
    title: 'pmd_pgprot usable in generic code',
    archs: BOTH,
    ask: (asked) => yesNo(symbol(asked, 'SERIES_PATCH_08')),
  },
  {
    id: 'Q11',
    title: 'follow_pfnmap API exists',
    archs: BOTH,
    ask: (asked) => yesNo(computerWith('pmd', asked).machine.layers.follow.pfnmap !== undefined),
  },
  {
    id: 'Q17',
    title: 'follow_pte exported',
    archs: BOTH,
    ask: (asked) =>
      yesNo(computerWith('pmd', asked).machine.layers.follow.follow_pte !== undefined),
  },
  {
    id: 'Q18',
    title: 'HUGE_PFNMAP on x86_64',
    archs: X86,
    ask: (asked) => yesNo(symbol(asked, 'ARCH_SUPPORTS_HUGE_PFNMAP')),
  },
  {
    id: 'Q19',
    title: 'HUGE_PFNMAP on arm64',
    archs: ['arm64'],
    ask: (asked) => yesNo(symbol(asked, 'ARCH_SUPPORTS_HUGE_PFNMAP')),
  },
  {
    id: 'Q21',
    title: 'fork of an anonymous PMD migration entry',
    archs: X86,
    ask: (asked) =>
      forkedMigration(asked) === MIGRATION_PMD
        ? 'broken: copied as it is'
        : 'left to anonymous memory',
  },
  {
    id: 'Q22',
    title: 'FW_MIGRATION on a PMD migration entry',
    archs: X86,
    ask: (asked) => {
      const posted =
        symbol(asked, 'SERIES_PATCH_06') && !symbol(asked, 'FIX_FOLIO_WALK_PRESENT_PMD');
      return posted && migrationIsSpecial(asked) ? 'NULL' : 'found';
    },
  },
];
