// Goal: debug lines are held back as printk holds them back. Method: a clock that the test moves, around the borders of a window.
import { expect, test } from 'vitest';
import { createRateLimit } from '../src/index.ts';

test('ten lines in five seconds, then none, then the count of those that were missed', () => {
  const clock = { now: 0 };
  const limit = createRateLimit(() => clock.now);
  const admit = (times: number): number[] => Array.from({ length: times }, () => limit.admit());
  expect(admit(10)).toEqual(Array(10).fill(0));
  expect(admit(3)).toEqual([-1, -1, -1]);
  clock.now = 5000;
  expect(limit.admit()).toBe(-1);
  clock.now = 5001;
  expect(limit.admit()).toBe(4);
  expect(admit(9)).toEqual(Array(9).fill(0));
  expect(limit.admit()).toBe(-1);
});

test('a window without misses has nothing to tell', () => {
  const clock = { now: 0 };
  const limit = createRateLimit(() => clock.now);
  limit.admit();
  clock.now = 60_000;
  expect(limit.admit()).toBe(0);
});

test('burst and interval can be chosen', () => {
  const clock = { now: 0 };
  const limit = createRateLimit(() => clock.now, 1, 10);
  expect([limit.admit(), limit.admit()]).toEqual([0, -1]);
  clock.now = 11;
  expect(limit.admit()).toBe(1);
});
