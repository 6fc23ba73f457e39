import { FW_MIGRATION } from '@pfnmap/mm-pagewalk';
import { hiOfWord, loOfWord } from '@pfnmap/pgtable-core';
import { type Asked, type Computer, computerWith, VA } from './computer.ts';
import { type ReplayQuestion, yesNo } from './question.ts';

const BOTH = ['x86_64', 'arm64'] as const;
const X86 = ['x86_64'] as const;
const MiB = 2 ** 20;

/** An x86-64 swap entry of type 30, a writable migration entry, for the frame 0x100000. */
const MIGRATION_PMD = 0xf7ffffffdffffe00n;
const MIGRATING_PFN = 0x100000;

/** Where an anonymous mapping for a migration entry goes: far from the BAR. */
const ANON = VA + 2 ** 40;

const symbol = (asked: Asked, name: string): boolean =>
  computerWith('pmd', asked).machine.kernel.config.enabled(name);

/** Lets a process have a migration entry of anonymous memory at {@link ANON} while it does something. */
function whileMigrating<T>(asked: Asked, use: (computer: Computer) => T): T {
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
  try {
    return use(computer);
  } finally {
    put(...table);
  }
}

/** Whether the child of a fork has the same migration entry. */
const copiesMigration = (asked: Asked): boolean =>
  whileMigrating(asked, (computer) => {
    const child = computer.process.fork();
    return typeof child !== 'number' && computer.entry(child, ANON).word === MIGRATION_PMD;
  });

/** Whether folio_walk_start() finds the folio that moves. */
const findsMigrating = (asked: Asked): boolean =>
  whileMigrating(asked, ({ machine, process }) => {
    const vma = process.mm.vma_lookup(ANON)!;
    return machine.layers.pagewalk.folio_walk_start(vma, ANON, FW_MIGRATION) === MIGRATING_PFN;
  });

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
      copiesMigration(asked) ? 'broken: copied as it is' : 'left to anonymous memory',
  },
  {
    id: 'Q22',
    title: 'FW_MIGRATION on a PMD migration entry',
    archs: X86,
    ask: (asked) => (findsMigrating(asked) ? 'found' : 'NULL'),
  },
];
