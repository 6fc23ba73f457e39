import { buildModel } from '../build-model.ts';
import type { KconfigModel } from '../model.ts';
import { parseKconfig } from '../parse-kconfig.ts';
import { arm64Kconfig } from './kconfig-arm64.ts';
import { debugKconfig } from './kconfig-debug.ts';
import { driversKconfig } from './kconfig-drivers.ts';
import { generalKconfig } from './kconfig-general.ts';
import { mmKconfig } from './kconfig-mm.ts';
import { otherArchsKconfig } from './kconfig-other-archs.ts';
import { thpKconfig } from './kconfig-thp.ts';
import { x86Kconfig } from './kconfig-x86.ts';
import { type PatchOrder, renderChangesKconfig, renderSeriesKconfig } from './render-changes.ts';

/** A Kconfig text under the name that reasons and errors give as its place. */
export interface KconfigText {
  readonly file: string;
  readonly text: string;
}

/**
 * The rules that decide whether a kernel has huge pfn mappings, as Kconfig texts of our own.
 *
 * They hold the symbols that matter to the model, for all architectures at once; dependencies on
 * symbols outside of them are left out.
 *
 * @fidelity partial
 * @patch 01/19, 17/19, 18/19
 */
export function kernelKconfigTexts(): readonly KconfigText[] {
  return textsInOrder('applied');
}

function textsInOrder(order: PatchOrder): readonly KconfigText[] {
  return [
    { file: 'series.kconfig', text: renderSeriesKconfig(order) },
    { file: 'changes.kconfig', text: renderChangesKconfig() },
    { file: 'general.kconfig', text: generalKconfig },
    { file: 'mm.kconfig', text: mmKconfig },
    { file: 'thp.kconfig', text: thpKconfig },
    { file: 'debug.kconfig', text: debugKconfig },
    { file: 'drivers.kconfig', text: driversKconfig },
    { file: 'x86.kconfig', text: x86Kconfig },
    { file: 'arm64.kconfig', text: arm64Kconfig },
    { file: 'other-archs.kconfig', text: otherArchsKconfig },
  ];
}

const models: Partial<Record<PatchOrder, KconfigModel>> = {};

function modelInOrder(order: PatchOrder): KconfigModel {
  models[order] ??= buildModel(
    textsInOrder(order).map(({ file, text }) => parseKconfig(text, file)),
  );
  return models[order];
}

/** The rules of {@link kernelKconfigTexts}, parsed once. */
export function kernelModel(): KconfigModel {
  return modelInOrder('applied');
}

/** The same rules for a series from whose middle patches were taken: each needs only what it is built on. */
export function revertedModel(): KconfigModel {
  return modelInOrder('needed');
}
