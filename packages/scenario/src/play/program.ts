import type { Process } from '@pfnmap/machine';
import type { MmAnswer } from '../answer.ts';
import { PlacedMaps } from './placed-maps.ts';

const countersOf = ({ mm }: Process): MmAnswer => ({
  pgtables_bytes: mm.pgtables_bytes,
  filepages: mm.rss.file,
});

/** One program in a scenario: its process, what it knows of its mappings, and since when it counts. */
export class Program {
  readonly process: Process;
  readonly maps: PlacedMaps;
  private readonly start: MmAnswer;

  private constructor(process: Process, maps: PlacedMaps, start: MmAnswer) {
    this.process = process;
    this.maps = maps;
    this.start = start;
  }

  /** A program that just started. */
  static started(process: Process, pageSize: number): Program {
    return new Program(process, new PlacedMaps(pageSize), countersOf(process));
  }

  /** A child with the same mappings, which goes on counting from where its parent began; or a negative error number. */
  fork(): Program | number {
    const child = this.process.fork();
    return typeof child === 'number' ? child : new Program(child, this.maps.copy(), this.start);
  }

  /** The same program, counting from now on. */
  countingFromNow(): Program {
    return new Program(this.process, this.maps, countersOf(this.process));
  }

  /** Counters, less their values at the start. */
  counters(): MmAnswer {
    const now = countersOf(this.process);
    return {
      pgtables_bytes: now.pgtables_bytes - this.start.pgtables_bytes,
      filepages: now.filepages - this.start.filepages,
    };
  }
}
