// Goal: anonymous pages come, are shared and are copied as far as PFN mappings need them. Method: frames and counters.
import { FAULT_FLAG_VMA_LOCK, FAULT_FLAG_WRITE, VM_FAULT_RETRY } from '@pfnmap/mm-core';
import { BarProcess, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

describe('anonymous memory', () => {
  const anonymous = (): BarProcess => {
    const bar = new BarProcess();
    bar.mapFile(null, 8192, { shared: false });
    return bar;
  };
  test('gets a page of its own for a write, with mmap_lock the first time', () => {
    const bar = anonymous();
    const write = (flags: number, address = VA) =>
      bar.memory.handle_mm_fault(bar.vma(), address, FAULT_FLAG_WRITE | flags);
    const { anon } = bar.process.mm.rss;
    expect(write(FAULT_FLAG_VMA_LOCK)).toBe(VM_FAULT_RETRY);
    expect(write(0)).toBe(0);
    expect(write(FAULT_FLAG_VMA_LOCK, VA + 4096)).toBe(0);
    expect(bar.process.mm.rss.anon).toBe(anon + 2);
    bar.process.munmap(VA, 8192);
    expect(bar.process.mm.rss.anon).toBe(anon);
  });

  test('gets the page of zeroes for a read, which is not counted and goes with the first write', () => {
    const bar = anonymous();
    const { pt, anon: pages } = bar.machine.kernel;
    const { anon } = bar.process.mm.rss;
    bar.touch();
    expect(pt.pfnAt(0, pt.walk(bar.process.mm, VA))).toBe(pages.zeroPage);
    expect(bar.process.mm.rss.anon).toBe(anon);
    bar.touch(VA, true);
    expect(pt.pfnAt(0, pt.walk(bar.process.mm, VA))).not.toBe(pages.zeroPage);
    expect(bar.process.mm.rss.anon).toBe(anon + 1);
  });
});

test('a page that fork shares is copied by the first who writes, and reused by the last', () => {
  const bar = new BarProcess();
  bar.mapFile(null, 4096, { shared: false });
  bar.touch(VA, true);
  const child = bar.process.fork();
  if (typeof child === 'number') throw new Error(`fork answered ${child}`);
  const { mem, pt } = bar.machine.kernel;
  const frameOf = ({ mm }: typeof child): number => pt.pfnAt(0, pt.walk(mm, VA));
  const shared = frameOf(child);
  expect(frameOf(bar.process)).toBe(shared);
  const { anon } = child.mm.rss;
  const before = mem.framesInUse();
  child.touch(VA, true);
  expect(frameOf(child)).not.toBe(shared);
  expect([child.mm.rss.anon, mem.framesInUse()]).toEqual([anon, before + 1]);
  bar.touch(VA, true);
  expect(frameOf(bar.process)).toBe(shared);
  expect(mem.framesInUse()).toBe(before + 1);
  child.exit();
  bar.process.exit();
  expect(mem.isRam(shared)).toBe(true);
});
