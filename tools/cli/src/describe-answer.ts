import { formatErrno } from '@pfnmap/mm-core';
import type { ArchPgtable } from '@pfnmap/pgtable-core';
import {
  type Answer,
  type AnswerKind,
  formatSize,
  isAnswerKind,
  type Region,
  type Stage2PathEntry,
} from '@pfnmap/scenario';
import { columns } from './columns.ts';
import { callLine, eventLine } from './describe-call.ts';
import { wide } from './describe-entry.ts';
import { tableLines, walkLines } from './describe-table.ts';

/** The value that an answer has under its first key, and all of the answer. */
type Describe = (value: never, answer: never, arch: ArchPgtable) => string[];

const SIGNALS: Readonly<Record<number, string>> = { 0: 'no signal', 7: 'SIGBUS', 11: 'SIGSEGV' };
const EXITS: Readonly<Record<number, string>> = { 0: 'no exit', 5: 'halts', 6: 'leaves by MMIO' };

/** What a system call returned: its value, or the name of the error. */
const result = (value: number, { errno }: { errno: number }): string[] => [
  value < 0 ? `fails with ${formatErrno(-errno).replace(/^-/, '')}` : value > 0 ? `${value}` : 'ok',
];

/** The same for steps that count bytes. */
const bytes = (value: number, answer: { errno: number }): string[] =>
  value < 0 ? result(value, answer) : [`${value} bytes`];

const placed = (value: number, answer: { errno: number; address?: string }): string[] =>
  answer.address === undefined ? result(value, answer) : [`at ${answer.address}`];

const regions = (value: number, { regions }: { regions: readonly Region[] }): string[] => {
  if (value < 0) return ['cannot be opened'];
  const sizes = regions.flatMap(({ index, size }) => {
    const bytes = Number(size);
    if (bytes === 0) return [];
    return [`region ${index} of ${bytes < 1024 ? `${bytes} bytes` : formatSize(bytes)}`];
  });
  return [`open; ${sizes.join(', ')}`];
};

const follow = (
  value: number,
  answer: {
    pfn?: string;
    pgprot?: string;
    writable?: number;
    special?: number;
    addr_mask?: string;
  },
): string[] => {
  if (value < 0) return [formatErrno(value)];
  const { pfn, pgprot, writable, special, addr_mask } = answer;
  return [
    `pfn ${pfn}, pgprot ${pgprot}, ${writable === 1 ? 'writable' : 'read-only'}, ${special === 1 ? 'special' : 'not special'}` +
      (addr_mask === undefined ? '' : `, addr_mask ${addr_mask}`),
  ];
};

const resident = (value: number, answer: { errno: number; resident?: number }): string[] =>
  answer.resident === undefined ? result(value, answer) : [`${answer.resident} pages resident`];

const numamaps = ({
  policy,
  ...counts
}: { policy?: string } & Record<string, unknown>): string[] => {
  if (policy === undefined) return ['no VMA starts there'];
  return [[policy, ...Object.entries(counts).map(([key, value]) => `${key}=${value}`)].join(' ')];
};

const smaps = (fields: Readonly<Record<string, number>>): string[] => {
  const all = Object.entries(fields);
  if (all.length === 0) return ['no VMA starts there'];
  return [
    all.map(([key, value]) => `${key} ${value}${key === 'THPeligible' ? '' : ' kB'}`).join(', '),
  ];
};

const stage2 = (met: readonly Stage2PathEntry[]): string[] => {
  if (met.length === 0) return ['no table yet: the guest has not run'];
  const rows = met.map(({ size, entry }) => [formatSize(Number(size)), wide(BigInt(entry))]);
  return columns([['size', 'entry'], ...rows]);
};

const signalsOf = (signals: readonly number[] = []): string =>
  signals.map((signal) => SIGNALS[signal] ?? `signal ${signal}`).join(', ') || 'no access';

const hotdisable = (
  value: number,
  answer: {
    errno: number;
    enabled?: readonly number[];
    disabled?: readonly number[];
    entries?: number;
  },
): string[] =>
  value < 0
    ? result(value, answer)
    : [
        `memory on: ${signalsOf(answer.enabled)}`,
        `memory off: ${signalsOf(answer.disabled)}, ${answer.entries} entries`,
      ];

/** How answers are told in words, by their first key. */
const DESCRIBE: Readonly<Record<AnswerKind, Describe>> = {
  vfio: regions,
  mmap: placed,
  mremap: placed,
  lab: result,
  zap: result,
  unmaprange: result,
  munmap: result,
  mprotect: result,
  madvise: result,
  processmadvise: bytes,
  mlock: result,
  mbind: result,
  uffd: result,
  clearrefs: result,
  watch: result,
  mincore: resident,
  readv: bytes,
  procmem: bytes,
  dmamap: result,
  dmaunmap: result,
  command: bytes,
  reset: result,
  hardoffline: result,
  kvm: result,
  kvmslot: result,
  fork: result,
  signal: (signal: number) => [SIGNALS[signal] ?? `signal ${signal}`],
  signals: (count: number) => [count === 0 ? 'no signal' : `${count} accesses got a signal`],
  hotdisable,
  table: (runs: never, _answer, arch) => tableLines(arch, runs),
  walk: (entries: never, _answer, arch) => walkLines(arch, entries),
  gup: (pages: number) => [
    pages < 0 ? formatErrno(pages) : pages === 1 ? '1 page' : `${pages} pages`,
  ],
  node: (node: number) => [node < 0 ? formatErrno(node) : `on node ${node}`],
  follow,
  peer: (value: number, answer: { errno?: number }) =>
    answer.errno === undefined
      ? [value === 0 ? 'the peer has ended' : `the peer ended with wait status ${value}`]
      : result(value, { errno: answer.errno }),
  child: (status: number) => [
    status === 0 ? 'the child has ended' : `the child ended with wait status ${status}`,
  ],
  pgtables_bytes: (pgtables: number, { filepages }: { filepages: number }) => [
    `${signedSize(pgtables)} of page tables, ${filepages} file pages`,
  ],
  smaps,
  smapsrollup: smaps,
  numamaps,
  pagemap: (word: string) => [word],
  access: (value: number, answer: { errno: number; exit: number }) => [
    value < 0
      ? result(value, answer)[0]!
      : `the guest ${EXITS[answer.exit] ?? `leaves with exit reason ${answer.exit}`}`,
  ],
  pages_1g: (
    pages_1g: number | null,
    { pages_2m, pages_4k }: { pages_2m: number | null; pages_4k: number | null },
  ) => [
    pages_1g === null
      ? 'the kernel does not count'
      : `${pages_1g} of 1G, ${pages_2m} of 2M, ${pages_4k} of 4K`,
  ],
  stage2,
  calls: (calls: never[]) => calls.map(callLine),
  events: (events: never[]) => events.map(eventLine),
  error: (message: string) => [message],
};

function signedSize(size: number): string {
  return size < 0 ? `-${formatSize(-size)}` : formatSize(size);
}

/** An answer in words, one line or more. */
export function answerLines(answer: Answer, arch: ArchPgtable): string[] {
  const [kind] = Object.keys(answer);
  if (kind === undefined || !isAnswerKind(kind)) return [JSON.stringify(answer)];
  const value = (answer as unknown as Record<string, never>)[kind]!;
  return DESCRIBE[kind](value, answer as never, arch);
}
