import {
  choice,
  type Field,
  type FieldType,
  flag,
  mapName,
  mapped,
  NO_ACCESS,
  number,
  oneOf,
  option,
  optional,
  protection,
  text,
  word,
} from './field.ts';
import { quote } from './quote.ts';
import { Refusal } from './refusal.ts';

/** One kind of step: what it does, in a clause, and what it is told, the fixed words first. */
export interface StepGrammar {
  readonly does: string;
  readonly fields: Readonly<Record<string, Field<unknown>>>;
}

const NAME = word('the name of a mapping', mapName);
const OFFSET = option(number(), 0);
/** One page of the machine, unless told. */
const LENGTH = optional(number());
const STRIDE = optional(number(1));
const ALIGN = optional(number(1));
const PHASE = option(number(), 0);
const WRITE = flag('write');
const ADVICE = option(number(0, 2 ** 31 - 1), 4);
const IOVA = option(number(), 0);
const GPA = option(number(), 0);
const ON_OFF = mapped(oneOf('on', 'off'), (setting) => setting === 'on');

/** The size of BAR 2: PCI has powers of two only. */
const BAR_SIZE = {
  syntax: 'N',
  read(size: string) {
    const bytes = number(4096, 2 ** 46).read(size);
    if (Number.isInteger(Math.log2(bytes))) return bytes;
    throw new Refusal(
      `a BAR of ${quote(size)} is impossible`,
      'The size of a BAR is a power of two.',
      'Choose the power of two above or below.',
    );
  },
};

/** The options of the machine line; a capture's machine record has those that a boot depends on. */
export const MACHINE_FIELDS = {
  /** Bytes of BAR 2. */
  bar: option(BAR_SIZE, 8 * 2 ** 30),
  /** The sysfs setting `transparent_hugepage/enabled`. */
  thp: option(oneOf('always', 'madvise', 'never'), 'always'),
  /** Levels of an x86 page table. */
  levels: option(
    mapped(oneOf('4', '5'), (levels): 4 | 5 => (levels === '5' ? 5 : 4)),
    4,
  ),
  /** The CPU model of the lab's machine. */
  cpu: optional(text),
  /** True when an arm64 machine boots at EL2, as KVM needs. */
  el2: option(ON_OFF, false),
  /** Bits of a virtual address on arm64, where it is not what kernel and CPU agree on. */
  va: optional(mapped(oneOf('48', '52'), (bits): 48 | 52 => (bits === '48' ? 48 : 52))),
  /** Processors; a scenario's process stays on the first. */
  cpus: option(number(1, 8), 1),
  /** False when an x86 kernel is told `nopat`. */
  pat: option(ON_OFF, true),
  /** The driver's debug lines go to the kernel log. */
  dyndbg: flag('dyndbg'),
};

/** What a scenario can map: a BAR of the device, the test driver, or nothing. */
export type MapSource = `bar${0 | 1 | 2 | 3 | 4 | 5}` | 'lab' | 'anon';

/**
 * Every step of the language. A step that is added here is parsed, typed and named in messages; nothing else knows the
 * names of options.
 */
export const GRAMMAR = {
  machine: { does: 'says on which machine the scenario runs', fields: MACHINE_FIELDS },
  vfio: { does: 'opens the test device through vfio and lists its regions', fields: {} },
  lab: {
    does: 'configures the test driver /dev/pfnlab',
    fields: {
      pages: option(number(), 2 ** 21),
      mode: option(oneOf('fault', 'remap', 'mixed'), 'fault'),
      maxorder: option(number(0, 52), 18),
      pfn: optional(number()),
      access: flag('access'),
    },
  },
  mmap: {
    does: 'maps a source into the address space',
    fields: {
      name: NAME,
      source: word<MapSource>(
        'what to map',
        oneOf<MapSource>('bar0', 'bar1', 'bar2', 'bar3', 'bar4', 'bar5', 'lab', 'anon'),
      ),
      offset: OFFSET,
      length: LENGTH,
      align: ALIGN,
      phase: PHASE,
      prot: option(protection, { r: true, w: true, x: false }),
      private: choice({ shared: false, private: true }, false),
      anywhere: flag('anywhere'),
    },
  },
  touch: { does: 'reads or writes one byte', fields: { name: NAME, offset: OFFSET, write: WRITE } },
  touchall: {
    does: 'reads or writes a byte in every step of a range',
    fields: {
      name: NAME,
      offset: OFFSET,
      length: optional(number()),
      step: STRIDE,
      write: WRITE,
    },
  },
  table: { does: 'lists every entry under a mapping', fields: { name: NAME } },
  walk: { does: 'lists the entries on the way down', fields: { name: NAME, offset: OFFSET } },
  gup: {
    does: 'takes one page by get_user_pages or a relative',
    fields: {
      name: NAME,
      offset: OFFSET,
      write: WRITE,
      how: choice(
        { fast: 'fast', fastonly: 'fastonly', slow: 'slow', longterm: 'longterm' } as const,
        'fast',
      ),
    },
  },
  follow: {
    does: 'looks a page up by follow_pfnmap_start',
    fields: { name: NAME, offset: OFFSET },
  },
  zap: {
    does: 'zaps a range by zap_vma_ptes',
    fields: { name: NAME, offset: OFFSET, length: LENGTH },
  },
  unmaprange: {
    does: 'unmaps a range of /dev/pfnlab wherever it is mapped',
    fields: { offset: OFFSET, length: LENGTH },
  },
  munmap: { does: 'calls munmap', fields: { name: NAME, offset: OFFSET, length: LENGTH } },
  mprotect: {
    does: 'calls mprotect',
    fields: { name: NAME, offset: OFFSET, length: LENGTH, prot: option(protection, NO_ACCESS) },
  },
  madvise: {
    does: 'calls madvise',
    fields: { name: NAME, offset: OFFSET, length: LENGTH, advice: ADVICE },
  },
  processmadvise: {
    does: 'calls process_madvise on itself',
    fields: { name: NAME, offset: OFFSET, length: LENGTH, advice: ADVICE },
  },
  mlock: { does: 'calls mlock', fields: { name: NAME, offset: OFFSET, length: LENGTH } },
  mbind: {
    does: 'calls mbind, for node 0 where a policy needs one',
    fields: {
      name: NAME,
      offset: OFFSET,
      length: LENGTH,
      policy: option(oneOf('default', 'preferred', 'bind', 'interleave', 'local'), 'default'),
      strict: flag('strict'),
      move: flag('move'),
    },
  },
  mincore: {
    does: 'calls mincore and counts the resident pages',
    fields: { name: NAME, offset: OFFSET, length: LENGTH },
  },
  movepages: {
    does: 'asks move_pages on which node a page is',
    fields: { name: NAME, offset: OFFSET },
  },
  uffd: {
    does: 'registers a range with a userfaultfd and lets it go',
    fields: {
      name: NAME,
      offset: OFFSET,
      length: LENGTH,
      mode: option(oneOf('missing', 'wp', 'minor'), 'missing'),
    },
  },
  mremap: {
    does: 'moves a mapping by mremap',
    fields: { name: NAME, length: optional(number()), align: ALIGN, phase: PHASE },
  },
  fork: { does: 'lets a child do the steps up to endfork', fields: {} },
  endfork: { does: 'ends the child; the parent goes on', fields: {} },
  peer: { does: 'starts a second process that stays; "in STEP" has it do a step', fields: {} },
  endpeer: { does: 'ends the second process', fields: {} },
  watch: { does: 'has MMU notifiers and TLB flushes told from here on', fields: {} },
  mm: { does: 'tells the counters of the process', fields: {} },
  readv: {
    does: 'reads 8 bytes by process_vm_readv',
    fields: { name: NAME, offset: OFFSET },
  },
  procmem: {
    does: 'reads 8 bytes through /proc/self/mem',
    fields: { name: NAME, offset: OFFSET },
  },
  smaps: { does: 'reads /proc/self/smaps', fields: { name: NAME } },
  smapsrollup: { does: 'reads /proc/self/smaps_rollup', fields: {} },
  numamaps: { does: 'reads /proc/self/numa_maps', fields: { name: NAME } },
  clearrefs: {
    does: 'writes a number to /proc/self/clear_refs',
    fields: { value: word('the number to write', number()) },
  },
  pagemap: {
    does: 'reads one word of /proc/self/pagemap',
    fields: { name: NAME, offset: OFFSET },
  },
  dmamap: {
    does: 'maps a range for DMA by VFIO_IOMMU_MAP_DMA',
    fields: { name: NAME, offset: OFFSET, length: LENGTH, iova: IOVA },
  },
  dmaunmap: {
    does: 'takes a DMA mapping away by VFIO_IOMMU_UNMAP_DMA',
    fields: { iova: IOVA, length: LENGTH },
  },
  command: {
    does: 'writes the PCI command register',
    fields: { value: word('the value of the command register', number(0, 0xffff)) },
  },
  reset: { does: 'resets the device by VFIO_DEVICE_RESET', fields: {} },
  hotdisable: {
    does: 'switches memory enable off and on while another thread accesses a range',
    fields: {
      name: NAME,
      offset: OFFSET,
      length: optional(number()),
      step: STRIDE,
      rounds: option(number(0, 1000), 4),
      write: WRITE,
    },
  },
  hardoffline: {
    does: 'tells the kernel that a page of BAR 2 failed, by hard_offline_page',
    fields: { offset: OFFSET },
  },
  kvm: { does: 'makes a virtual machine with one CPU', fields: {} },
  kvmslot: {
    does: 'gives a part of a mapping to the guest',
    fields: { name: NAME, offset: OFFSET, length: LENGTH, gpa: GPA, readonly: flag('readonly') },
  },
  kvmaccess: { does: 'lets the guest read or write', fields: { gpa: GPA, write: WRITE } },
  kvmstat: { does: 'counts the leaves of stage 2', fields: {} },
  stage2: { does: 'lists the entries of stage 2 on the way down', fields: { gpa: GPA } },
} as const satisfies Readonly<Record<string, StepGrammar>>;

/** The name of a step: the first word of its line. */
export type StepKind = keyof typeof GRAMMAR;

/** Where a step is written. */
export interface StepPlace {
  /** The step as captures carry it: trimmed, without the comment. */
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** Of the first character of `text`, counted from 1. */
  readonly column: number;
}

type FieldsOf<F> = { readonly [N in keyof F]: FieldType<F[N]> };
type Flat<T> = { [N in keyof T]: T[N] };

/** A step of one kind, all defaults filled in. Sizes, offsets and addresses are bytes, except `pages` and `pfn`. */
export type StepOf<K extends StepKind> = Flat<
  { readonly op: K } & StepPlace & FieldsOf<(typeof GRAMMAR)[K]['fields']>
>;

/** A step of the process itself. */
export type OwnStep = { [K in StepKind]: StepOf<K> }[StepKind];

/** `in STEP`: the peer does the step. */
export interface PeerStep extends StepPlace {
  readonly op: 'in';
  /** What the peer does; its text and column are those behind the word `in`. */
  readonly step: OwnStep;
}

/** Any step: a union by `op`. */
export type Step = OwnStep | PeerStep;

/** On which machine a scenario runs. */
export type MachineOptions = Flat<FieldsOf<typeof MACHINE_FIELDS>>;
