/**
 * Why a part of a line cannot be read. Thrown by whoever looks at the text; the line parser, which knows the place,
 * turns it into a ScenarioError.
 */
export class Refusal extends Error {
  readonly what: string;
  readonly why: string;
  readonly next: string;
  /** Where in the text that was looked at, from 0. */
  readonly offset: number;

  constructor(what: string, why = '', next = '', offset = 0) {
    super(what);
    this.what = what;
    this.why = why;
    this.next = next;
    this.offset = offset;
  }
}
