import type { Machine } from '@pfnmap/machine';
import type { KernelEvent, MmStruct } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { type Answer, type Player, parseScenario, playerFor, type Step } from '@pfnmap/scenario';
import { BrokenInvariant, InvariantChecker } from '@pfnmap/sim';
import { addressSpaces, entriesOfAll, type Finding } from './finding.ts';
import { type MigrationKind, Migrations, migrationEntry } from './migration.ts';
import { placementRule } from './placement-rule.ts';
import { checkStage2 } from './stage2-rule.ts';
import type { TestedKernel } from './tested-kernel.ts';

/** A line of a program: a step of the scenario language, or `migrate`, which no process can ask for. */
type Line =
  | {
      readonly op: 'migrate';
      readonly name: string;
      readonly offset: number;
      readonly text: string;
    }
  | Step;

const MIGRATE =
  /^migrate (\w+) offset=(0x[0-9a-f]+) (read|exclusive|write) pfn=(0x[0-9a-f]+)( dirty)?$/;

const parsed = new Map<string, Line>();

/** A fork has its end on another line, so a line of a program is read by itself. */
function parseLine(text: string): Line {
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const migrate = MIGRATE.exec(text);
  let line: Line;
  if (migrate !== null) {
    line = { op: 'migrate', name: migrate[1] as string, offset: Number(migrate[2]), text };
  } else {
    const pair = text === 'fork' ? 'fork\nendfork' : text === 'endfork' ? 'fork\nendfork' : text;
    const { steps } = parseScenario(`${pair}\n`, 'program');
    line = steps[text === 'endfork' ? 1 : 0] as Step;
  }
  parsed.set(text, line);
  return line;
}

/** Steps that find pages under migration as they are; all others wait for them. */
const SEES_MIGRATIONS: readonly string[] = ['migrate', 'fork', 'peer'];

/** A machine, the program that runs on it, and the rules that are held against it. */
export class Session {
  readonly machine: Machine;
  readonly player: Player;
  private readonly kernel: TestedKernel;
  private readonly spaces = new Set<MmStruct>();
  private readonly checker: InvariantChecker;
  private readonly migrations: Migrations;

  constructor(kernel: TestedKernel) {
    this.kernel = kernel;
    this.machine = kernel.boot();
    this.player = playerFor(this.machine, kernel.arch).player;
    this.checker = new InvariantChecker(this.machine);
    this.migrations = new Migrations(this.machine);
    this.machine.kernel.events.take();
  }

  /** Plays a line without a look at the rules; its answers, those about handler calls left out. */
  play(text: string): Answer[] {
    const line = parseLine(text);
    if (!SEES_MIGRATIONS.includes(line.op)) this.migrations.settle();
    if (line.op === 'migrate') {
      this.migrate(text);
      return [];
    }
    const parent = this.player.process.mm;
    this.spaces.add(parent);
    const answers = this.player.play(line) ?? [];
    if (line.op === 'command') this.checker.memoryOn = (line.value & 2) !== 0;
    if (line.op === 'fork' && this.player.process.mm !== parent) {
      this.migrations.checkFork(this.player.process.mm);
    }
    return answers.filter((answer) => !('calls' in answer) && !('events' in answer));
  }

  private migrate(text: string): void {
    const [, name, offset, kind, pfn, dirty] = MIGRATE.exec(text) ?? [];
    const map = this.player.map(name as string);
    if (map === undefined) return;
    const of = kind as MigrationKind;
    const word = migrationEntry(this.kernel.arch, of, BigInt(pfn as string), dirty !== undefined);
    this.migrations.begin(this.player.process, map.start + Number(offset), of, word);
  }

  /** The check that a line asks for when it has been played: see {@link placementRule}. */
  ruleOf(text: string): () => void {
    const line = parseLine(text);
    const map = line.op === 'touch' ? this.player.map(line.name) : undefined;
    return line.op === 'touch' && map !== undefined
      ? placementRule(this.machine, this.player.process, map.start + line.offset)
      : () => {};
  }

  /** @throws BrokenInvariant for a rule that does not hold now. */
  check(): void {
    const events: KernelEvent[] = this.machine.kernel.events.take();
    const { process } = this.player;
    const [first, ...others] = addressSpaces(this.machine, process.mm);
    this.checker.check({ mm: first ?? process.mm }, events);
    for (const mm of others) this.checker.check({ mm }, []);
    checkStage2(this.machine);
  }

  /** Ends the program and leaves the machine to the next one. */
  end(): void {
    this.migrations.settle();
    for (const mm of addressSpaces(this.machine, this.player.process.mm)) this.spaces.add(mm);
    this.kernel.reset([...this.spaces].filter((mm) => mm.vmas.length > 0));
  }

  /** What an error says about the kernel; undefined when it says nothing, as a machine without memory does. */
  findingOf(error: unknown): Finding | undefined {
    this.kernel.discard();
    if (error instanceof KernelBug && error.message.includes('memory is exhausted')) {
      return undefined;
    }
    const entries = entriesOfAll(this.machine, this.player.process.mm);
    if (error instanceof BrokenInvariant) {
      const { rule, message } = error;
      return { rule, key: rule, what: message.slice(rule.length + 2), entries };
    }
    if (error instanceof KernelBug) {
      return { rule: 'BUG', key: `BUG ${error.where}`, what: error.message, entries };
    }
    throw error;
  }
}
