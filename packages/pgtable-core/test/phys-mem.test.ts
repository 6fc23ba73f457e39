// Goal: the simulated RAM hands out every frame once, zeroed, and finds misuse. Method: small memories run to their end,
// then random allocations against a set.
import { createPhysMem, KernelBug, wordAt } from '@pfnmap/pgtable-core';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

const small = (frames = 8, basePfn = 0x100) => createPhysMem({ pageShift: 12, frames, basePfn });

test('all frames but the first are handed out once, then -1', () => {
  const mem = small();
  const frames = Array.from({ length: 7 }, () => mem.allocFrame());
  expect([...frames].sort()).toEqual([0x101, 0x102, 0x103, 0x104, 0x105, 0x106, 0x107]);
  expect([mem.allocFrame(), mem.allocFrame()]).toEqual([-1, -1]);
  expect(mem.framesInUse()).toBe(7);
});

test('a frame that was given back is handed out again, zeroed', () => {
  const mem = small();
  const frame = mem.allocFrame();
  mem.bytes(frame).fill(0xff);
  mem.freeFrame(frame);
  expect(mem.framesInUse()).toBe(0);
  expect(mem.allocFrame()).toBe(frame);
  expect(mem.bytes(frame).every((byte) => byte === 0)).toBe(true);
});

describe('a frame that is not in use cannot be given back', () => {
  test.each([
    [
      'twice',
      (mem: ReturnType<typeof small>) => {
        const frame = mem.allocFrame();
        mem.freeFrame(frame);
        return frame;
      },
    ],
    ['never handed out', () => 0x103],
    ['the first frame', () => 0x100],
    ['below RAM', () => 0xff],
    ['above RAM', () => 0x108],
  ])('%s', (_how, frameOf) => {
    const mem = small();
    const pfn = frameOf(mem);
    expect(() => mem.freeFrame(pfn)).toThrow(KernelBug);
    expect(() => mem.freeFrame(pfn)).toThrow(`free_page: frame freed twice (pfn=${pfn})`);
    expect(mem.framesInUse()).toBe(0);
  });
});

test('RAM is the frames from the base on, the first among them', () => {
  const mem = small();
  const inRam = [0xff, 0x100, 0x107, 0x108].map((pfn) => mem.isRam(pfn));
  expect(inRam).toEqual([false, true, true, false]);
  expect([mem.basePfn, mem.frames, mem.pageShift]).toEqual([0x100, 8, 12]);
});

test('a slot belongs to the frame it lies in', () => {
  const mem = small();
  for (let pfn = 0x100; pfn < 0x108; pfn++) {
    const first = mem.slotOfFrame(pfn);
    expect(first).toBe((pfn - 0x100) * 1024);
    expect(mem.frameOfSlot(first)).toBe(pfn);
    expect(mem.frameOfSlot(first + 1023)).toBe(pfn);
  }
});

test('bytes are a little-endian view of the lanes, not a copy', () => {
  const mem = small();
  const frame = mem.allocFrame();
  const slot = mem.slotOfFrame(frame) + 2 * 3;
  mem.lanes[slot] = 0x400000b7;
  mem.lanes[slot + 1] = 0x80000040 | 0;
  const bytes = mem.bytes(frame);
  expect(bytes).toHaveLength(4096);
  expect([...bytes.subarray(24, 32)]).toEqual([0xb7, 0, 0, 0x40, 0x40, 0, 0, 0x80]);
  bytes[24] = 0xf7;
  expect(wordAt(mem.lanes, slot)).toBe(0x80000040400000f7n);
});

test.each([12, 14, 16])(
  'there are 256 MiB of RAM by default, in pages of 2^%i bytes',
  (pageShift) => {
    const mem = createPhysMem({ pageShift });
    expect(mem.frames * 2 ** pageShift).toBe(2 ** 28);
    expect(mem.lanes.byteLength).toBe(2 ** 28);
  },
);

test('RAM that would end above 4 GiB is refused with the number of frames', () => {
  const options = { pageShift: 12, frames: 2, basePfn: 2 ** 20 - 1 };
  expect(() => createPhysMem(options)).toThrow(
    'RAM of 2 frames of 4096 bytes from frame 1048575 on ends above 4 GiB; choose fewer frames',
  );
  expect(createPhysMem({ ...options, frames: 1 }).isRam(2 ** 20 - 1)).toBe(true);
});

test('the lanes of a memory that is done with serve the next of its size, zeroed', () => {
  const mem = small();
  const frame = mem.allocFrame();
  mem.bytes(frame).fill(0xff);
  const lanes = mem.release();
  const next = createPhysMem({ pageShift: 12, frames: 8, basePfn: 0x100, lanes });
  expect(next.lanes).toBe(mem.lanes);
  expect(next.lanes.every((lane) => lane === 0)).toBe(true);
  expect(next.framesInUse()).toBe(0);
  expect(next.allocFrame()).toBe(frame);
  const larger = createPhysMem({ pageShift: 12, frames: 9, lanes });
  expect(larger.lanes).toHaveLength(9 * 1024);
});

test('whatever is taken and given back, frames in use are distinct and counted', () => {
  const seed = 2;
  // true takes a frame, a number gives the so-many-th back.
  const step = fc.oneof(fc.constant('take' as const), fc.nat(20));
  const keepsCount = fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
    const mem = small(16);
    const held: number[] = [];
    for (const action of steps) {
      if (action === 'take') {
        const frame = mem.allocFrame();
        expect(frame < 0).toBe(held.length === 15);
        if (frame < 0) continue;
        expect(held).not.toContain(frame);
        expect(mem.isRam(frame)).toBe(true);
        held.push(frame);
      } else if (action < held.length) {
        mem.freeFrame(held.splice(action, 1)[0]!);
      }
      expect(mem.framesInUse()).toBe(held.length);
    }
  });
  fc.assert(keepsCount, { seed });
});

describe('frames side by side', () => {
  test('are zeroed, counted, and given back as they were taken', () => {
    const mem = small(16);
    const first = mem.allocFrames(4);
    const other = mem.allocFrames(4);
    expect(new Set([first, first + 1, first + 2, first + 3, other]).size).toBe(5);
    expect(mem.framesInUse()).toBe(8);
    for (let pfn = first; pfn < first + 4; pfn++) mem.bytes(pfn).fill(0xff);
    mem.freeFrames(first, 4);
    expect(mem.framesInUse()).toBe(4);
    expect(() => mem.freeFrames(first, 4)).toThrow(KernelBug);
    expect(mem.allocFrames(4)).toBe(first);
    for (let pfn = first; pfn < first + 4; pfn++) {
      expect(mem.bytes(pfn).every((byte) => byte === 0)).toBe(true);
    }
  });

  test('run out before single frames do', () => {
    const mem = small(8);
    expect(mem.allocFrames(4)).toBe(0x101);
    expect(mem.allocFrames(4)).toBe(-1);
    const singles = [mem.allocFrame(), mem.allocFrames(1), mem.allocFrame()];
    expect([...singles].sort()).toEqual([0x105, 0x106, 0x107]);
    expect(mem.allocFrames(1)).toBe(-1);
    mem.freeFrames(0x106, 1);
    expect(mem.allocFrame()).toBe(0x106);
  });
});
