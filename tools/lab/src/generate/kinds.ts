import { type Draft, G, M } from './draft.ts';
import { barLengths, type MappingChoice } from './mapping.ts';
import type { OperationName } from './operations.ts';

/** What a kind of scenario is made of. */
export interface Kind {
  readonly description: string;
  /** Sizes of BAR 2, bytes. */
  readonly bars: readonly number[];
  /** Opens the device through vfio. */
  readonly vfio?: boolean;
  /** The mode of the test driver, or undefined where it is not used. */
  readonly lab?: readonly ('fault' | 'mixed' | 'remap')[];
  readonly kvm?: boolean;
  /** Processors of the machine; one if left out. */
  readonly cpus?: number;
  /** Tells of notifiers and TLB flushes. */
  readonly watch?: boolean;
  readonly mapping: MappingChoice;
  /**
   * Asks for what can kill a kernel. In a campaign each has a boot of its own, since a kernel that lives may be
   * damaged, and so only every tenth seed has one.
   */
  readonly hazard?: boolean;
  /** Operations with their weights. */
  readonly operations: Readonly<
    Partial<Record<OperationName | 'map' | 'anon' | 'fork' | 'peer' | 'slot' | 'access', number>>
  >;
}

const everywhere = {
  touch: 20,
  touchall: 4,
  table: 8,
  follow: 8,
  gup: 8,
  walk: 4,
  mprotect: 8,
  munmap: 4,
  mremap: 4,
  fork: 6,
  madvise: 2,
  mlock: 1,
  readv: 2,
  pagemap: 2,
  walkers: 2,
  map: 4,
} as const;

const whole: MappingChoice = { source: 'bar2', lengths: barLengths };
/** remap_pfn_range fills all of a mapping with single pages, which are told one by one where nobody may access them. */
const remapLengths = ({ geometry: { page, pmd } }: Draft) => [4 * page, pmd, 4 * pmd];
const labLengths = (draft: Draft) => {
  const { pmd } = draft.geometry;
  return draft.mode === 'remap' ? remapLengths(draft) : [pmd, 2 * pmd, 8 * pmd, G, 2 * G];
};

/** The kinds of scenario the generator writes. */
export const KINDS = {
  bar: {
    description: 'a BAR of any size through vfio-pci',
    bars: [64 * 1024, M, 16 * M, 64 * M, 256 * M, 2 * G, 8 * G, 64 * G],
    vfio: true,
    mapping: whole,
    operations: { ...everywhere, command: 2, reset: 1, hardoffline: 1, otherbar: 1 },
  },
  lab: {
    description: 'the test driver, inserting by faults up to some order',
    bars: [8 * G],
    lab: ['fault', 'fault', 'fault', 'fault', 'mixed'],
    mapping: { source: 'lab', lengths: labLengths },
    operations: { ...everywhere, zap: 4, unmaprange: 4 },
  },
  remap: {
    description: 'the test driver, mapping with remap_pfn_range, also copy-on-write',
    bars: [8 * G],
    lab: ['remap'],
    mapping: { source: 'lab', lengths: remapLengths, private: 50 },
    operations: { ...everywhere, zap: 4, unmaprange: 4 },
  },
  kvm: {
    description: 'a virtual machine that reaches the BAR: stage-2 entries and what takes them down',
    bars: [8 * G],
    vfio: true,
    kvm: true,
    mapping: whole,
    operations: { ...everywhere, slot: 8, access: 24, command: 2 },
  },
  dma: {
    description: 'DMA mappings of BAR mappings and of memory',
    bars: [256 * M, 8 * G],
    vfio: true,
    mapping: whole,
    operations: { ...everywhere, dmamap: 20, dmaunmap: 12, command: 2, anon: 2 },
  },
  fork: {
    description: 'fork, again and again, with work in the children',
    bars: [8 * G],
    lab: ['fault', 'fault', 'mixed', 'remap'],
    mapping: { source: 'lab', lengths: labLengths, private: 50 },
    operations: { touch: 20, touchall: 4, mprotect: 6, zap: 4, unmaprange: 4, fork: 24, map: 6 },
  },
  proc: {
    description: 'the page walkers behind /proc and the system calls on ranges',
    bars: [8 * G],
    vfio: true,
    mapping: whole,
    operations: {
      touch: 16,
      touchall: 8,
      walkers: 16,
      pagemap: 4,
      procmem: 4,
      readv: 4,
      movepages: 4,
      mincore: 6,
      mbind: 6,
      madvise: 6,
      processmadvise: 6,
      uffd: 4,
      mlock: 2,
      mprotect: 2,
      anon: 2,
      map: 4,
    },
  },
  peer: {
    description: 'two processes that map one device, and what takes the mappings of both down',
    bars: [256 * M, 8 * G],
    vfio: true,
    mapping: whole,
    operations: { touch: 16, table: 8, mprotect: 4, munmap: 2, peer: 30, command: 6, map: 4 },
  },
  hot: {
    description: 'memory enable that goes off and on while another processor faults',
    bars: [256 * M, 8 * G],
    vfio: true,
    cpus: 2,
    mapping: whole,
    operations: {
      touch: 12,
      touchall: 4,
      table: 8,
      mprotect: 6,
      munmap: 2,
      peer: 12,
      command: 4,
      map: 6,
      hotdisable: 24,
    },
  },
  watch: {
    description: 'what an MMU notifier and the TLB are told',
    bars: [8 * G],
    lab: ['fault', 'fault', 'mixed', 'remap'],
    watch: true,
    mapping: { source: 'lab', lengths: labLengths, private: 50 },
    operations: { ...everywhere, zap: 8, unmaprange: 8 },
  },
  anon: {
    description: 'anonymous memory, in huge pages where it fits, and what splits and shares them',
    bars: [8 * G],
    vfio: true,
    watch: true,
    mapping: {
      source: 'anon',
      lengths: ({ geometry: { page, pmd } }) => [16 * page, pmd, 2 * pmd, 4 * pmd],
    },
    operations: {
      ...everywhere,
      madvise: 8,
      processmadvise: 2,
      mbind: 2,
      mincore: 4,
      procmem: 2,
      pagemap: 6,
      walkers: 6,
      peer: 10,
      dmamap: 3,
      dmaunmap: 2,
    },
  },
  hazard: {
    description:
      'what can kill a kernel: ranges that cut a PUD entry, strict policies, soft-dirty bits, mixed mappings',
    bars: [8 * G],
    lab: ['fault', 'fault', 'mixed'],
    mapping: { source: 'lab', lengths: () => [G, 2 * G] },
    hazard: true,
    operations: {
      touch: 20,
      mprotect: 8,
      munmap: 4,
      mbind: 2,
      walkers: 2,
      pagemap: 1,
      madvise: 2,
      mremap: 2,
      fork: 2,
      map: 2,
    },
  },
} as const satisfies Record<string, Kind>;

/** The name of a kind. */
export type KindName = keyof typeof KINDS;

/** Every kind, in the order of the table. */
export const KIND_NAMES = Object.keys(KINDS) as readonly KindName[];
