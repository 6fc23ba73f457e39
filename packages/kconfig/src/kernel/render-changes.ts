import { archChanges } from './arch-changes.ts';
import { consumerChanges } from './consumer-changes.ts';
import { experiments } from './experiments.ts';
import { hazardFixes } from './hazard-fixes.ts';
import type { KernelChange, SeriesPatch } from './kernel-change.ts';
import { mmChanges } from './mm-changes.ts';
import { seriesFixes } from './series-fixes.ts';
import { seriesPatches } from './series-patches.ts';

/** All changes outside the 19 patches: fixes first, experiments last. */
export const kernelChanges: readonly KernelChange[] = /* @__PURE__ */ Object.freeze([
  ...seriesFixes,
  ...hazardFixes,
  ...mmChanges,
  ...consumerChanges,
  ...archChanges,
  ...experiments,
]);

const columnsMax = 76;

/** Breaks a paragraph into lines of a help text. */
function paragraph(text: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columnsMax) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].map((each) => `\t  ${each}\n`).join('');
}

function block(
  symbol: string,
  prompt: string,
  dependsOn: string | undefined,
  help: readonly string[],
) {
  const depends = dependsOn === undefined ? '' : `\tdepends on ${dependsOn}\n`;
  return `config ${symbol}\n\tbool "${prompt}"\n${depends}\thelp\n${help.map(paragraph).join('\n')}\n`;
}

/** How patches depend on each other: as a series is applied, or on what they cannot be built without. */
export type PatchOrder = 'applied' | 'needed';

function patchBlock(patch: SeriesPatch, order: PatchOrder): string {
  const { symbol, number, title, help, commit } = patch;
  const digits = String(number).padStart(2, '0');
  const before = order === 'applied' ? [number - 1] : patch.needs;
  const symbols = before.flatMap((each) => seriesPatches[each - 1]?.symbol ?? []);
  const depends = symbols.length === 0 ? undefined : symbols.join(' && ');
  return block(symbol, `${digits}/19 ${title}`, depends, [help, `Commit ${commit}.`]);
}

function changeBlock(change: KernelChange): string {
  const source = [
    `Part of the kernel: ${change.topic}.`,
    change.entry === undefined ? '' : `Entry ${change.entry} of the list of later work.`,
    change.commit === undefined ? '' : `Commit ${change.commit}.`,
  ];
  return block(change.symbol, change.title, change.dependsOn, [
    change.help,
    source.filter((part) => part !== '').join(' '),
  ]);
}

/** The patches of the series as a Kconfig text. */
export function renderSeriesKconfig(order: PatchOrder = 'applied'): string {
  const blocks = seriesPatches.map((patch) => patchBlock(patch, order));
  return `menu "The series mm: Support huge pfnmaps"\n\n${blocks.join('')}endmenu\n`;
}

/** The later changes as a Kconfig text. */
export function renderChangesKconfig(): string {
  return `menu "Later changes"\n\n${kernelChanges.map(changeBlock).join('')}endmenu\n`;
}
