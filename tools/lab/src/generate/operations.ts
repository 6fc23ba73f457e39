import {
  anyOffset,
  anyRange,
  type Draft,
  type DraftMap,
  G,
  grainOf,
  M,
  say,
  splitPoint,
} from './draft.ts';

/** Writes the lines of one operation on a mapping; false if it makes no sense now. */
export type Operation = (draft: Draft, map: DraftMap) => boolean;

const access = (draft: Draft) => draft.random.pick(['', 'write']);

function table(draft: Draft, map: DraftMap): void {
  say(draft, `table ${map.name}`);
}

/** An operation on one page that changes no mapping. */
function question(name: string): Operation {
  return (draft, map) => {
    say(draft, `${name} ${map.name}`, { offset: anyOffset(draft, map) });
    return true;
  };
}

/** An operation on a range, with options of its own, followed by a look at the entries. */
function ranged(
  name: string,
  options: (
    draft: Draft,
    map: DraftMap,
  ) => Readonly<Record<string, number | string | undefined>> = () => ({}),
  flags: (draft: Draft, map: DraftMap) => string = () => '',
): Operation {
  return (draft, map) => {
    say(
      draft,
      `${name} ${map.name}`,
      { ...anyRange(draft, map), ...options(draft, map) },
      flags(draft, map),
    );
    table(draft, map);
    return true;
  };
}

const ADVICE = ['3', '4', '8', '9', '14', '15', '20', '21', '22', '23', '24', '25'];
/** Those that spare a huge entry of a device in a VM_MIXEDMAP mapping: the others take its frame for a page. */
const SPARING_ADVICE = ADVICE.filter((advice) => !['20', '21'].includes(advice));
/** What takes the frame of a huge entry in a VM_MIXEDMAP mapping for a page kills kernels before 7.3. */
const sparesMixed = ({ mode, hazard }: Draft): boolean => mode === 'mixed' && !hazard;

const POLICIES = ['default', 'preferred', 'bind', 'interleave', 'local'];

const advice = (draft: Draft) => ({
  advice: draft.random.pick(sparesMixed(draft) ? SPARING_ADVICE : ADVICE),
});

/** Some or all of a mapping, at most some sixty places: a mapping of small entries would take for ever. */
function anyPlaces(draft: Draft, map: DraftMap) {
  const { page, pmd } = draft.geometry;
  const sixtieth = Math.floor(map.length / 64 / pmd) * pmd;
  const step = map.length >= pmd ? Math.max(pmd, sixtieth) : page;
  const range = draft.random.percent(30) ? anyRange(draft, map) : {};
  return { ...range, step };
}

const touchall: Operation = (draft, map) => {
  say(draft, `touchall ${map.name}`, anyPlaces(draft, map), access(draft));
  return true;
};

const hotdisable: Operation = (draft, map) => {
  const rounds = draft.random.pick(['1', '2', '4', '16']);
  say(draft, `hotdisable ${map.name}`, { ...anyPlaces(draft, map), rounds }, access(draft));
  table(draft, map);
  return true;
};

/** Of the other BARs, one is smaller than a page, and four are not there: none can be mapped. */
const otherbar: Operation = (draft) => {
  const bar = draft.random.pick(['bar0', 'bar1', 'bar3', 'bar4', 'bar5']);
  say(draft, `mmap m${++draft.named} ${bar}`, {}, draft.random.pick(['', 'shared']));
  return true;
};

const munmap: Operation = (draft, map) => {
  say(draft, `munmap ${map.name}`, { ...anyRange(draft, map) });
  table(draft, map);
  // What is left may have holes: no later step speaks of it. A child's mappings are its own.
  if (!draft.inChild) draft.maps.splice(draft.maps.indexOf(map), 1);
  return true;
};

const mremap: Operation = (draft, map) => {
  if (draft.inChild || (map.private && !map.memory)) return false;
  const { random, geometry } = draft;
  // A mapping that shrinks is split at its new end, before it moves.
  const shrunk = splitPoint(draft, map, Math.floor(map.length / 2 / geometry.pmd) * geometry.pmd);
  const length = random.percent(25) && shrunk > 0 ? shrunk : undefined;
  const align = map.memory ? geometry.pmd : random.pick([2 ** 30, geometry.pmd]);
  const phase = random.pick([0, 0, geometry.page]);
  say(draft, `mremap ${map.name}`, { length, align, phase });
  table(draft, map);
  map.length = length ?? map.length;
  map.phase = phase;
  return true;
};

const unmaprange: Operation = (draft, map) => {
  if (map.source !== 'lab') return false;
  const grain = grainOf(draft, map);
  say(draft, 'unmaprange', { offset: anyOffset(draft, map, grain), length: grain });
  table(draft, map);
  return true;
};

const command: Operation = (draft, map) => {
  say(draft, `command ${draft.random.pick([0, 2, 6])}`);
  say(draft, `touch ${map.name}`, { offset: anyOffset(draft, map) });
  table(draft, map);
  say(draft, 'command 6');
  return true;
};

const hardoffline: Operation = (draft) => {
  const { random, geometry, bar } = draft;
  say(draft, 'hardoffline', { offset: random.between(0, bar / geometry.page - 1) * geometry.page });
  return true;
};

const reset: Operation = (draft, map) => {
  say(draft, 'reset');
  table(draft, map);
  return true;
};

/** Few pages, since each is faulted in and pinned one by one where entries are small. */
const dmamap: Operation = (draft, map) => {
  const { random, geometry } = draft;
  const pages = random.pick([1, 2, 16, 512]);
  const offset = anyOffset(draft, map, random.pick([geometry.page, geometry.pmd]));
  const length = Math.min(pages * geometry.page, map.length - offset);
  // Above the addresses that an IOMMU keeps for interrupts.
  const iova = 4 * G + random.below(256) * 16 * M;
  say(draft, `dmamap ${map.name}`, { offset, length, iova });
  table(draft, map);
  draft.dma.push({ iova, length });
  return true;
};

const dmaunmap: Operation = (draft) => {
  if (draft.dma.length === 0) return false;
  const entry = draft.random.pick(draft.dma);
  say(draft, 'dmaunmap', { iova: entry.iova, length: entry.length });
  draft.dma.splice(draft.dma.indexOf(entry), 1);
  return true;
};

/** What to write to clear_refs. On x86, after 4, a store to a huge device entry may fault for ever. */
function clearing(draft: Draft, map: DraftMap): number {
  const what = draft.random.between(1, 5);
  if (draft.hazard) return 4;
  if (sparesMixed(draft)) return 5;
  return what === 4 && !map.memory ? 1 : what;
}

const walkers: Operation = (draft, map) => {
  const { random } = draft;
  const lines = [`smaps ${map.name}`, `numamaps ${map.name}`, 'smapsrollup'];
  const reset = clearing(draft, map);
  say(draft, random.pick([...lines, `clearrefs ${reset}`]));
  table(draft, map);
  return true;
};

/** Operations by name; a kind gives each a weight. */
export const OPERATIONS = {
  touch: (draft, map) => {
    say(draft, `touch ${map.name}`, { offset: anyOffset(draft, map) }, access(draft));
    return true;
  },
  touchall,
  table: (draft, map) => {
    table(draft, map);
    return true;
  },
  gup: (draft, map) => {
    const how = draft.random.pick(['fast', 'fastonly', 'slow', 'longterm']);
    const flags = `${access(draft)} ${how}`.trim();
    say(draft, `gup ${map.name}`, { offset: anyOffset(draft, map) }, flags);
    return true;
  },
  follow: question('follow'),
  walk: question('walk'),
  pagemap: (draft, map) => !sparesMixed(draft) && question('pagemap')(draft, map),
  readv: question('readv'),
  procmem: question('procmem'),
  movepages: question('movepages'),
  mprotect: ranged('mprotect', ({ random }) => ({ prot: random.pick(['r', 'rw', 'rw', 'none']) })),
  madvise: ranged('madvise', advice),
  processmadvise: ranged('processmadvise', advice),
  mbind: ranged(
    'mbind',
    ({ random }) => ({ policy: random.pick(POLICIES) }),
    // Looking for misplaced pages, 6.12 takes a huge device entry for one of memory, and dies.
    ({ random, hazard }, { memory }) => {
      const flags = random.pick(hazard ? ['strict', 'strict move'] : ['', 'move']);
      // Where pages move, migration decides what they look like.
      return memory ? '' : flags;
    },
  ),
  uffd: ranged('uffd', ({ random }) => ({ mode: random.pick(['missing', 'wp', 'minor']) })),
  mlock: ranged('mlock'),
  mincore: ranged('mincore'),
  zap: (draft, map) => (map.source === 'lab' ? ranged('zap')(draft, map) : false),
  munmap,
  mremap,
  unmaprange,
  command,
  reset,
  hotdisable,
  hardoffline,
  otherbar,
  dmamap,
  dmaunmap,
  walkers,
} satisfies Record<string, Operation>;

/** The name of an operation. */
export type OperationName = keyof typeof OPERATIONS;
