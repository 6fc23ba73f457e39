import { VM_PAT } from '@pfnmap/mm-core';
import type { IoMapping } from '../src/index.ts';
import type { CapturedStep } from './lab-capture.ts';
import { Words } from './lab-capture.ts';
import { LabProcesses } from './lab-process.ts';
import { modeOf, shortList } from './test-machine.ts';

const GIB = 2 ** 30;
const BITS = [0, 0x08, 0x10, 0x18, 0x98, 0x88] as const;

/** What the model says of a step, in the form of a capture. */
export interface Answer {
  readonly ret?: number;
  readonly remap?: readonly [number, number];
  readonly entry?: string;
  readonly pat?: boolean;
  readonly signal?: number;
}

/** Runs the steps of a capture on the model. */
export class Replay {
  readonly lab: LabProcesses;
  private readonly maps = new Map<string, { start: number; length: number }>();
  private readonly io = new Map<string, IoMapping>();
  private next = 0x200000000000;

  constructor(profile: string, patEnabled = true) {
    this.lab = new LabProcesses(profile, patEnabled);
  }

  /** Runs steps written as in a capture. */
  after(...ops: readonly string[]): this {
    for (const op of ops) this.run({ op });
    return this;
  }

  /** Runs one step and says what it answered. */
  ask(op: string): Answer {
    return this.run({ op });
  }

  /** The lines of the log since the last time. */
  takeLog(): string[] {
    return this.lab.pat.log.splice(0);
  }

  private place(length: number): number {
    const at = this.next;
    this.next += Math.ceil(length / GIB) * GIB;
    return at;
  }

  run({ op, phys }: CapturedStep): Answer {
    const words = new Words(op);
    return (
      this.runPhysical(words, phys === undefined ? 0 : Number(phys)) ??
      this.runProcess(words) ??
      this.runMapped(words)
    );
  }

  private runPhysical(words: Words, phys: number): Answer | undefined {
    const { pat } = this.lab;
    const [start, size] = [words.size('phys', phys), words.size('size', 4096)];
    const type = modeOf(words.text('type') ?? 'uc-');
    switch (words.verb) {
      case 'ioremap': {
        const mapping = pat.ioremap(start, size, type);
        if (mapping === null) this.io.delete(words.subject);
        else this.io.set(words.subject, mapping);
        return { ret: mapping === null ? -1 : 0 };
      }
      case 'iounmap': {
        const mapping = this.io.get(words.subject);
        if (mapping === undefined) return { ret: -1 };
        this.io.delete(words.subject);
        pat.iounmap(mapping);
        return { ret: 0 };
      }
      case 'iowc':
        return { ret: pat.memtype_reserve(start, start + size, modeOf('wc')).error };
      case 'iofree':
        pat.memtype_free(start, start + size);
        return { ret: 0 };
      case 'mem': {
        const at = start + words.size('first', 0) * 4096;
        const pages = words.size('pages', 1);
        if (type === modeOf('wb')) return { ret: pat.set_memory_wb(at, pages) };
        const set = type === modeOf('wc') ? pat.set_memory_wc : pat.set_memory_uc;
        return { ret: set(at, pages) };
      }
      default:
        return undefined;
    }
  }

  private runProcess(words: Words): Answer | undefined {
    switch (words.verb) {
      case 'list':
        return {};
      case 'fork':
        return { ret: this.lab.fork() };
      case 'endfork':
        this.lab.endfork();
        return {};
      case 'unmaprange':
        return { ret: this.lab.unmapMappingRange(words.size('off', 0), words.size('len', 4096)) };
      case 'map': {
        const length = words.size('len', 4096);
        const start = this.place(length);
        const result = this.lab.mmap(start, length, {
          pfn: words.size('pfn', 0),
          bits: words.size('bits', BITS[modeOf(words.text('type') ?? 'uc-')]),
          mode: words.size('mode', 1),
          off: words.size('off', 0),
          part: words.size('part', 4096),
          private: words.has('private'),
        });
        if (result.ret === 0) this.maps.set(words.subject, { start, length });
        return result;
      }
      default:
        return undefined;
    }
  }

  private runMapped(words: Words): Answer {
    const map = this.maps.get(words.subject);
    if (map === undefined) return {};
    const { lab } = this;
    const off = words.size('off', 0);
    const length = words.size('len', map.length - off);
    const at = map.start + off;
    switch (words.verb) {
      case 'munmap':
        return { ret: lab.munmap(at, length) };
      case 'mprotect':
        return { ret: lab.mprotectRead(at, length) };
      case 'zap':
        return { ret: lab.zap(at, length) };
      case 'touch':
        return { signal: lab.touch(at, words.has('write')) };
      case 'pte':
        return { entry: lab.entryAt(at) };
      case 'flags': {
        const flags = lab.flagsAt(at);
        return flags === undefined ? {} : { pat: (flags & VM_PAT) !== 0 };
      }
      case 'mremap': {
        const newLength = words.size('new', map.length);
        const to = this.place(newLength);
        const ret = lab.mremap(at, length, newLength, to);
        if (ret === 0) this.maps.set(words.subject, { start: to, length: newLength });
        return { ret };
      }
      case 'dontneed':
        // madvise(MADV_DONTNEED) refuses a PFN mapping before it comes here.
        return { ret: -22 };
      default:
        throw new Error(`the capture has a step that the test does not know: ${words.verb}`);
    }
  }

  /** The reserved ranges as the capture lists them. */
  list(): string[] {
    return shortList(this.lab.pat);
  }
}
