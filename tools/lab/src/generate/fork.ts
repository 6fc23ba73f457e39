import { anyOffset, type Draft, type DraftMap, say } from './draft.ts';
import { OPERATIONS, type OperationName } from './operations.ts';

const CHILD: readonly (readonly [OperationName, number])[] = [
  ['touch', 4],
  ['touchall', 1],
  ['gup', 2],
  ['follow', 2],
  ['walk', 1],
  ['mprotect', 3],
  ['munmap', 2],
  ['readv', 1],
];

/** Forks, lets the child do a few things, and looks at the entries of both. */
export function forkOnce(draft: Draft, map: DraftMap, longest: number): void {
  const { random } = draft;
  say(draft, 'fork');
  draft.inChild = true;
  say(draft, `table ${map.name}`);
  say(draft, `touch ${map.name}`, { offset: anyOffset(draft, map) }, 'write');
  for (let i = random.below(longest); i > 0; i--) {
    OPERATIONS[random.weighted(CHILD)](draft, random.pick(draft.maps));
  }
  say(draft, `table ${map.name}`);
  draft.inChild = false;
  say(draft, 'endfork');
  say(draft, `table ${map.name}`);
}
