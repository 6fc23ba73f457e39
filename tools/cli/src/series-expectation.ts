import type { Answer, CapturedStep, Played, Scenario } from '@pfnmap/scenario';
import { answerLines } from './describe-answer.ts';
import { Failure } from './failure.ts';

/** What a line of a scenario shall answer: JSON that an answer has in it, or words of its description. */
export interface Expectation {
  readonly line: number;
  readonly json: unknown;
  readonly words: string;
}

/** JSON objects only: a number or a word alone is a text to look for. */
function objectIn(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(
      `--expect: ${text} is no JSON: ${error instanceof Error ? error.message : error}`,
    );
  }
}

/** Reads `LINE=ANSWER`; the line is one of a step. */
export function readExpectation(text: string, scenario: Scenario): Expectation {
  const match = /^(\d+)=(.+)$/s.exec(text);
  if (match === null)
    throw new Failure(
      `--expect ${text} is not LINE=ANSWER.\n  LINE is the number that \`pfnmap run\` shows before a step, ANSWER is JSON or words of what it shows below.`,
    );
  const line = Number(match[1]);
  if (!scenario.steps.some((step) => step.line === line)) {
    const lines = scenario.steps.map((step) => step.line).join(', ');
    throw new Failure(
      `--expect ${text}: ${scenario.file} has no step in line ${line}.\n  Its steps are in the lines ${lines}.`,
    );
  }
  const words = match[2]!.trim();
  return { line, json: objectIn(words), words };
}

const NOTHING: CapturedStep = { step: '', answers: [] };

/** The record of the step in a line; without answers when the kernel did not come so far. */
export function answersAtLine(scenario: Scenario, played: Played, line: number): CapturedStep {
  const records = played.capture.steps;
  let next = 0;
  for (const step of scenario.steps) {
    const record = records[next];
    if (record?.step !== step.text) continue;
    next++;
    if (step.line === line) return record;
  }
  return NOTHING;
}

/** True when everything in `part` is in `whole`; lists must have the same length. */
function contains(whole: unknown, part: unknown): boolean {
  if (typeof part !== 'object' || part === null) return Object.is(whole, part);
  if (typeof whole !== 'object' || whole === null) return false;
  if (Array.isArray(part) && (!Array.isArray(whole) || whole.length !== part.length)) return false;
  const values = whole as Readonly<Record<string, unknown>>;
  return Object.entries(part).every(([key, value]) => contains(values[key], value));
}

/** True when a scenario that was played answers as expected. */
export function meets(expectation: Expectation, scenario: Scenario, played: Played): boolean {
  const { answers, crash } = answersAtLine(scenario, played, expectation.line);
  if (expectation.json !== undefined)
    return answers.some((answer: Answer) => contains(answer, expectation.json));
  const lines = [
    ...answers.flatMap((answer) => answerLines(answer, played.arch)),
    ...(crash ?? []),
  ];
  return lines.some((text) => text.includes(expectation.words));
}
