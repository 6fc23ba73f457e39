import type { FaultCall, Machine, Process } from '@pfnmap/machine';
import { EBADF, EOPNOTSUPP } from '@pfnmap/mm-core';
import { MREMAP_FIXED, MREMAP_MAYMOVE, PROT_EXEC, PROT_READ, PROT_WRITE } from '@pfnmap/mm-mmap';
import type { Answer, Call, ResultAnswer, ResultKind } from '../answer.ts';
import type { ProtectionBits } from '../field.ts';
import type { Step, StepOf } from '../grammar.ts';
import { type AddressField, hexOf, TableReader } from './fold-table.ts';
import { followAt, zapRange } from './pfnlab-calls.ts';
import type { PlacedMap } from './placed-maps.ts';
import { Program } from './program.ts';
import { Watch } from './watch.ts';

/** PROT_* bits of a step's rights. */
const protOf = ({ r, w, x }: ProtectionBits): number =>
  (r ? PROT_READ : 0) | (w ? PROT_WRITE : 0) | (x ? PROT_EXEC : 0);

/** The answer of a system call: 0 or a count as it is, an error as -1 and errno. */
export function resultOf(kind: ResultKind, value: number): ResultAnswer {
  const answer = value < 0 ? { [kind]: -1, errno: -value } : { [kind]: value, errno: 0 };
  return answer as ResultAnswer;
}

/** Calls of its fault handler that /dev/pfnlab keeps between two readings; later ones are lost. */
const KEPT_LAB_CALLS = 64;

/** Steps of other subsystems: they answer, or undefined when the step is not theirs. */
export type StepExtension = (step: Step, player: Player) => Answer[] | undefined;

/** Plays steps on a machine, one after another. */
export class Player {
  readonly machine: Machine;
  private readonly reader: TableReader;
  private readonly parents: Program[] = [];
  private program: Program;
  private peer: Program | undefined;
  private watch: Watch | undefined;
  private calls: Call[] = [];
  /** Calls of /dev/pfnlab's handler: the driver counts them itself, so the lab tells them before all others. */
  private labCalls: Call[] = [];
  private skipping = 0;
  private readonly extensions: readonly StepExtension[];
  /** The device was opened through vfio: until then, what needs its file has none. */
  isOpen = false;
  /** Every handler call so far. */
  handlerCalls = 0;

  constructor(machine: Machine, field: AddressField, extensions: readonly StepExtension[] = []) {
    this.machine = machine;
    this.extensions = extensions;
    this.reader = new TableReader(machine.kernel.pt, field);
    this.program = Program.started(machine.spawn(), this.pageSize);
    machine.watchFaults((call) => this.sawFault(call));
  }

  /** The process that the next step runs in. */
  get process(): Process {
    return this.program.process;
  }

  /** True while the steps belong to a child that could not be made. */
  get isSkipping(): boolean {
    return this.skipping > 0;
  }

  /** Adds something to the calls of the step that runs. */
  addCall(call: Call): void {
    this.calls.push(call);
  }

  private sawFault(call: FaultCall): void {
    this.handlerCalls++;
    const told = call.handler === 'lab' ? this.labCalls : this.calls;
    if (call.handler === 'lab' && told.length >= KEPT_LAB_CALLS) return;
    const map = this.program.maps.holding(call.address);
    told.push({
      handler: call.handler,
      order: call.order,
      ret: hexOf(call.ret),
      write: call.write ? 1 : 0,
      ...(map === undefined
        ? { map: null }
        : { map: map.name, offset: hexOf(call.address - map.start) }),
    });
  }

  /** Bytes of a page of the machine. */
  get pageSize(): number {
    return this.machine.kernel.arch.geometry.pageSize;
  }

  /** Bytes of a step's range: a page, unless told. */
  lengthOf({ length }: { readonly length: number | undefined }): number {
    return length ?? this.pageSize;
  }

  /** The mapping that a step names. */
  map(name: string): PlacedMap | undefined {
    return this.program.maps.find(name);
  }

  /** The names of the program's mappings. */
  mapNames(): string[] {
    return this.program.maps.names();
  }

  /** Plays a step; the calls that it caused come as its last answer. Steps of a child that was not made give nothing. */
  play(step: Step): Answer[] | undefined {
    if (this.skipping > 0) return this.skip(step);
    this.calls = [];
    this.labCalls = [];
    const answers = this.answer(step);
    const calls = [...this.labCalls, ...this.calls];
    const events = this.watch?.take(this.doerOf(step).maps);
    if (step.op === 'fork' || step.op === 'endfork') return answers;
    if (calls.length > 0) answers.push({ calls });
    if (events !== undefined) answers.push(events);
    return answers;
  }

  /** Leaves out what the step has caused so far: which calls and events there are depends on chance. */
  forgetCalls(): void {
    this.calls = [];
    this.labCalls = [];
    this.watch?.take(this.program.maps);
  }

  private doerOf(step: Step): Program {
    return step.op === 'in' && this.peer !== undefined ? this.peer : this.program;
  }

  private skip(step: Step): Answer[] | undefined {
    if (step.op === 'fork') this.skipping++;
    if (step.op === 'endfork') this.skipping--;
    return this.skipping === 0 ? [] : undefined;
  }

  private answer(step: Step): Answer[] {
    for (const extension of this.extensions) {
      const answers = extension(step, this);
      if (answers !== undefined) return answers;
    }
    if ('name' in step && step.op !== 'mmap') {
      const map = this.map(step.name);
      if (map === undefined) return [{ error: `no map ${step.name}` }];
      return this.answerOnMap(step, map);
    }
    switch (step.op) {
      case 'machine':
        return [];
      case 'vfio':
        return [this.vfio()];
      case 'lab':
        return [this.lab(step)];
      case 'mmap':
        return [this.mmap(step)];
      case 'unmaprange':
        return [this.unmaprange(step)];
      case 'mm':
        return [this.program.counters()];
      case 'command':
        return [
          resultOf('command', this.isOpen ? this.machine.device.writeCommand(step.value) : -EBADF),
        ];
      case 'reset':
        return [resultOf('reset', this.isOpen ? this.machine.device.reset() : -EBADF)];
      case 'hardoffline':
        return [resultOf('hardoffline', this.hardoffline(step.offset))];
      case 'fork':
        return this.fork();
      case 'endfork':
        return this.endfork();
      case 'peer':
        return [this.startPeer()];
      case 'in':
        return this.inPeer(step.step);
      case 'endpeer':
        return [this.endPeer()];
      case 'watch':
        return [this.startWatch()];
      default:
        return [{ error: 'unknown step' }];
    }
  }

  private answerOnMap(step: Step, map: PlacedMap): Answer[] {
    const { process } = this;
    const { mm } = process;
    switch (step.op) {
      case 'touch':
        return [{ signal: process.touch(map.start + step.offset, step.write) }];
      case 'touchall':
        return [{ signals: this.touchall(step, map) }];
      case 'table':
        return [{ table: this.reader.runs(mm, map.start, map.length) }];
      case 'walk':
        return [{ walk: this.reader.walk(mm, map.start + step.offset) }];
      case 'gup':
        return [{ gup: this.gup(step, map) }];
      case 'follow':
        return [followAt(this.machine, mm, map.start + step.offset)];
      case 'zap':
        return [
          resultOf('zap', zapRange(this.machine, mm, map.start + step.offset, this.lengthOf(step))),
        ];
      case 'munmap':
        return [resultOf('munmap', process.munmap(map.start + step.offset, this.lengthOf(step)))];
      case 'mprotect': {
        const address = map.start + step.offset;
        return [
          resultOf('mprotect', process.mprotect(address, this.lengthOf(step), protOf(step.prot))),
        ];
      }
      case 'madvise': {
        const address = map.start + step.offset;
        return [resultOf('madvise', process.madvise(address, this.lengthOf(step), step.advice))];
      }
      case 'mlock':
        return [resultOf('mlock', process.mlock(map.start + step.offset, this.lengthOf(step)))];
      case 'mremap':
        return [this.mremap(step, map)];
      case 'readv':
        return [resultOf('readv', process.process_vm_readv(map.start + step.offset, 8))];
      case 'procmem':
        return [resultOf('procmem', process.readMem(map.start + step.offset, 8))];
      default:
        return [{ error: 'unknown step' }];
    }
  }

  private vfio(): Answer {
    this.isOpen = true;
    const regions = [0, 1, 2, 3, 4, 5, 6].map((index) => {
      const info = this.machine.device.regionInfo(index);
      if (typeof info === 'number') throw new RangeError(`region ${index} has no information`);
      const { size, offset, flags } = info;
      return { index, size: hexOf(size), offset: hexOf(offset), flags };
    });
    return { vfio: 0, regions };
  }

  private lab(step: StepOf<'lab'>): Answer {
    this.machine.pfnlab.configure({
      pfn: step.pfn ?? this.machine.bar2Pfn,
      pages: step.pages,
      mode: step.mode,
      maxorder: step.maxorder,
      access: step.access,
    });
    return resultOf('lab', 0);
  }

  private mmap(step: StepOf<'mmap'>): Answer {
    const { source } = step;
    const length = this.lengthOf(step);
    const place = step.anywhere
      ? {}
      : { address: this.program.maps.place(length, step.align, step.phase) };
    let file = null;
    let { offset } = step;
    if (source === 'lab') file = this.machine.pfnlab.file;
    else if (source !== 'anon') {
      if (!this.isOpen) return { mmap: -1, errno: EBADF };
      file = this.machine.device.file;
      offset += Number(source.slice(3)) * 2 ** 40;
    } else offset = 0;
    const result = this.process.mmap({
      ...place,
      length,
      prot: protOf(step.prot),
      shared: !step.private,
      noreserve: step.private,
      noreplace: true,
      file,
      offset,
    });
    if (result < 0) return { mmap: -1, errno: -result };
    this.program.maps.add(step.name, result, length);
    return { mmap: 0, errno: 0, address: hexOf(result) };
  }

  private mremap(step: StepOf<'mremap'>, map: PlacedMap): Answer {
    const newLength = step.length ?? map.length;
    const newAddress = this.program.maps.place(newLength, step.align, step.phase);
    const result = this.process.mremap({
      address: map.start,
      oldLength: map.length,
      newLength,
      flags: MREMAP_MAYMOVE | MREMAP_FIXED,
      newAddress,
    });
    if (result < 0) return { mremap: -1, errno: -result };
    map.start = result;
    map.length = newLength;
    return { mremap: 0, errno: 0, address: hexOf(result) };
  }

  private touchall(step: StepOf<'touchall'>, map: PlacedMap): number {
    const end = step.offset + (step.length ?? map.length - step.offset);
    let signals = 0;
    const stride = step.step ?? this.pageSize;
    for (let offset = step.offset; offset < end; offset += stride) {
      if (this.process.touch(map.start + offset, step.write) !== 0) signals++;
    }
    return signals;
  }

  private gup(step: StepOf<'gup'>, map: PlacedMap): number {
    const { gup } = this.machine.layers;
    const { mm } = this.process;
    const request = { address: map.start + step.offset, nr_pages: 1, write: step.write };
    switch (step.how) {
      case 'fast':
        return gup.get_user_pages_fast(mm, request);
      case 'fastonly':
        return gup.get_user_pages_fast_only(mm, request);
      case 'slow':
        return gup.get_user_pages(mm, request);
      case 'longterm':
        return gup.pin_user_pages_fast(mm, request);
    }
  }

  private unmaprange(step: StepOf<'unmaprange'>): Answer {
    const { f_mapping } = this.machine.pfnlab.file;
    this.machine.layers.memory.unmap_mapping_range(
      f_mapping,
      step.offset,
      this.lengthOf(step),
      true,
    );
    return resultOf('unmaprange', 0);
  }

  /** hard_offline_page: memory_failure() for the frame, where -EOPNOTSUPP counts as done. */
  private hardoffline(offset: number): number {
    const { layers, bar2Pfn } = this.machine;
    const page = Math.floor(offset / this.pageSize);
    const result = layers.memory.memory_failure(bar2Pfn + page);
    return result === -EOPNOTSUPP ? 0 : result;
  }

  private fork(): Answer[] {
    const child = this.program.fork();
    if (typeof child === 'number') {
      this.skipping = 1;
      return [resultOf('fork', child)];
    }
    this.parents.push(this.program);
    this.program = child;
    return [];
  }

  private startPeer(): Answer {
    const peer = this.program.fork();
    if (typeof peer === 'number') return { peer: -1, errno: -peer };
    this.peer = peer.countingFromNow();
    return { peer: 0, errno: 0 };
  }

  private inPeer(step: Step): Answer[] {
    if (this.peer === undefined) return [{ error: 'no peer' }];
    const { program } = this;
    this.program = this.peer;
    const answers = this.answer(step);
    this.program = program;
    return answers;
  }

  private endPeer(): Answer {
    if (this.peer === undefined) return { error: 'no peer' };
    this.peer.process.exit();
    this.peer = undefined;
    return { peer: 0 };
  }

  private startWatch(): Answer {
    const { kernel } = this.machine;
    const watch = new Watch(this.program, kernel.arch);
    kernel.events.recording = true;
    kernel.events.listener = (event) => watch.saw(event);
    this.watch = watch;
    return resultOf('watch', 0);
  }

  private endfork(): Answer[] {
    const parent = this.parents.pop();
    if (parent === undefined) return [{ error: 'unknown step' }];
    this.process.exit();
    this.program = parent;
    return [{ child: 0 }];
  }
}
