import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { labRun } from '@pfnmap/lab';
import { checkCapture } from './check-capture.ts';
import { checkedJson, exitCodeOf, totalsOf } from './check-command.ts';
import { type CommandContext, print } from './command-context.ts';
import { comparisonLines } from './describe-comparison.ts';
import type { ExitCode } from './exit-code.ts';
import { interruptible } from './interruption.ts';
import type { LabRunOptions } from './lab-command.ts';
import { progressOf, withLab } from './with-lab.ts';

/** `pfnmap lab compare`: scenarios on a real kernel and on the model. */
export async function labCompareCommand(
  target: string,
  files: readonly string[],
  options: LabRunOptions,
  context: CommandContext,
): Promise<ExitCode> {
  const folder = options.out ?? mkdtempSync(join(tmpdir(), 'pfnmap-compare-'));
  try {
    const reporter = progressOf(context);
    const report = await withLab(() =>
      interruptible((signal) => labRun(target, files, { outDir: folder, reporter, signal })),
    );
    const play = await context.loadPlayer();
    const checked = report.captures.map(({ path }) =>
      checkCapture({ name: basename(path), text: readFileSync(path, 'utf8') }, play, {}),
    );
    const totals = totalsOf(checked);
    if (options.json === true) {
      const { agree, total } = totals;
      const captures = checked.map(checkedJson);
      const json = { format: 'pfnmap-lab-compare/1', target, agree, total, captures };
      print(context, [JSON.stringify(json, null, 2)]);
    } else
      print(
        context,
        checked.flatMap((one) => comparisonLines(one, context.style)),
      );
    return exitCodeOf(totals);
  } finally {
    if (options.out === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
