import type { MachineOptions } from '../run/machine-line.ts';

/** A JSON value, as an answer holds it. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json };

/** The first line of a capture: what machine answered. */
export interface MachineRecord {
  machine: {
    kernel?: string;
    arch?: string;
    bdf?: string;
    options: MachineOptions;
    bar2: { start: string; end: string } | null;
  };
  /** What the kernel logged about the scenario: the driver's debug lines, warnings. */
  log?: string[];
  crash?: string[];
}

/** One step and its answers. */
export interface StepRecord {
  step: string;
  answers: Json[];
  /** Lines that look like answers but are no JSON. */
  garbled?: string[];
  /** The kernel died in this step; what it said, numbers taken out. */
  crash?: string[];
}

/** What a kernel answered to one scenario. */
export interface Capture {
  /** The scenario's file name. */
  readonly name: string;
  readonly machine: MachineRecord;
  readonly steps: readonly StepRecord[];
  /** The scenario ran to its end. */
  readonly complete: boolean;
}

/** The capture as JSON lines in ASCII, one record a line. */
export function formatCapture(capture: Capture): string {
  return [capture.machine, ...capture.steps]
    .map((record) => `${JSON.stringify(record)}\n`)
    .join('')
    .replace(/[\x7f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The name of a scenario's capture. */
export function captureName(scenario: string): string {
  return `${scenario.replace(/\.scn$/, '')}.jsonl`;
}
