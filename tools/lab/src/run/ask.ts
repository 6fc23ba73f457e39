import type { Capture } from '../console/capture.ts';
import { type ConsoleReport, parseConsole } from '../console/parse.ts';
import { LabError, throwIfInterrupted } from '../errors.ts';
import type { LabTarget } from '../target/target.ts';
import { type BootContext, boot } from './boot.ts';
import type { BootGroup } from './group.ts';

/** Who hears of what the boots of a group answered. */
export interface AskListener {
  /** Every capture that is kept; `report` is that of its boot. */
  onCapture(capture: Capture, report: ConsoleReport): void;
  /** All that a boot said on its console. */
  onConsole?(text: string): void;
}

/**
 * Boots until every scenario of the group has its capture. After one in which the kernel died or
 * hung, the others get a new boot.
 */
export async function askGroup(
  context: BootContext,
  { options, scenarios }: BootGroup,
  listener: AskListener,
): Promise<void> {
  let todo = scenarios;
  let silentBoots = 0;
  while (todo.length > 0) {
    throwIfInterrupted(context.signal);
    const text = await boot(context, { options, scenarios: todo });
    listener.onConsole?.(text);
    const report = parseConsole(text, options);
    const interrupted = context.signal?.aborted === true;
    // A guest that was stopped did not die in the scenario it was in.
    const kept = report.captures.filter((capture) => !interrupted || capture.complete);
    for (const capture of kept) listener.onCapture(capture, report);
    throwIfInterrupted(context.signal);
    // On a busy host a boot may fail for no reason of the kernel's; two in a row are one.
    silentBoots = kept.length === 0 ? silentBoots + 1 : 0;
    if (silentBoots > 1) throw silent(context.target, text);
    const done = new Set(kept.map((capture) => capture.name));
    todo = todo.filter((scenario) => !done.has(scenario.name));
  }
}

function silent(target: LabTarget, text: string): LabError {
  const tail = text.replaceAll('\r', '').trim().split('\n').slice(-12).join('\n  ');
  return new LabError(
    'guest-silent',
    `${target.name}: the guest ran no scenario. The end of its console:\n  ${tail || '(nothing)'}`,
    'Run it again with a log folder to see all of it; see also: pfnmap lab doctor.',
  );
}
