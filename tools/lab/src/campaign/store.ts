import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJson, writeFileAtomic } from '../cache.ts';
import {
  type Capture,
  captureName,
  formatCapture,
  type MachineRecord,
  type StepRecord,
} from '../console/capture.ts';
import { LabError } from '../errors.ts';
import type { CampaignKernel } from './kernel.ts';
import { isLess } from './shrink/less-name.ts';

/** Where a campaign keeps what kernels answered, so that it goes on where it stopped. */
export interface CampaignStore {
  /** The capture of a scenario, if it is one of this very text. */
  load(name: string, text: string): Capture | undefined;
  save(capture: Capture): void;
}

/** Keeps nothing. */
export const noStore: CampaignStore = { load: () => undefined, save: () => undefined };

/** The steps of a scenario as captures carry them. */
function stepTexts(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.split('#', 1)[0]!.trim())
    .filter((line) => line !== '');
}

/** Whether a capture has answers to all steps of a scenario, or up to the death of the kernel. */
function answers(steps: readonly StepRecord[], text: string): boolean {
  const wanted = stepTexts(text);
  const isWhole = steps.length === wanted.length || steps.at(-1)?.crash !== undefined;
  return isWhole && steps.every(({ step }, index) => step === wanted[index]);
}

/** Reads what `formatCapture` wrote. */
export function readCapture(name: string, text: string): Capture {
  const [machine, ...steps] = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line)) as [MachineRecord, ...StepRecord[]];
  return { name, machine, steps, complete: steps.at(-1)?.crash === undefined };
}

/**
 * A store in a folder, which belongs to one kernel: `campaign.json` says which. Captures are files as
 * `pfnmap lab run` writes them, those of scenarios that were asked for while shrinking in a folder of their own. Throws `other-versions` for a folder of another kernel.
 */
export function folderStore(folder: string, kernel: CampaignKernel): CampaignStore {
  const { release, guest, target } = kernel;
  const head = { format: 'pfnmap-campaign-folder/1', target: target.name, kernel: release, guest };
  const path = join(folder, 'campaign.json');
  const before = readJson<typeof head>(path);
  if (before !== undefined && JSON.stringify(before) !== JSON.stringify(head)) {
    throw new LabError(
      'other-versions',
      `${folder} holds answers of ${before.target} (Linux ${before.kernel}, guest ${before.guest}), ` +
        `and not of ${target.name} (Linux ${release}, guest ${guest}).`,
      'Choose another folder with --out.',
    );
  }
  writeFileAtomic(path, `${JSON.stringify(head, null, 2)}\n`);
  const pathOf = (name: string) =>
    join(folder, isLess(name) ? 'shrinking' : 'captures', captureName(name));
  return {
    load(name, text) {
      if (!existsSync(pathOf(name))) return undefined;
      try {
        const capture = readCapture(name, readFileSync(pathOf(name), 'utf8'));
        return answers(capture.steps, text) ? capture : undefined;
      } catch {
        // What cannot be read was not written by this store: the kernel is asked again.
        return undefined;
      }
    },
    save: (capture) => writeFileAtomic(pathOf(capture.name), formatCapture(capture)),
  };
}
