import { kernelChanges } from '@pfnmap/kconfig';
import type { FixCover } from './cover.ts';

/** What this file says of a fix; symbol, subject, commit, problem and change come from its symbol if it has one. */
interface Told {
  readonly patch?: number;
  readonly packages: readonly string[];
  readonly effect: FixCover['effect'];
  readonly observable: string;
  readonly kernels: string;
  readonly scenarios?: readonly string[];
  readonly with?: readonly string[];
}

const STABLE = '6.12.117 and 7.3';

const TOLD: Readonly<Record<string, Told>> = {
  F1: {
    patch: 7,
    packages: ['mm-fork'],
    effect: 'calls',
    observable: 'fork no longer copies PMD migration entries of anonymous memory as they are',
    kernels: 'from 6.12 on',
  },
  F2: {
    patch: 9,
    packages: ['follow-pfnmap'],
    effect: 'calls',
    observable: 'a lookup in a VMA without a file no longer crashes a kernel with LOCKDEP',
    kernels: 'from 6.12 on',
    with: ['PROVE_LOCKING'],
  },
  F3: {
    patch: 19,
    packages: ['vfio-pci'],
    effect: 'answers',
    observable:
      'a mapping at an odd offset of the BAR reaches the memory it is for, with 4 KiB entries',
    kernels: STABLE,
    scenarios: ['F3-unaligned-pfn'],
  },
  F4: {
    patch: 19,
    packages: ['vfio-pci'],
    effect: 'answers',
    observable: 'the first touch may be anywhere in a huge page',
    kernels: STABLE,
    scenarios: ['F4-unaligned-touch'],
  },
  F5: {
    packages: ['mm-huge', 'x86-pat'],
    effect: 'calls',
    observable: '1 GiB entries of a write-combining BAR are write-combining, as 2 MiB entries are',
    kernels: '7.3',
  },
  F6: {
    patch: 3,
    packages: [],
    effect: 'not modelled',
    observable:
      'huge DAX folios, which the model does not map, are no longer taken for device memory',
    kernels: '7.3; 6.12 does not have the bug',
  },
  F7: {
    patch: 18,
    packages: ['arch-arm64'],
    effect: 'nothing',
    observable:
      'nothing: no configuration of arm64 compiles the macros, so pud_special() was false before and is after',
    kernels: '7.3',
  },
  F8: {
    patch: 9,
    packages: ['follow-pfnmap'],
    effect: 'calls',
    observable: 'a lookup that meets a zap fails or looks again, and no longer tells the old frame',
    kernels: STABLE,
  },
  F9: {
    patch: 19,
    packages: ['mm-pagewalk'],
    effect: 'calls',
    observable: 'a walker that meets a refault of a 1 GiB entry no longer reads the BAR as a table',
    kernels: STABLE,
  },
  F10: {
    patch: 13,
    packages: ['vfio-type1'],
    effect: 'calls',
    observable: 'a DMA map that meets a zap is tried again instead of EINVAL',
    kernels: 'none: proposed only',
  },
  F11: {
    patch: 19,
    packages: ['kconfig'],
    effect: 'nothing',
    observable:
      'vfio-pci builds on powerpc, which can have huge pfn mappings only then (POWERPC_HUGE_PFNMAP); the orders it accepts stay',
    kernels: '7.3',
  },
  F12: {
    patch: 4,
    packages: ['mm-huge'],
    effect: 'answers',
    observable: 'device memory is mapped huge whatever transparent_hugepage/enabled says',
    kernels: STABLE,
    scenarios: ['F12-thp-never', 'F12-thp-madvise'],
  },
  F13: {
    patch: 15,
    packages: ['access-process-vm'],
    effect: 'answers',
    observable: 'an access to device memory ends at the page',
    kernels: '7.3',
    scenarios: ['F13-end-of-mapping'],
  },
  F14: {
    packages: ['mm-memory'],
    effect: 'answers',
    observable: 'a zap of part of a 1 GiB entry no longer warns',
    kernels: '7.3',
    scenarios: ['F14-partial-unmap'],
  },
  F15: {
    patch: 10,
    packages: ['kvm-consumer'],
    effect: 'answers',
    observable: 'arm64 guests get stage-2 entries as large as those of the host',
    kernels: STABLE,
    scenarios: ['F15-small-host-pages'],
  },
  F16: {
    patch: 7,
    packages: [],
    effect: 'not modelled',
    observable:
      'nothing that fork answers: the mark and its exemption in copy_huge_pmd() came together; who sees the mark is the huge page of zeroes of anonymous memory (HUGE_ZERO_SPECIAL), which is no device memory',
    kernels: '7.3',
  },
  F17: {
    patch: 12,
    packages: ['x86-pat'],
    effect: 'calls',
    observable: 'a fork that fails leaves memory types as they were',
    kernels: STABLE,
  },
};

function coverOf(id: string, told: Told): FixCover {
  const change = kernelChanges.find(({ entry }) => entry === id)!;
  return Object.freeze({
    id,
    symbol: change.symbol,
    subject: change.title,
    commit: change.commit,
    problem: change.help,
    change: change.title,
    patch: undefined,
    scenarios: [],
    with: [],
    ...told,
  });
}

/** F18 is the search that found nothing. */
const F18: FixCover = Object.freeze({
  id: 'F18',
  symbol: undefined,
  subject: 'no further repair is known',
  commit: undefined,
  patch: undefined,
  packages: [],
  effect: 'nothing',
  problem:
    'Commits that name patch 1, 3, 4, 5, 6, 12 or 15 as the one they repair were looked for, and none was found.',
  change: 'None. That is no proof that there is none.',
  observable: 'nothing',
  kernels: 'none',
  scenarios: [],
  with: [],
});

/** The follow-up fixes in order. */
export const fixCovers: readonly FixCover[] = /* @__PURE__ */ Object.freeze([
  ...Object.entries(TOLD).map(([id, told]) => coverOf(id, told)),
  F18,
]);
