import type {
  AccessAnswer,
  CallsAnswer,
  ChildAnswer,
  ErrorAnswer,
  EventsAnswer,
  FlushEvent,
  FollowAnswer,
  GupAnswer,
  HandlerCall,
  HotdisableAnswer,
  KvmstatAnswer,
  MincoreAnswer,
  MmAnswer,
  MmapAnswer,
  MremapAnswer,
  NodeAnswer,
  NotifyEvent,
  NumamapsAnswer,
  PagemapAnswer,
  PeerAnswer,
  Region,
  ResultKind,
  SmapsAnswer,
  SmapsrollupAnswer,
  SpteChange,
  Stage2Answer,
  Stage2Fault,
  Stage2PathEntry,
  TableAnswer,
  TableRun,
  TouchAnswer,
  TouchallAnswer,
  VfioAnswer,
  WalkAnswer,
  WalkEntry,
} from './answer.ts';
import {
  absentOr,
  count,
  hex,
  integer,
  isRecord,
  isTrue,
  list,
  nullable,
  object,
  oneOfTexts,
  type Shape,
  string,
} from './shape.ts';

const level = oneOfTexts('pgd', 'p4d', 'pud', 'pmd', 'pte');

const handlerCall = object<HandlerCall>({
  handler: oneOfTexts('vfio-pci', 'lab'),
  order: count,
  ret: hex,
  write: count,
  map: nullable(string),
  offset: absentOr(hex),
});
const spteChange = object<SpteChange>({
  spte: object<SpteChange['spte']>({ gfn: hex, level: count, old: hex, new: hex, table: count }),
});
const stage2Fault = object<Stage2Fault>({ s2fault: hex });

const call: Shape = (value) => {
  if (!isRecord(value)) return { path: [], wanted: 'an object' };
  if ('s2fault' in value) return stage2Fault(value);
  return ('spte' in value ? spteChange : handlerCall)(value);
};

const range = { map: nullable(string), offset: absentOr(hex), length: absentOr(hex) };

const notifyEvent = object<NotifyEvent>({
  notify: oneOfTexts('start', 'end', 'secondary'),
  reason: absentOr(string),
  ...range,
});
const flushEvent = object<FlushEvent>({
  flush: oneOfTexts('all', 'range'),
  stride: absentOr(hex),
  tables: absentOr(count),
  ...range,
});

const event: Shape = (value) => {
  if (!isRecord(value)) return { path: [], wanted: 'an object' };
  return ('flush' in value ? flushEvent : notifyEvent)(value);
};

/** A result under its own name: `{"munmap":0,"errno":0}`. */
const result = <K extends ResultKind>(kind: K): Shape =>
  object<{ errno: number }>({ [kind]: integer, errno: count } as { errno: Shape });

/** The shape of every answer, by its first key. */
export const ANSWER_SHAPES = {
  vfio: object<VfioAnswer>({
    vfio: integer,
    regions: list(object<Region>({ index: count, size: hex, offset: hex, flags: count })),
  }),
  mmap: object<MmapAnswer>({ mmap: integer, errno: count, address: absentOr(hex) }),
  mremap: object<MremapAnswer>({ mremap: integer, errno: count, address: absentOr(hex) }),
  lab: result('lab'),
  zap: result('zap'),
  unmaprange: result('unmaprange'),
  munmap: result('munmap'),
  mprotect: result('mprotect'),
  madvise: result('madvise'),
  processmadvise: result('processmadvise'),
  mlock: result('mlock'),
  mbind: result('mbind'),
  uffd: result('uffd'),
  clearrefs: result('clearrefs'),
  watch: result('watch'),
  mincore: object<MincoreAnswer>({ mincore: integer, errno: count, resident: absentOr(count) }),
  readv: result('readv'),
  procmem: result('procmem'),
  dmamap: result('dmamap'),
  dmaunmap: result('dmaunmap'),
  command: result('command'),
  reset: result('reset'),
  hardoffline: result('hardoffline'),
  kvm: result('kvm'),
  kvmslot: result('kvmslot'),
  fork: result('fork'),
  signal: object<TouchAnswer>({ signal: count }),
  signals: object<TouchallAnswer>({ signals: count }),
  hotdisable: object<HotdisableAnswer>({
    hotdisable: integer,
    errno: count,
    enabled: absentOr(list(count)),
    disabled: absentOr(list(count)),
    entries: absentOr(count),
  }),
  table: object<TableAnswer>({
    table: list(object<TableRun>({ offset: hex, level, entry: hex, count })),
  }),
  walk: object<WalkAnswer>({ walk: list(object<WalkEntry>({ level, entry: hex })) }),
  gup: object<GupAnswer>({ gup: integer }),
  node: object<NodeAnswer>({ node: integer }),
  follow: object<FollowAnswer>({
    follow: integer,
    pfn: absentOr(hex),
    pgprot: absentOr(hex),
    writable: absentOr(count),
    special: absentOr(count),
    addr_mask: absentOr(hex),
  }),
  peer: object<PeerAnswer>({ peer: integer, errno: absentOr(count) }),
  child: object<ChildAnswer>({ child: integer }),
  pgtables_bytes: object<MmAnswer>({ pgtables_bytes: integer, filepages: integer }),
  smaps: object<SmapsAnswer>({
    smaps: object<SmapsAnswer['smaps']>({
      Size: absentOr(count),
      Rss: absentOr(count),
      THPeligible: absentOr(count),
    }),
  }),
  smapsrollup: object<SmapsrollupAnswer>({
    smapsrollup: object<SmapsrollupAnswer['smapsrollup']>({
      AnonHugePages: absentOr(count),
      ShmemPmdMapped: absentOr(count),
      FilePmdMapped: absentOr(count),
    }),
  }),
  numamaps: object<NumamapsAnswer>({
    numamaps: object<NumamapsAnswer['numamaps']>({
      policy: absentOr(string),
      anon: absentOr(count),
      dirty: absentOr(count),
      mapped: absentOr(count),
      mapmax: absentOr(count),
      N0: absentOr(count),
    }),
  }),
  pagemap: object<PagemapAnswer>({ pagemap: hex }),
  access: object<AccessAnswer>({ access: integer, errno: count, exit: count }),
  pages_1g: object<KvmstatAnswer>({
    pages_1g: nullable(count),
    pages_2m: nullable(count),
    pages_4k: nullable(count),
  }),
  stage2: object<Stage2Answer>({
    stage2: list(object<Stage2PathEntry>({ size: hex, entry: hex })),
  }),
  calls: object<CallsAnswer>({ calls: list(call), truncated: absentOr(isTrue) }),
  events: object<EventsAnswer>({ events: list(event), truncated: absentOr(isTrue) }),
  error: object<ErrorAnswer>({ error: string }),
} as const satisfies Readonly<Record<string, Shape>>;

/** What an answer is, told by its first key: `table`, `signal`, `pgtables_bytes` for `mm` … */
export type AnswerKind = keyof typeof ANSWER_SHAPES;

/** True for the first key of some answer. */
export const isAnswerKind = (key: string): key is AnswerKind => Object.hasOwn(ANSWER_SHAPES, key);
