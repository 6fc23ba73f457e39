// Goal: a slot whose writes are logged keeps stage 2 at pages, and comes back to large entries. Method: flags of a slot that
// exists are changed, and the guest goes on.
import { expect, test } from 'vitest';
import { ACCESS_DONE, KVM_MEM_LOG_DIRTY_PAGES } from '../src/index.ts';
import { BarGuest, GiB, MiB, VA } from './bar-guest.ts';

function withPmdLeaves(): BarGuest {
  const guest = new BarGuest();
  guest.map(16 * MiB, { address: VA + 2 * MiB });
  guest.region(0, GiB, 16 * MiB, VA + 2 * MiB);
  for (let at = 0; at < 16 * MiB; at += 2 * MiB) guest.access(GiB + at);
  return guest;
}
const log = (guest: BarGuest, flags: number): number =>
  guest.region(0, GiB, 16 * MiB, VA + 2 * MiB, flags);

test('logging splits large entries at once and takes writing away until the guest writes', () => {
  const guest = withPmdLeaves();
  expect(guest.sizes()).toEqual([0, 8, 0]);
  expect(log(guest, KVM_MEM_LOG_DIRTY_PAGES)).toBe(0);
  expect(guest.sizes()).toEqual([0, 0, 8 * 512]);
  expect(guest.vm.mmu.leaves().every(({ writable }) => !writable)).toBe(true);
  guest.takeCalls();
  guest.takeChanges();
  expect(guest.access(GiB + 0x3000, 'write')).toBe(ACCESS_DONE);
  expect(guest.takeChanges()).toEqual(['40003 L1 200003e65->200003e67']);
  expect(guest.takeCalls()).toEqual([]);
});

test('when logging ends, the next access maps a large entry again', () => {
  const guest = withPmdLeaves();
  log(guest, KVM_MEM_LOG_DIRTY_PAGES);
  expect(log(guest, 0)).toBe(0);
  expect(guest.sizes()).toEqual([0, 0, 0]);
  guest.access(GiB);
  expect(guest.leaf(GiB)).toBe('L2 200000ee7');
});
