import { type Draft, type DraftMap, say } from './draft.ts';
import { OPERATIONS, type OperationName } from './operations.ts';

const PEER: readonly (readonly [OperationName, number])[] = [
  ['touch', 6],
  ['touchall', 1],
  ['table', 3],
  ['mprotect', 2],
  ['munmap', 1],
  ['follow', 1],
  ['gup', 1],
  ['hotdisable', 1],
];

/** Lets the second process do something to its copy of a mapping. */
export function peerDoes(draft: Draft, map: DraftMap): void {
  const first = draft.lines.length;
  draft.inChild = true;
  OPERATIONS[draft.random.weighted(PEER)](draft, map);
  draft.inChild = false;
  const steps = draft.lines.splice(first);
  for (const step of steps) say(draft, `in ${step}`);
}

/** Starts the second process; it has copies of the mappings that are there. */
export function startPeer(draft: Draft): void {
  say(draft, 'peer');
  draft.peerMaps = [...draft.maps];
}
