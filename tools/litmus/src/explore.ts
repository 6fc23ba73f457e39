import type { MmStruct, RacePoint } from '@pfnmap/mm-core';
import { BrokenInvariant } from '@pfnmap/sim';
import { addressSpaces, type Finding, type Schedule } from './finding.ts';
import { HeldLocks, NeedsHeldLock } from './held-locks.ts';
import { Session } from './session.ts';
import type { TestedKernel } from './tested-kernel.ts';

/** A program whose last step races with others. */
export interface RaceProgram {
  /** Lines that run before. */
  readonly setup: readonly string[];
  /** The line that others race with. */
  readonly path: string;
  /** What others do, each whole, one at a time; several steps are parted by `; `. */
  readonly others: readonly string[];
}

/** What an exploration did. */
export interface Explored {
  /** Schedules that ran to their end. */
  readonly schedules: number;
  /** Schedules that a held lock forbids. */
  readonly pruned: number;
  /** The points that the path passes when nobody else runs. */
  readonly points: readonly RacePoint[];
}

const stepsOf = (other: string): string[] => other.split('; ');

/** A session after its setup, or the rule that broke on the way there. */
function prepared(kernel: TestedKernel, setup: readonly string[]): Session | Finding | undefined {
  const session = new Session(kernel);
  try {
    for (const line of setup) session.play(line);
    session.check();
    return session;
  } catch (error) {
    return session.findingOf(error);
  }
}

/** The answer of the path as text, to compare. */
const answerOf = (session: Session, path: string): string => JSON.stringify(session.play(path));

/** Gives mmap_lock back to the path at a race point as it held it: whoever ran there left it free. */
function keepingMmapLocks(spaces: readonly MmStruct[], run: () => void): void {
  const before = spaces.map((mm) => mm.mmap_lock);
  try {
    run();
  } finally {
    for (const [index, mm] of spaces.entries()) mm.mmap_lock = before[index] as typeof mm.mmap_lock;
  }
}

/** Explores the schedules of one program on one kernel. */
class Explorer {
  private readonly kernel: TestedKernel;
  private readonly program: RaceProgram;
  private readonly answers = new Map<string, readonly string[]>();
  readonly points: RacePoint[] = [];
  /** What the path answers when nobody else runs, or everybody after it. */
  private answerAlone = '';
  schedules = 0;
  pruned = 0;

  constructor(kernel: TestedKernel, program: RaceProgram) {
    this.kernel = kernel;
    this.program = program;
  }

  /** Runs after the setup; what breaks there or in the end is the finding. */
  private run(work: (session: Session) => void): Finding | undefined {
    const session = prepared(this.kernel, this.program.setup);
    if (!(session instanceof Session)) return session;
    try {
      work(session);
      session.machine.kernel.events.race = undefined;
      session.check();
      session.end();
      return undefined;
    } catch (error) {
      if (!(error instanceof NeedsHeldLock)) return session.findingOf(error);
      this.kernel.discard();
      this.pruned++;
      return undefined;
    }
  }

  /** The path alone, which also lists its points. */
  alone(): Finding | undefined {
    return this.run((session) => {
      session.machine.kernel.events.race = (point) => void this.points.push(point);
      this.answerAlone = answerOf(session, this.program.path);
    });
  }

  /**
   * What the path may answer when somebody else runs: what it answers before, after or between the other's steps, or once
   * more after them.
   */
  private answersWith(other: string): readonly string[] {
    const known = this.answers.get(other);
    if (known !== undefined) return known;
    const steps = stepsOf(other);
    const answers = new Set([this.answerAlone]);
    for (let at = 1; at <= steps.length; at++) {
      this.run((session) => {
        for (const step of steps.slice(0, at)) session.play(step);
        answers.add(answerOf(session, this.program.path));
        for (const step of steps.slice(at)) session.play(step);
      });
    }
    // A path that starts over may find what it has left itself: a fault done, an entry since changed.
    this.run((session) => {
      for (const step of [this.program.path, ...steps]) session.play(step);
      answers.add(answerOf(session, this.program.path));
    });
    this.answers.set(other, [...answers]);
    return [...answers];
  }

  /** One schedule: `other` runs whole at the point of this number. */
  race(at: number, other: string): Finding | undefined {
    const finding = this.run((session) => {
      const { events } = session.machine.kernel;
      const locks = new HeldLocks();
      events.listener = (event) => locks.saw(event);
      let passed = 0;
      events.race = () => {
        if (passed++ !== at) return;
        events.race = undefined;
        const spaces = addressSpaces(session.machine, session.player.process.mm);
        keepingMmapLocks(spaces, () =>
          locks.runOther(() => {
            for (const step of stepsOf(other)) session.play(step);
          }),
        );
      };
      const answer = answerOf(session, this.program.path);
      this.schedules++;
      if (answer === this.answerAlone) return;
      const may = this.answersWith(other);
      if (may.includes(answer)) return;
      throw new BrokenInvariant(
        'O1',
        `it answers ${answer}; in whatever order the two run one after another it answers ${may.join(' or ')}`,
      );
    });
    return finding === undefined ? undefined : { ...finding, schedule: this.schedule(at, other) };
  }

  private schedule(at: number, other: string): Schedule {
    const point = this.points[at] as RacePoint;
    const occurrence = this.points.slice(0, at + 1).filter((each) => each === point).length;
    return { path: this.program.path, point, occurrence, other };
  }
}

/**
 * Lets a path race with others: at every point that it passes, each of the others runs whole, on a machine of its own. A
 * schedule in which the other needs a lock that the path holds is left out. Gives each finding as it comes.
 */
export function* explore(
  kernel: TestedKernel,
  program: RaceProgram,
): Generator<Finding, Explored, undefined> {
  const explorer = new Explorer(kernel, program);
  const alone = explorer.alone();
  const { points } = explorer;
  if (alone !== undefined) {
    yield alone;
    return { schedules: 0, pruned: 0, points };
  }
  for (let at = 0; at < points.length; at++) {
    for (const other of program.others) {
      const finding = explorer.race(at, other);
      if (finding !== undefined) yield finding;
    }
  }
  const { schedules, pruned } = explorer;
  return { schedules, pruned, points };
}
