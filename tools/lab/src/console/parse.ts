import type { MachineOptions } from '../run/machine-line.ts';
import type { Capture, Json, MachineRecord, StepRecord } from './capture.ts';
import { ConsoleDemux, type ConsoleLine } from './demux.ts';
import { isFatal, tidyFatal, tidyLogLine } from './kernel-lines.ts';
import { LineSplitter } from './line-splitter.ts';

/** What one boot answered. */
export interface ConsoleReport {
  /** In the order the scenarios ran. */
  readonly captures: readonly Capture[];
  /** The scenario the kernel died in, or that did not end. */
  readonly died: string | undefined;
  /** The guest ran all scenarios it had. */
  readonly finished: boolean;
}

type MutableCapture = {
  name: string;
  machine: MachineRecord;
  steps: StepRecord[];
  complete: boolean;
};

/** Collects the records of one boot, line after line. */
class ConsoleParser {
  readonly captures: MutableCapture[] = [];
  died: string | undefined;
  finished = false;
  readonly #options: MachineOptions;
  readonly #facts: Record<'kernel' | 'arch' | 'bdf', string | undefined> = {
    kernel: undefined,
    arch: undefined,
    bdf: undefined,
  };
  #bar2: { start: string; end: string } | null = null;
  #current: MutableCapture | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  get current(): string | undefined {
    return this.#current?.name;
  }

  /** Adds to what the kernel said as it died, at the step it was in. */
  crash(name: string | undefined, text: string | undefined): void {
    const capture = this.captures.find((candidate) => candidate.name === name);
    if (capture === undefined) return;
    this.died = name;
    const record = capture.steps.at(-1) ?? capture.machine;
    record.crash ??= text === undefined ? ['no answer'] : [];
    if (text !== undefined) record.crash.push(text);
  }

  kernelLine(line: string): void {
    if (this.#current && isFatal(line)) this.crash(this.#current.name, tidyFatal(line));
  }

  programLine(line: string): void {
    if (line.startsWith('@')) this.#note(line);
    else if (!this.#current) return;
    else if (line.startsWith('> ')) {
      this.#current.steps.push({ step: line.slice(2).split('#', 1)[0]!.trim(), answers: [] });
    } else if (line.startsWith('{')) this.#answer(line);
  }

  #answer(line: string): void {
    const step = this.#current!.steps.at(-1);
    if (!step) return;
    try {
      step.answers.push(JSON.parse(line) as Json);
    } catch {
      step.garbled ??= [];
      step.garbled.push(line);
    }
  }

  #note(line: string): void {
    const [word, ...rest] = line.split(' ') as [string, ...string[]];
    const name = rest[0] ?? '';
    if (word === '@kernel' || word === '@arch' || word === '@bdf') {
      this.#facts[word.slice(1) as 'kernel' | 'arch' | 'bdf'] = name;
    } else if (word === '@resource' && name === '2') {
      this.#bar2 = { start: rest[1]!, end: rest[2]! };
    } else if (word === '@begin') this.#begin(name);
    else if (word === '@dmesg' && this.#current) {
      this.#current.machine.log ??= [];
      this.#current.machine.log.push(tidyLogLine(line));
    } else if (word === '@end') {
      if (this.#current) this.#current.complete = true;
      this.#current = undefined;
    } else if (word === '@done') this.finished = true;
  }

  #begin(name: string): void {
    const { kernel, arch, bdf } = this.#facts;
    const machine = {
      ...(kernel === undefined ? {} : { kernel }),
      ...(arch === undefined ? {} : { arch }),
      ...(bdf === undefined ? {} : { bdf }),
      options: this.#options,
      bar2: this.#bar2,
    };
    this.#current = { name, machine: { machine }, steps: [], complete: false };
    this.captures.push(this.#current);
  }
}

/**
 * Reads what a boot says while it says it. A kernel that died or fell silent leaves a `crash` on the
 * step it was in; that scenario's capture ends there.
 */
export class ConsoleReader {
  readonly #parser: ConsoleParser;
  readonly #demux = new ConsoleDemux();
  readonly #onComplete: (capture: Capture) => void;
  readonly #splitter = new LineSplitter();
  #told = 0;

  /** `onComplete` hears of every scenario that ran to its end. */
  constructor(options: MachineOptions, onComplete: (capture: Capture) => void = () => undefined) {
    this.#parser = new ConsoleParser(options);
    this.#onComplete = onComplete;
  }

  push(text: string): void {
    for (const line of this.#splitter.take(text.replaceAll('\r', ''))) {
      this.#take(this.#demux.line(line));
    }
  }

  /** Nothing more comes. */
  finish(): ConsoleReport {
    const parser = this.#parser;
    const { rest } = this.#splitter;
    if (rest !== '') this.#take(this.#demux.line(rest));
    const cut = this.#demux.end();
    if (cut) this.#take(cut);
    if (!parser.finished) parser.crash(parser.died ?? parser.current, undefined);
    return { captures: parser.captures, died: parser.died, finished: parser.finished };
  }

  #take({ from, text }: ConsoleLine): void {
    const { captures } = this.#parser;
    if (from === 'kernel') this.#parser.kernelLine(text);
    else this.#parser.programLine(text);
    while (captures[this.#told]?.complete === true) this.#onComplete(captures[this.#told++]!);
  }
}

/** Reads the log of one boot, all of it at once. */
export function parseConsole(text: string, options: MachineOptions): ConsoleReport {
  const reader = new ConsoleReader(options);
  reader.push(text);
  return reader.finish();
}
