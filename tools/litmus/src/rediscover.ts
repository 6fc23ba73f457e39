import type { MachineArch } from '@pfnmap/machine';
import type { Geometry } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { arbitraryPrograms, arbitraryRaces } from './arbitrary-programs.ts';
import { ALL_FIXES, type Defect, POSTED } from './defects.ts';
import { explore, type RaceProgram } from './explore.ts';
import type { Finding } from './finding.ts';
import { runProgram } from './run-program.ts';
import { TestedKernel } from './tested-kernel.ts';

/** How random runs are made. */
export interface RediscoverOptions {
  readonly arch: MachineArch;
  readonly seed: number;
  /** Programs that are tried at most. */
  readonly programs?: number;
}

/** What random runs found of a defect. */
export interface Rediscovered {
  readonly defect: Defect;
  readonly seed: number;
  /** Programs up to the first that broke a rule by this defect. */
  readonly tried: number;
  /** Runs that shrinking it took. */
  readonly shrinks: number;
  /** The smallest program, as lines; undefined when none was found. */
  readonly program: readonly string[] | undefined;
  readonly finding: Finding | undefined;
}

/** The kernel as posted, and what the defect's repair rests on. */
const broken = (arch: MachineArch, { needs }: Defect): TestedKernel =>
  new TestedKernel(arch, POSTED, needs);

/** The same with the repair, and with nothing else. */
const repaired = (arch: MachineArch, { needs, fix }: Defect): TestedKernel =>
  new TestedKernel(arch, POSTED, [...needs, fix]);

function* withoutOne(lines: readonly string[]): Generator<string[]> {
  for (let at = lines.length - 1; at >= 0; at--) {
    const fewer = lines.toSpliced(at, 1);
    // A fork goes with its end.
    const end = lines[at] === 'fork' ? fewer.indexOf('endfork', at) : -1;
    // A real kernel maps the BAR of an open device only.
    const opens = lines[at] === 'vfio' && lines.some((line) => line.includes(' bar2 '));
    if (lines[at] !== 'endfork' && !opens) yield end < 0 ? fewer : fewer.toSpliced(end, 1);
  }
}

/** One kind of random test: its programs, how one runs, and how it reads. */
interface Kind<T> {
  readonly arbitrary: fc.Arbitrary<T>;
  findings(kernel: TestedKernel, program: T): Iterable<Finding>;
  linesOf(program: T): readonly string[];
  /** The program with one part left out, in every way. */
  smaller(program: T): Iterable<T>;
  readonly programs: number;
}

const geometryOf = (arch: MachineArch): Geometry =>
  new TestedKernel(arch, POSTED).boot().kernel.arch.geometry;

const programKind = (arch: MachineArch): Kind<string[]> => ({
  arbitrary: arbitraryPrograms(geometryOf(arch)),
  findings: runProgram,
  linesOf: (lines) => lines,
  smaller: withoutOne,
  programs: 10_000,
});

const raceKind = (arch: MachineArch): Kind<RaceProgram> => ({
  arbitrary: arbitraryRaces(geometryOf(arch)),
  findings: explore,
  linesOf: ({ setup, path, others }) => [...setup, path, ...others.map((other) => `# ${other}`)],
  *smaller({ setup, path, others }) {
    for (const fewer of withoutOne(others)) {
      if (fewer.length > 0) yield { setup, path, others: fewer };
    }
    for (const fewer of withoutOne(setup)) yield { setup: fewer, path, others };
  },
  programs: 400,
});

/** What a program finds on the broken kernel that it does not find on the repaired one. */
function defectIn<T>(
  kind: Kind<T>,
  before: TestedKernel,
  after: TestedKernel,
  program: T,
): Finding | undefined {
  const seen = new Set<string>();
  let remaining: Set<string> | undefined;
  for (const finding of kind.findings(before, program)) {
    if (seen.has(finding.key)) continue;
    seen.add(finding.key);
    remaining ??= new Set([...kind.findings(after, program)].map(({ key }) => key));
    if (!remaining.has(finding.key)) return finding;
  }
  return undefined;
}

/** Leaves out whatever can be left out: what remains needs every part of it. */
function minimal<T>(kind: Kind<T>, program: T, holds: (program: T) => boolean): T {
  for (const smaller of kind.smaller(program)) {
    if (holds(smaller)) return minimal(kind, smaller, holds);
  }
  return program;
}

function search<T>(kind: Kind<T>, defect: Defect, options: RediscoverOptions): Rediscovered {
  const { arch, seed } = options;
  const before = broken(arch, defect);
  const after = repaired(arch, defect);
  let runs = 0;
  let tried = 0;
  const holds = (program: T): boolean => {
    runs++;
    return defectIn(kind, before, after, program) !== undefined;
  };
  const details = fc.check(
    fc.property(kind.arbitrary, (program) => {
      const found = holds(program);
      if (found && tried === 0) tried = runs;
      return !found;
    }),
    { seed, numRuns: options.programs ?? kind.programs },
  );
  if (details.counterexample === null) {
    return { defect, seed, tried: runs, shrinks: 0, program: undefined, finding: undefined };
  }
  const program = minimal(kind, details.counterexample[0], holds);
  return {
    defect,
    seed,
    tried,
    shrinks: runs - tried,
    program: kind.linesOf(program),
    finding: defectIn(kind, before, after, program),
  };
}

/**
 * Random programs on the series as posted, until one breaks a rule that holds again with the defect's repair alone; that
 * program is shrunk.
 */
export function rediscover(defect: Defect, options: RediscoverOptions): Rediscovered {
  return defect.kind === 'program'
    ? search(programKind(options.arch), defect, options)
    : search(raceKind(options.arch), defect, options);
}

/** What random runs found where nothing may be found. */
export interface Cleared {
  readonly seed: number;
  readonly programs: number;
  /** A program that breaks a rule all the same, shrunk, and the rule. */
  readonly program: readonly string[] | undefined;
  readonly finding: Finding | undefined;
}

function clear<T>(kind: Kind<T>, options: RediscoverOptions, programs: number): Cleared {
  const { arch, seed } = options;
  const kernel = new TestedKernel(arch, POSTED, ALL_FIXES);
  const first = (program: T): Finding | undefined => {
    for (const finding of kind.findings(kernel, program)) return finding;
    return undefined;
  };
  const breaks = (program: T): boolean => first(program) !== undefined;
  const details = fc.check(
    fc.property(kind.arbitrary, (program) => !breaks(program)),
    { seed, numRuns: programs },
  );
  if (details.counterexample === null) {
    return { seed, programs: details.numRuns, program: undefined, finding: undefined };
  }
  const program = minimal(kind, details.counterexample[0], breaks);
  return {
    seed,
    programs: details.numRuns,
    program: kind.linesOf(program),
    finding: first(program),
  };
}

/** The same programs as {@link rediscover} makes from the seed, on the series with every repair: none may break a rule. */
export function clearWithFixes(
  kind: Defect['kind'],
  options: RediscoverOptions & { readonly programs: number },
): Cleared {
  return kind === 'program'
    ? clear(programKind(options.arch), options, options.programs)
    : clear(raceKind(options.arch), options, options.programs);
}
