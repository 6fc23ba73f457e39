import { cachePaths, defaultCacheDir } from '../cache.ts';
import type { Capture } from '../console/capture.ts';
import type { Host } from '../host/host.ts';
import { nodeHost } from '../host/node-host.ts';
import { type Reporter, silentReporter } from '../reporter.ts';
import { askGroup } from '../run/ask.ts';
import { groupScenarios, type ScenarioFile } from '../run/group.ts';
import { readyTarget } from '../setup/record.ts';
import type { LabTarget } from '../target/target.ts';

/** The kernel that a campaign asks. */
export interface CampaignKernel {
  readonly target: Pick<LabTarget, 'name' | 'arch' | 'pageSize' | 'kvm'>;
  /** As `uname -r` prints it, or the name of an own kernel. */
  readonly release: string;
  /** Fingerprint of the programs in the guest. */
  readonly guest: string;
  /**
   * Boots and lets the kernel play scenarios, all on one kind of machine; hands each capture over as
   * soon as it is there. A kernel that died left a `crash`; the scenarios after it are still played.
   */
  ask(scenarios: readonly ScenarioFile[], take: (capture: Capture) => void): Promise<void>;
}

/** Options of {@link labKernel}. */
export interface LabKernelOptions {
  readonly cacheDir?: string;
  /** Seconds without a word from the guest, after which it counts as hung; 180 if left out. */
  readonly silenceSeconds?: number;
  readonly reporter?: Reporter;
  readonly signal?: AbortSignal;
  readonly host?: Host;
}

/** The kernel of a target that is set up. Throws `not-set-up`. */
export function labKernel(name: string, options: LabKernelOptions = {}): CampaignKernel {
  const host = options.host ?? nodeHost();
  const paths = cachePaths(options.cacheDir ?? defaultCacheDir(host.env));
  const { target, release, guest } = readyTarget(paths, name);
  const context = {
    host,
    paths,
    target,
    reporter: options.reporter ?? silentReporter,
    silenceSeconds: options.silenceSeconds ?? 180,
    signal: options.signal,
  };
  return {
    target,
    release,
    guest,
    async ask(scenarios, take) {
      for (const group of groupScenarios(scenarios, target.arch)) {
        await askGroup(context, group, { onCapture: take });
      }
    },
  };
}
