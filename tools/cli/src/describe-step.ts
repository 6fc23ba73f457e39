import type { ArchPgtable } from '@pfnmap/pgtable-core';
import type { Call, PlayedStep } from '@pfnmap/scenario';
import { answerLines } from './describe-answer.ts';
import { callLine } from './describe-call.ts';
import type { Style } from './terminal.ts';

/** Events that are shown without being asked for: what the kernel prints. */
const PRINTED: ReadonlySet<string> = new Set(['printk', 'warn']);

/** More lines of one kind in a step are counted, not shown. */
const MOST_LINES = 20;

function shortened(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES - 1), `… and ${lines.length - MOST_LINES + 1} more`];
}

/** The driver's own line for a call of its fault handler. */
const HANDLER_LINE = /\bvfio_pci_mmap_(huge|page)_fault\(/;

/** The calls that no line of the kernel log tells already. */
function untoldCalls(played: PlayedStep): Call[] {
  const told = played.events.some(({ text }) => HANDLER_LINE.test(text));
  return played.record.answers
    .flatMap((answer) => ('calls' in answer ? answer.calls : []))
    .filter((call) => !(told && 'handler' in call && call.handler === 'vfio-pci'));
}

/** A step that was played: its text, its answers in words, what the kernel printed. */
export function stepLines(
  played: PlayedStep,
  arch: ArchPgtable,
  style: Style,
  withEvents: boolean,
): string[] {
  const { step, record, events } = played;
  const lines = [`${style.aside(`${step.line}`.padStart(4))}  ${style.name(record.step)}`];
  const put = (text: string): number => lines.push(`      ${text}`);
  for (const answer of record.answers)
    if (!('calls' in answer)) for (const line of answerLines(answer, arch)) put(line);
  const printed = events.filter(({ kind }) => PRINTED.has(kind));
  for (const text of shortened(printed.map((event) => event.text))) put(style.aside(text));
  for (const text of shortened(untoldCalls(played).map(callLine))) put(style.aside(text));
  if (withEvents)
    for (const { kind, text } of events) if (!PRINTED.has(kind)) put(style.aside(text));
  for (const line of record.crash ?? []) put(style.bad(line));
  return lines;
}
