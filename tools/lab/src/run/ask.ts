import type { Capture } from '../console/capture.ts';
import { ConsoleReader } from '../console/parse.ts';
import { LabError, throwIfInterrupted } from '../errors.ts';
import type { LabTarget } from '../target/target.ts';
import { type BootContext, boot } from './boot.ts';
import type { BootGroup } from './group.ts';

/** Who hears of what the boots of a group answered. */
export interface AskListener {
  /** A scenario was answered, or the kernel died in it: its last step has a `crash` then. */
  onCapture(capture: Capture): void;
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
    const done = new Set<string>();
    const take = (capture: Capture) => {
      done.add(capture.name);
      listener.onCapture(capture);
    };
    const reader = new ConsoleReader(options, take);
    const text = await boot(context, { options, scenarios: todo }, (said) => reader.push(said));
    listener.onConsole?.(text);
    const { captures } = reader.finish();
    // A guest that was stopped did not die in the scenario it was in.
    throwIfInterrupted(context.signal);
    for (const capture of captures) if (!done.has(capture.name)) take(capture);
    // On a busy host a boot may fail for no reason of the kernel's; two in a row are one.
    silentBoots = done.size === 0 ? silentBoots + 1 : 0;
    if (silentBoots > 1) throw silent(context.target, text);
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
