/** A 64-bit value or an address as answers have it: `0x` and hexadecimal digits in lower case. */
export type Hex = `0x${string}`;

/** A level by the name the kernel has for it. */
export type LevelName = 'pgd' | 'p4d' | 'pud' | 'pmd' | 'pte';

/** One region of the device as vfio tells it. Sizes and offsets are bytes. */
export interface Region {
  readonly index: number;
  readonly size: Hex;
  readonly offset: Hex;
  /** VFIO_REGION_INFO_FLAG_*: 1 read, 2 write, 4 mmap. */
  readonly flags: number;
}

/** `vfio`: the device is open (0) or not (-1). */
export interface VfioAnswer {
  readonly vfio: number;
  readonly regions: readonly Region[];
}

/** `mmap`: 0 and an address, or -1 and an errno. */
export interface MmapAnswer {
  readonly mmap: number;
  readonly errno: number;
  readonly address?: Hex;
}

/** `mremap`: 0 and the new address, or -1 and an errno. */
export interface MremapAnswer {
  readonly mremap: number;
  readonly errno: number;
  readonly address?: Hex;
}

/** The steps that answer with what a system call returned, and errno when that is negative. */
export type ResultKind =
  | 'lab'
  | 'zap'
  | 'unmaprange'
  | 'munmap'
  | 'mprotect'
  | 'madvise'
  | 'processmadvise'
  | 'mlock'
  | 'mbind'
  | 'uffd'
  | 'clearrefs'
  | 'watch'
  | 'readv'
  | 'procmem'
  | 'dmamap'
  | 'dmaunmap'
  | 'command'
  | 'reset'
  | 'hardoffline'
  | 'kvm'
  | 'kvmslot'
  | 'fork';

/** What a system call returned, under the name of the step: `{"munmap":0,"errno":0}`. */
export type ResultAnswer = {
  [K in ResultKind]: { readonly [N in K]: number } & { readonly errno: number };
}[ResultKind];

/** `mincore`: how many pages of the range are resident. */
export interface MincoreAnswer {
  readonly mincore: number;
  readonly errno: number;
  readonly resident?: number;
}

/** `movepages`: the node of the page, or a negative errno. */
export interface NodeAnswer {
  readonly node: number;
}

/** `touch`: 0, or the signal: 7 SIGBUS, 11 SIGSEGV. */
export interface TouchAnswer {
  readonly signal: number;
}

/** `touchall`: how many of the accesses got a signal. */
export interface TouchallAnswer {
  readonly signals: number;
}

/** `hotdisable`: what answered while memory was on, and off; or -1 and an errno. */
export interface HotdisableAnswer {
  readonly hotdisable: number;
  readonly errno: number;
  /** The signals that accesses got while memory was on, ascending: 0 is none. */
  readonly enabled?: readonly number[];
  /** The same while memory was off. */
  readonly disabled?: readonly number[];
  /** The most entries that were not empty while memory was off. */
  readonly entries?: number;
}

/** A run of like entries under a mapping. `offset` is bytes within the mapping, `entry` the first entry. */
export interface TableRun {
  readonly offset: Hex;
  readonly level: LevelName;
  readonly entry: Hex;
  readonly count: number;
}

/** `table`: every entry under a mapping, runs folded. */
export interface TableAnswer {
  readonly table: readonly TableRun[];
}

/** An entry on the way down. */
export interface WalkEntry {
  readonly level: LevelName;
  readonly entry: Hex;
}

/** `walk`: the entries from the top to where the walk ends. */
export interface WalkAnswer {
  readonly walk: readonly WalkEntry[];
}

/** `gup`: pages, 0 or 1, or a negative errno. */
export interface GupAnswer {
  readonly gup: number;
}

/** `follow`: 0 and what was found, or a negative errno. `addr_mask` is there from Linux 6.15 on. */
export interface FollowAnswer {
  readonly follow: number;
  readonly pfn?: Hex;
  readonly pgprot?: Hex;
  readonly writable?: number;
  readonly special?: number;
  readonly addr_mask?: Hex;
}

/** `endfork`: the wait status of the child. */
export interface ChildAnswer {
  readonly child: number;
}

/** `peer`: 0 or -1 and errno; `endpeer`: the wait status of the peer. */
export interface PeerAnswer {
  readonly peer: number;
  readonly errno?: number;
}

/** `mm`: counters of the process, less their values at the start. */
export interface MmAnswer {
  readonly pgtables_bytes: number;
  readonly filepages: number;
}

/** `smaps`: fields of the VMA that starts where the mapping does, in KiB; empty without such a VMA. */
export interface SmapsAnswer {
  readonly smaps: {
    readonly Size?: number;
    readonly Rss?: number;
    readonly THPeligible?: number;
  };
}

/** `smapsrollup`: what of the process is mapped by huge entries of pages, in KiB. */
export interface SmapsrollupAnswer {
  readonly smapsrollup: {
    readonly AnonHugePages?: number;
    readonly ShmemPmdMapped?: number;
    readonly FilePmdMapped?: number;
  };
}

/** `numamaps`: policy and page counts of the VMA that starts where the mapping does; empty without such a VMA. */
export interface NumamapsAnswer {
  readonly numamaps: {
    readonly policy?: string;
    readonly anon?: number;
    readonly dirty?: number;
    readonly mapped?: number;
    readonly mapmax?: number;
    readonly N0?: number;
  };
}

/** `pagemap`: one word of /proc/self/pagemap. */
export interface PagemapAnswer {
  readonly pagemap: Hex;
}

/** `kvmaccess`: what KVM_RUN returned, and the exit reason: 5 halt, 6 MMIO. */
export interface AccessAnswer {
  readonly access: number;
  readonly errno: number;
  readonly exit: number;
}

/** `kvmstat`: leaves of stage 2 by size; null where the kernel does not count. */
export interface KvmstatAnswer {
  readonly pages_1g: number | null;
  readonly pages_2m: number | null;
  readonly pages_4k: number | null;
}

/** An entry of stage 2 on the way down. */
export interface Stage2PathEntry {
  /** Bytes that it maps. */
  readonly size: Hex;
  readonly entry: Hex;
}

/** `stage2`: the entries from the top to where the walk ends; none where KVM has made no table yet. */
export interface Stage2Answer {
  readonly stage2: readonly Stage2PathEntry[];
}

/** A call of a fault handler. `ret` is VM_FAULT_* bits, `offset` the faulting page within the mapping. */
export interface HandlerCall {
  readonly handler: 'vfio-pci' | 'lab';
  readonly order: number;
  readonly ret: Hex;
  readonly write: number;
  /** Null when the address belongs to no named mapping; then there is no offset. */
  readonly map: string | null;
  readonly offset?: Hex;
}

/** A change of a stage-2 entry on x86: level 3 is 1G, 2 is 2M, 1 is 4K. */
export interface SpteChange {
  readonly spte: {
    readonly gfn: Hex;
    readonly level: number;
    readonly old: Hex;
    readonly new: Hex;
    /** 1 when the new value points to a table; its address bits are then cleared. */
    readonly table: number;
  };
}

/** A guest fault taken to the host on arm64, with its guest-physical address. */
export interface Stage2Fault {
  readonly s2fault: Hex;
}

/** Something that happened inside the kernel during a step. */
export type Call = HandlerCall | SpteChange | Stage2Fault;

/** After the answer of any step: the handler calls and stage-2 changes that it caused, in order. */
export interface CallsAnswer {
  readonly calls: readonly Call[];
  /** There when calls are missing, since there were more than the lab keeps. */
  readonly truncated?: true;
}

/** Where a notifier or a flush applies; a range in no named mapping has no offset, the whole address space no length. */
interface WatchedRange {
  readonly map: string | null;
  readonly offset?: Hex;
  readonly length?: Hex;
}

/** A call of an MMU notifier. `secondary` is arch_invalidate_secondary_tlbs, which gives no reason. */
export interface NotifyEvent extends WatchedRange {
  readonly notify: 'start' | 'end' | 'secondary';
  /** MMU_NOTIFY_* in lower case. */
  readonly reason?: string;
}

/** A flush of the TLB: of everything, or of a range in strides of so many bytes. */
export interface FlushEvent extends WatchedRange {
  readonly flush: 'all' | 'range';
  readonly stride?: Hex;
  /** 1 when tables were freed. */
  readonly tables?: number;
}

/** After `watch`, the last answer of a step: what notifiers and the TLB were told, in order. */
export interface EventsAnswer {
  readonly events: readonly (NotifyEvent | FlushEvent)[];
  readonly truncated?: true;
}

/** A step that could not be done, such as `no map a`. */
export interface ErrorAnswer {
  readonly error: string;
}

/** Any answer. Which one it is, its first key tells. */
export type Answer =
  | VfioAnswer
  | MmapAnswer
  | MremapAnswer
  | ResultAnswer
  | MincoreAnswer
  | TouchAnswer
  | TouchallAnswer
  | HotdisableAnswer
  | TableAnswer
  | WalkAnswer
  | GupAnswer
  | NodeAnswer
  | FollowAnswer
  | ChildAnswer
  | PeerAnswer
  | MmAnswer
  | SmapsAnswer
  | SmapsrollupAnswer
  | NumamapsAnswer
  | PagemapAnswer
  | AccessAnswer
  | KvmstatAnswer
  | Stage2Answer
  | CallsAnswer
  | EventsAnswer
  | ErrorAnswer;
