import { kernelChanges } from '@pfnmap/kconfig';
import type { ExperimentCover } from './cover.ts';

/** What this file says of an experiment; symbol, subject, problem and change come from its symbol. */
type Told = Omit<ExperimentCover, 'id' | 'symbol' | 'subject' | 'problem' | 'change' | 'effect'>;

const BOTH = ['x86_64', 'arm64'] as const;

const TOLD: Readonly<Record<string, Told>> = {
  E1: {
    packages: ['mm-huge', 'mm-mmap'],
    source: 'thread on the cover letter, 27 August 2024: could the entry be split instead?',
    observable: 'munmap, mprotect and zap of one page leave the rest of a 1 GiB entry mapped',
    archs: BOTH,
    scenarios: ['E1-unmap-page', 'E1-boundary'],
  },
  E2: {
    packages: ['mm-memory'],
    source: 'to-do list of the cover letter: remap_pfn_range() support',
    observable: 'a driver that maps all of a BAR at mmap() does so with entries of 1 GiB and 2 MiB',
    archs: BOTH,
    scenarios: ['E2-remap'],
  },
  E3: {
    packages: ['kconfig', 'arch-arm64'],
    source: 'to-do list of the cover letter: 1 GiB on arm64',
    observable: 'device memory is mapped with entries of 1 GiB on arm64 with 4K pages',
    archs: ['arm64'],
    scenarios: ['E3-arm64-1g'],
  },
  E4: {
    packages: ['mm-mmap', 'vfio-pci'],
    source: 'to-do list of the cover letter: addresses that fit huge entries',
    observable: 'a program that names no address gets one at which the BAR maps with huge entries',
    archs: BOTH,
    scenarios: ['E4-aligned-address'],
  },
  E5: {
    packages: ['mm-memory', 'vfio-pci'],
    source: 'thread on the cover letter, 27 August 2024: could only the bad page be lost?',
    observable:
      'a page that failed is unmapped alone; an access to it, and to no other, gets SIGBUS',
    archs: BOTH,
    scenarios: ['E5-memory-failure'],
  },
};

/** The experiments in order. No kernel has them; `with` turns them on. */
export const experimentCovers: readonly ExperimentCover[] = /* @__PURE__ */ Object.freeze(
  Object.entries(TOLD).map(([id, told]) => {
    const { symbol, title, help } = kernelChanges.find(({ entry }) => entry === id)!;
    const cover = { id, symbol, subject: title, problem: help, change: title, ...told };
    return Object.freeze({ ...cover, effect: 'answers' as const });
  }),
);
