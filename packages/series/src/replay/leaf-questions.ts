import { ACRN_MEM_ACCESS_READ, ACRN_MEM_ACCESS_WRITE, createAcrn } from '@pfnmap/acrn';
import { EINVAL, formatErrno, VM_PAT } from '@pfnmap/mm-core';
import { KernelBug, PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PUD } from '@pfnmap/pgtable-core';
import { type Asked, type Computer, computerWith, type LeafKind, VA } from './computer.ts';
import type { ReplayQuestion } from './question.ts';

const BOTH = ['x86_64', 'arm64'] as const;
const X86 = ['x86_64'] as const;
const hex = (word: bigint): string => `0x${word.toString(16).toUpperCase()}`;

/** An entry as the table writes it. */
const written = ({ level, word }: { level: number; word: bigint }, wanted: number): string =>
  level === wanted && word !== 0n ? hex(word) : 'none';

function gupFast(kind: LeafKind, asked: Asked): string {
  const { machine, process } = computerWith(kind, asked);
  const request = { address: VA, nr_pages: 1, write: false };
  try {
    const pages = machine.layers.gup.get_user_pages_fast_only(process.mm, request);
    const all = machine.layers.gup.get_user_pages_fast(process.mm, request);
    return `${pages} pages, ${formatErrno(all)}`;
  } catch (error) {
    if (error instanceof KernelBug) return 'invalid page access';
    throw error;
  }
}

function folioWalk(kind: LeafKind, asked: Asked): string {
  const { machine, vma } = computerWith(kind, asked);
  return machine.layers.pagewalk.folio_walk_start(vma, VA) < 0 ? 'NULL' : 'bogus folio';
}

function forked(computer: Computer): { parent: bigint; child: { level: number; word: bigint } } {
  const child = computer.process.fork();
  if (typeof child === 'number') throw new RangeError(`fork failed with ${formatErrno(child)}`);
  return {
    parent: computer.entry(computer.process, VA).word,
    child: computer.entry(child, VA),
  };
}

/** ACRN's service module maps the first 8 KiB of the leaf for a guest, to read and write. */
function mappedForGuest(asked: Asked): string {
  const { machine, process } = computerWith('pmd', asked);
  const { kernel, layers } = machine;
  const { acrn_vm_ram_map } = createAcrn(kernel, layers.gup, layers.follow, {
    hcall_set_memory_regions: () => 0,
    PageReserved: () => false,
    vmap: () => true,
  });
  const attr = ACRN_MEM_ACCESS_READ | ACRN_MEM_ACCESS_WRITE;
  const len = 2 * kernel.arch.geometry.pageSize;
  const guest = { regions_mapping_count: 0 };
  const memmap = { user_vm_pa: 0, vma_base: VA, len, attr };
  const result = acrn_vm_ram_map(process.mm, guest, memmap);
  return result === 0 ? 'success' : formatErrno(result);
}

/** Questions about one leaf of the test driver, and what meets it. */
export const leafQuestions: readonly ReplayQuestion[] = [
  {
    id: 'Q1',
    title: 'PMD leaf after a fault',
    archs: BOTH,
    ask: (asked) => {
      const computer = computerWith('pmd', asked);
      return written(computer.entry(computer.process, VA), PGTABLE_LEVEL_PMD);
    },
  },
  {
    id: 'Q4',
    title: 'gup-fast on the PMD leaf',
    archs: BOTH,
    ask: (asked) => gupFast('pmd', asked),
  },
  {
    id: 'Q5',
    title: 'gup-fast on the PUD leaf',
    archs: X86,
    ask: (asked) => gupFast('pud', asked),
  },
  {
    id: 'Q6',
    title: 'folio_walk on the PMD leaf',
    archs: BOTH,
    ask: (asked) => folioWalk('pmd', asked),
  },
  {
    id: 'Q7',
    title: 'folio_walk on the PUD leaf',
    archs: X86,
    ask: (asked) => folioWalk('pud', asked),
  },
  {
    id: 'Q8',
    title: 'PMD of the child after fork',
    archs: BOTH,
    ask: (asked) => written(forked(computerWith('pmd', asked)).child, PGTABLE_LEVEL_PMD),
  },
  {
    id: 'Q9',
    title: 'PUD of parent and child after fork',
    archs: X86,
    ask: (asked) => {
      const { parent, child } = forked(computerWith('pud', asked));
      return `${hex(parent)}, ${written(child, PGTABLE_LEVEL_PUD)}`;
    },
  },
  {
    id: 'Q13',
    title: 'PAT follow_phys on a huge leaf',
    archs: X86,
    ask: (asked) => {
      const { machine, vma } = computerWith('pmd', asked);
      vma.vm_flags |= VM_PAT;
      const error = machine.kernel.tracking.copy(vma, vma);
      return error === -EINVAL ? '-EINVAL' : 'frame and protection';
    },
  },
  {
    id: 'Q15',
    title: 'ACRN map of the PMD leaf',
    archs: BOTH,
    ask: mappedForGuest,
  },
  {
    id: 'Q16',
    title: 'generic_access_phys on the PMD leaf',
    archs: BOTH,
    ask: (asked) => {
      const { machine, vma } = computerWith('pmd', asked);
      const bytes = machine.layers.access.generic_access_phys(vma, VA, 8, false);
      return bytes < 0 ? formatErrno(bytes) : `${bytes} bytes`;
    },
  },
];
