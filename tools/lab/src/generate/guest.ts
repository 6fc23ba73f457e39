import { type Draft, type DraftMap, G, M, say } from './draft.ts';

/** Gives the virtual machine a slot over the start of a mapping; two at most, that do not overlap. */
export function addSlot(draft: Draft, map: DraftMap): boolean {
  const { random, slots } = draft;
  if (map.length < 2 * M || slots.length >= 2) return false;
  const { page, pmd } = draft.geometry;
  const gpa = slots.length === 0 ? random.pick([G, 2 * G, G + pmd]) : 3 * G;
  const first = slots[0];
  if (first && first.gpa + first.length > gpa) return false;
  // The guest's addresses have 32 bits, and the last part of them is the processor's own.
  const room = slots.length === 0 ? G : G / 2;
  const offset = random.pick([0, 0, 0, page, pmd]);
  const length = Math.min(map.length - offset, room);
  if (length <= 0) return false;
  say(draft, `kvmslot ${map.name}`, { offset, length, gpa }, random.percent(10) ? 'readonly' : '');
  slots.push({ gpa, length });
  return true;
}

/** Lets the guest touch a page of a slot, and often counts the leaves of stage 2. */
export function accessSlot(draft: Draft): boolean {
  const { random, slots } = draft;
  if (slots.length === 0) return false;
  const slot = random.pick(slots);
  const { page } = draft.geometry;
  const gpa = slot.gpa + random.below(Math.floor(slot.length / page)) * page;
  say(draft, 'kvmaccess', { gpa }, random.pick(['', 'write']));
  if (random.percent(50)) say(draft, 'kvmstat');
  if (random.percent(40)) say(draft, 'stage2', { gpa });
  return true;
}
