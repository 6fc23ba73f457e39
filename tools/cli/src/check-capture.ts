import type { ArchPgtable } from '@pfnmap/pgtable-core';
import {
  type Capture,
  type Comparison,
  compareCaptures,
  type FoundBug,
  type PlayScenario,
  parseCapture,
  SourceError,
  scenarioOfCapture,
} from '@pfnmap/scenario';
import { architectureOf } from './architecture.ts';
import type { SymbolChoice } from './command-context.ts';
import { Failure, sourceFailure } from './failure.ts';
import type { InputFile } from './input-file.ts';
import { playOn } from './player.ts';

/** What came of one capture. */
export type Checked =
  | {
      readonly outcome: 'compared';
      readonly file: string;
      readonly expected: Capture;
      readonly got: Capture;
      readonly comparison: Comparison;
      readonly arch: ArchPgtable;
      /** Where the model stopped, if it did. */
      readonly bug: FoundBug | undefined;
    }
  /** The file is no capture, or asks for what the model does not have. */
  | { readonly outcome: 'unusable'; readonly file: string; readonly failure: Failure }
  /** The model itself has failed: a defect. */
  | {
      readonly outcome: 'failed';
      readonly file: string;
      readonly total: number;
      readonly error: unknown;
    };

/** Steps to compare in a capture, the log among them. */
const total = ({ steps, log }: Capture): number => steps.length + (log.length > 0 ? 1 : 0);

/** Plays the scenario of a capture on a model of its machine, and compares. */
export function checkCapture(input: InputFile, play: PlayScenario, choice: SymbolChoice): Checked {
  const file = input.name;
  let expected: Capture | undefined;
  try {
    expected = parseCapture(input.text, file);
    const { machine } = expected;
    const arch = architectureOf(machine.arch);
    if (arch === undefined)
      throw new Failure(`${file}:1:1: there is no model of the architecture ${machine.arch}`);
    const played = playOn(play, scenarioOfCapture(expected, file), {
      arch,
      kernel: machine.kernel,
      ...choice,
      ...(machine.bar2 === null ? {} : { bar2Start: BigInt(machine.bar2.start) }),
    });
    const comparison = compareCaptures(expected, played.capture);
    const { arch: decoder, bug, capture: got } = played;
    return { outcome: 'compared', file, expected, got, comparison, arch: decoder, bug };
  } catch (error) {
    if (error instanceof SourceError)
      return { outcome: 'unusable', file, failure: sourceFailure(error, input.text) };
    if (error instanceof Failure) return { outcome: 'unusable', file, failure: error };
    return { outcome: 'failed', file, total: expected === undefined ? 0 : total(expected), error };
  }
}
