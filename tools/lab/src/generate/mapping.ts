import { type Draft, type DraftMap, G, M, say } from './draft.ts';

/** How a kind chooses its mappings. */
export interface MappingChoice {
  readonly source: 'bar2' | 'lab' | 'anon';
  /** Lengths to choose from, in bytes; longer than the BAR is cut to it. */
  readonly lengths: (draft: Draft) => readonly number[];
  /** Chances of a hundred that a mapping is private, where the driver's mode allows it. */
  readonly private?: number;
}

/** Lengths around the sizes of the entries, for a whole BAR. */
export function barLengths({ geometry: { pmd } }: Draft): readonly number[] {
  return [pmd, 3 * pmd, 32 * pmd, G, 2 * G, 4 * G, 8 * G, 64 * G];
}

/** Adds a mapping whose address and offset agree modulo the entry sizes, or not. */
export function addMapping(draft: Draft, choice: MappingChoice): DraftMap {
  if (choice.source === 'anon') return addMemory(draft, choice);
  const { random, bar } = draft;
  const { page, pmd } = draft.geometry;
  const extra = random.pick([0, 0, 0, page, pmd]);
  const length = Math.min(bar, random.pick(choice.lengths(draft)) + extra);
  const wanted = random.pick([0, 0, page, pmd, 32 * pmd, G]);
  const offset = Math.min(wanted, Math.floor((bar - length) / page) * page);
  // PUD entries of 64G need that alignment of the address, but no mapping that long fits often.
  const align = length < pmd ? pmd : random.pick([G, G, pmd]);
  const phase = random.pick([offset, offset, offset % pmd, 0, page, pmd]) % align;
  const remap = draft.mode === 'remap';
  const isPrivate = remap && random.percent(choice.private ?? 0);
  const map: DraftMap = {
    name: `m${++draft.named}`,
    source: choice.source,
    length,
    phase,
    // remap_pfn_range maps single pages only.
    huge: length >= draft.geometry.pud && !remap,
    private: isPrivate,
  };
  const prot = random.percent(17) ? 'r' : 'rw';
  const place = { offset, length, align, phase, prot };
  say(draft, `mmap ${map.name} ${map.source}`, place, isPrivate ? 'private' : '');
  draft.maps.push(map);
  return map;
}

/** Adds private memory, at the start of a PMD entry or not. */
function addMemory(draft: Draft, choice: MappingChoice): DraftMap {
  const { random, geometry } = draft;
  const { page, pmd } = geometry;
  const length = random.pick(choice.lengths(draft)) + random.pick([0, 0, 0, page]);
  const phase = random.pick([0, 0, 0, page]);
  const prot = random.percent(10) ? 'r' : 'rw';
  const map: DraftMap = {
    name: `m${++draft.named}`,
    source: 'anon',
    length,
    phase,
    huge: false,
    private: true,
    memory: true,
  };
  say(draft, `mmap ${map.name} anon`, { length, align: pmd, phase, prot }, 'private');
  draft.maps.push(map);
  return map;
}

/** Adds a small anonymous mapping with a page in it, to hold pages of RAM against device pages. */
export function addAnonymous(draft: Draft): DraftMap {
  const map: DraftMap = {
    name: `m${++draft.named}`,
    source: 'anon',
    length: 2 * M,
    phase: 0,
    huge: false,
    private: true,
  };
  say(draft, `mmap ${map.name} anon`, { length: map.length, align: 2 * M }, 'private');
  say(draft, `touch ${map.name}`, {}, 'write');
  draft.maps.push(map);
  return map;
}
