/** What a case is compared with: a case of the C program, or another of the model. */
export interface Beside {
  readonly program: 'C' | 'model';
  readonly name: string;
}

/** One line of the report. */
export interface Case {
  readonly name: string;
  /** What the figure counts; a ratio is memory through memory. */
  readonly unit: 'ns' | 'ms' | 'ratio';
  readonly beside?: Beside;
  /** The most that a figure may be: the ratio to what it is compared with, or the figure itself. */
  readonly target?: { readonly of: 'ratio' | 'figure'; readonly atMost: number };
}

const beside =
  (program: Beside['program']) =>
  (name: string, other: string, atMost?: number): Case => {
    const compared = { name, unit: 'ns', beside: { program, name: other } } as const;
    return atMost === undefined ? compared : { ...compared, target: { of: 'ratio', atMost } };
  };
const inC = beside('C');
const inModel = beside('model');

/** Every line of the report, in its order. A fault is compared with C's map of one page, which does much less. */
export const CASES: readonly Case[] = [
  inC('map 4K', 'map 4K', 2.5),
  inC('map 2M', 'map 2M', 2.5),
  inC('map 1G', 'map 1G', 2.5),
  inC('map range', 'map range', 2.5),
  inC('translate 2M', 'translate 2M', 2.7),
  inC('translate 4K, in batches', 'translate 4K', 1.5),
  inC('translate 4K', 'translate 4K'),
  inC('unmap 4K', 'unmap 4K', 1.3),
  inC('unmap 2M', 'unmap 2M', 1.3),
  inC('unmap 1G', 'unmap 1G', 1.3),
  inC('munmap 4K', 'unmap 4K', 3),
  inC('munmap 2M', 'unmap 2M', 3),
  inC('munmap 1G', 'unmap 1G', 3),
  inC('fork 4K', 'fork 4K', 4),
  inC('fork 2M', 'fork 2M', 4),
  inC('fork 1G', 'fork 1G', 4),
  inC('fault 4K', 'map 4K', 15),
  inC('fault 2M', 'map 2M'),
  inC('fault 1G', 'map 1G'),
  inModel('guest fault 2M', 'host fault 2M', 2.5),
  inModel('guest fault 1G', 'host fault 1G'),
  inModel('guest fault 2M, arm64', 'host fault 2M, arm64'),
  { name: 'DMA map 32G, by entries', unit: 'ms', target: { of: 'figure', atMost: 1 } },
  { name: 'DMA map 32G, by pages', unit: 'ms' },
  { name: 'table memory', unit: 'ratio' },
];
