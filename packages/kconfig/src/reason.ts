import type { Position } from './position.ts';

/** Who asked for a value: a place in a `.config`, a profile, a caller. */
export interface Origin {
  /** For people: `profile 6.12.117`, `with`, or the name of a `.config`. */
  readonly from: string;
  /** The line that asks, when there is one. */
  readonly position?: Position | undefined;
}

/** Why a symbol has its value. */
export type Reason =
  /** Somebody set it, and the rules allow that. */
  | { readonly kind: 'chosen'; readonly origin: Origin }
  /** Somebody set it higher than its conditions allow; it has what they allow. */
  | { readonly kind: 'limited'; readonly origin: Origin; readonly wanted: string }
  /** A number outside its range was moved to the nearer end. */
  | { readonly kind: 'clamped'; readonly wanted: string; readonly position: Position }
  /** `select` lines hold it up. */
  | { readonly kind: 'selected'; readonly by: readonly string[]; readonly position: Position }
  /** `imply` lines raise it, and nobody said otherwise. */
  | { readonly kind: 'implied'; readonly by: readonly string[]; readonly position: Position }
  /** The first default whose condition holds. */
  | {
      readonly kind: 'default';
      readonly value: string;
      readonly condition: string;
      readonly position: Position;
    }
  /** It is the member of its choice that is y. */
  | {
      readonly kind: 'member-chosen';
      readonly how: 'asked' | 'default' | 'first';
      readonly origin: Origin | undefined;
      readonly position: Position;
    }
  /** Another member of its choice is y, or the choice is hidden (`chosen` is undefined then). */
  | {
      readonly kind: 'member-left';
      readonly chosen: string | undefined;
      readonly position: Position;
    }
  /** What it depends on does not hold. */
  | { readonly kind: 'unmet'; readonly position: Position }
  /** It has no prompt, and no select, imply or default applies. */
  | { readonly kind: 'not-selected'; readonly position: Position }
  /** It has a prompt that nobody answered, and no default applies. */
  | { readonly kind: 'unanswered'; readonly position: Position };
