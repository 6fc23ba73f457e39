import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cachePaths, defaultCacheDir, writeFileAtomic } from '../cache.ts';
import { type Capture, captureName, formatCapture } from '../console/capture.ts';
import type { Host } from '../host/host.ts';
import { nodeHost } from '../host/node-host.ts';
import { type Reporter, silentReporter } from '../reporter.ts';
import { readyTarget } from '../setup/record.ts';
import { askGroup } from './ask.ts';
import type { BootContext } from './boot.ts';
import { type BootGroup, groupScenarios, readScenarios, type ScenarioFile } from './group.ts';

/** Options of {@link labRun}. */
export interface RunOptions {
  readonly cacheDir?: string;
  /** Where captures go; beside each scenario if left out. */
  readonly outDir?: string;
  /** Where the console logs of the boots go, as `boot-1.log` and on; nowhere if left out. */
  readonly logDir?: string;
  /** Seconds without a word from the guest, after which it counts as hung; 180 if left out. */
  readonly silenceSeconds?: number;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
  readonly host?: Host;
}

/** A capture that was written. */
export interface RunCapture {
  readonly scenario: string;
  readonly path: string;
  readonly capture: Capture;
  /** What the kernel said as it died; empty where it lived. */
  readonly crash: readonly string[];
}

/** What `labRun` did. */
export interface RunReport {
  readonly target: string;
  readonly release: string;
  readonly boots: number;
  /** In the order they were written. */
  readonly captures: readonly RunCapture[];
}

/**
 * Runs scenarios on a real kernel and writes a capture of each. Scenarios whose machines are alike
 * share a boot; after one in which the kernel died or hung, which its capture says, the others get
 * a new boot.
 *
 * Throws {@link LabError}: `unknown-target`, `not-set-up`, `missing-on-host`, `bad-scenario`,
 * `guest-silent` (a boot that ran no scenario), `interrupted` (finished captures are kept).
 */
export async function labRun(
  name: string,
  files: readonly string[],
  options: RunOptions = {},
): Promise<RunReport> {
  const host = options.host ?? nodeHost();
  const paths = cachePaths(options.cacheDir ?? defaultCacheDir(host.env));
  const { target, release } = readyTarget(paths, name);
  const scenarios = readScenarios(files);
  const context: BootContext = {
    host,
    paths,
    target,
    reporter: options.reporter ?? silentReporter,
    silenceSeconds: options.silenceSeconds ?? 180,
    signal: options.signal,
  };
  const run = new Run(context, options);
  for (const group of groupScenarios(scenarios, target.arch)) await run.group(group);
  return { target: name, release, boots: run.boots, captures: run.captures };
}

class Run {
  boots = 0;
  readonly captures: RunCapture[] = [];
  readonly #context: BootContext;
  readonly #options: RunOptions;

  constructor(context: BootContext, options: RunOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Asks a group, and writes what it answers. */
  async group(group: BootGroup): Promise<void> {
    await askGroup(this.#context, group, {
      onCapture: (capture) => this.#write(group.scenarios, capture),
      onConsole: (text) => {
        this.boots++;
        this.#log(text);
      },
    });
  }

  #write(scenarios: readonly ScenarioFile[], capture: Capture): void {
    const scenario = scenarios.find((candidate) => candidate.name === capture.name);
    if (!scenario) return;
    const folder = this.#options.outDir ?? dirname(scenario.path);
    const path = join(folder, captureName(capture.name));
    writeFileAtomic(path, formatCapture(capture));
    const last = capture.steps.at(-1) ?? capture.machine;
    const crash = last.crash ?? [];
    this.captures.push({ scenario: scenario.path, path, capture, crash });
    this.#context.reporter({
      type: 'capture',
      scenario: capture.name,
      path,
      steps: capture.steps.length,
      crash,
    });
  }

  #log(text: string): void {
    const { logDir } = this.#options;
    if (logDir === undefined) return;
    mkdirSync(logDir, { recursive: true });
    writeFileSync(join(logDir, `boot-${this.boots}.log`), text, 'latin1');
  }
}
