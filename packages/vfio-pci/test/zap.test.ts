// Goal: what takes the BARs away takes them from every process, and for good until they are given back. Method: the scenarios
// C5 and T of the specification; notifiers, counters and log lines are compared as well as entries.

import type { Machine, Process } from '@pfnmap/machine';
import { EINVAL, type KernelEvent } from '@pfnmap/mm-core';
import {
  computer,
  entryAt,
  forkOf,
  GiB,
  KiB,
  MiB,
  mapBar,
  R,
  VA,
  type Wanted,
} from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { deviceWith, mapRegion } from './vfio-device.ts';

const SIGBUS = 7;

function withBar(length: number, wanted: Wanted = {}) {
  const machine = computer(wanted);
  const process = machine.spawn();
  expect(mapBar(machine, process, { length })).toBe(VA);
  return { machine, process };
}
const word = (machine: Machine, process: Process, address = VA): bigint =>
  entryAt(machine, process, address).word;

/** The starts of notifier ranges that an action brings about: mm, reason, start, bytes. */
function notified(machine: Machine, action: () => void) {
  const { events } = machine.kernel;
  events.recording = true;
  events.take();
  action();
  const taken: readonly KernelEvent[] = events.take();
  events.recording = false;
  return taken.flatMap((event) =>
    event.kind === 'notifier' && event.phase === 'start'
      ? [[event.mm, event.reason, event.start, event.end - event.start]]
      : [],
  );
}
const splits = (machine: Machine): number[] => {
  const { thp_split_pmd, thp_split_pud } = machine.kernel.events.counts;
  return [thp_split_pmd, thp_split_pud];
};

describe.each(['6.12', '6.12.117', '7.3'])('with %s', (kernel) => {
  test('C5-1: clearing MEMORY empties parent and child, setting it lets both fault again', () => {
    const { machine, process } = withBar(GiB, { kernel });
    process.touch(VA, true);
    const child = forkOf(process);
    expect(machine.device.writeCommand(0)).toBe(2);
    for (const each of [process, child]) {
      expect(word(machine, each)).toBe(0n);
      expect(each.touch(VA, false)).toBe(SIGBUS);
    }
    expect(machine.device.writeCommand(2)).toBe(2);
    for (const each of [process, child]) {
      expect(each.touch(VA, false)).toBe(0);
      expect(word(machine, each)).toBe(0x80000002000002b7n);
    }
  });

  test('5.3: setting MEMORY again zaps nothing, clearing it again zaps again', () => {
    const { machine, process } = withBar(GiB, { kernel });
    process.touch(VA, false);
    expect(notified(machine, () => machine.device.writeCommand(2))).toEqual([]);
    expect(word(machine, process)).toBe(0x80000002000002b7n);
    const zap = [[process.mm.id, 'CLEAR', VA, GiB]];
    expect(notified(machine, () => machine.device.writeCommand(0))).toEqual(zap);
    expect(notified(machine, () => machine.device.writeCommand(0))).toEqual(zap);
  });

  test('C5-3: a reset of 8 GiB in PUDs is one notifier range and no split', () => {
    const machine = computer({ kernel });
    const process = machine.spawn();
    const device = deviceWith(machine, { 2: { start: 0x400000000, size: 8 * GiB } });
    mapRegion(process, device, 2, { at: VA, length: 8 * GiB });
    for (let index = 0; index < 8; index++) process.touch(VA + index * GiB, false);
    const ranges = notified(machine, () => expect(device.reset()).toBe(0));
    expect(ranges).toEqual([[process.mm.id, 'CLEAR', VA, 8 * GiB]]);
    expect(splits(machine)).toEqual([0, 0]);
    for (let index = 0; index < 8; index++) {
      expect(word(machine, process, VA + index * GiB)).toBe(0n);
    }
    // Nothing is off afterwards: the next touch maps it again.
    expect(process.touch(VA, false)).toBe(0);
  });

  test('C5-4: a reset after a part was protected clears PMDs, and warns of nothing', () => {
    const machine = computer({ kernel });
    const process = machine.spawn();
    const device = deviceWith(machine, { 2: { start: 0x400000000, size: GiB } });
    mapRegion(process, device, 2, { at: VA, length: GiB });
    process.touch(VA, false);
    expect(process.mprotect(VA + 4 * MiB, 2 * MiB, R)).toBe(0);
    for (const at of [VA, VA + 4 * MiB, VA + 6 * MiB]) process.touch(at, false);
    machine.kernel.events.take();
    expect(device.reset()).toBe(0);
    expect(machine.kernel.events.take()).toEqual([]);
    for (const at of [VA, VA + 4 * MiB, VA + 6 * MiB]) expect(word(machine, process, at)).toBe(0n);
    expect(splits(machine)).toEqual([0, 1]);
  });
});

test('5.3: a device without a reset answers EINVAL, and keeps its entries', () => {
  const { machine, process } = withBar(GiB);
  process.touch(VA, false);
  expect(machine.device.reset()).toBe(-EINVAL);
  expect(word(machine, process)).toBe(0x80000002000002b7n);
});

describe('C5-5: low power', () => {
  test('takes the BARs away until it ends, and is not entered twice', () => {
    const { machine, process } = withBar(GiB);
    const { device } = machine;
    process.touch(VA, false);
    expect(device.lowPowerEntry()).toBe(0);
    expect(word(machine, process)).toBe(0n);
    expect(process.touch(VA, false)).toBe(SIGBUS);
    expect(device.lowPowerEntry()).toBe(-EINVAL);
    device.lowPowerExit();
    expect(process.touch(VA, false)).toBe(0);
  });

  test('4.3: keeps them away even while MEMORY is set', () => {
    const { machine, process } = withBar(GiB);
    machine.device.lowPowerEntry();
    machine.device.writeCommand(2);
    expect(process.touch(VA, false)).toBe(SIGBUS);
  });
});

describe('5.1: a zap of the BARs', () => {
  test('covers all of them, mapped anywhere, at whatever size', () => {
    const machine = computer();
    const process = machine.spawn();
    const device = deviceWith(machine, {
      0: { start: 0xfe000000, size: 16 * KiB },
      2: { start: 0x400000000, size: 8 * GiB },
      4: { start: 0x800000000, size: 128 * MiB },
    });
    mapRegion(process, device, 0, { at: VA, length: 16 * KiB });
    mapRegion(process, device, 2, { at: VA + GiB, length: 2 * GiB, offset: GiB });
    mapRegion(process, device, 4, { at: VA + 8 * GiB, length: 128 * MiB });
    const places = [VA, VA + GiB, VA + 2 * GiB, VA + 8 * GiB];
    for (const at of places) process.touch(at, true);
    expect(places.map((at) => entryAt(machine, process, at).level)).toEqual([0, 2, 2, 1]);
    device.writeCommand(0);
    expect(places.map((at) => word(machine, process, at))).toEqual([0n, 0n, 0n, 0n]);
    expect(splits(machine)).toEqual([0, 0]);
  });

  test('leaves another device alone', () => {
    const { machine, process } = withBar(GiB);
    const device = deviceWith(machine, { 2: { start: 0x400000000, size: GiB } });
    mapRegion(process, device, 2, { at: VA + GiB, length: GiB });
    for (const at of [VA, VA + GiB]) process.touch(at, false);
    device.writeCommand(0);
    expect(word(machine, process, VA + GiB)).toBe(0n);
    expect(word(machine, process)).toBe(0x80000002000002b7n);
  });

  test('5.6: warns where two VMAs share a PUD, since neither covers it', () => {
    const { machine, process } = withBar(GiB);
    process.touch(VA, false);
    // MADV_DONTFORK splits the VMA and leaves the PUD; each half then covers a part of it.
    expect(process.madvise(VA + 512 * MiB, 512 * MiB, 10)).toBe(0);
    machine.kernel.events.take();
    machine.device.writeCommand(0);
    const lines = machine.kernel.events
      .take()
      .flatMap((event) => (event.kind === 'printk' ? [event.text] : []));
    expect(lines).toEqual(['WARNING: at include/linux/rwsem.h:80 unmap_page_range']);
    expect([word(machine, process), splits(machine)]).toEqual([0n, [0, 1]]);
  });
});

describe('a file range unmapped in part (T-S1 to T-S5)', () => {
  const unmapped = (length: number, wanted: Wanted, from: number, bytes: number) => {
    const { machine, process } = withBar(length, wanted);
    process.touch(VA, false);
    const { f_mapping } = machine.device.file;
    const holebegin = 2 * 2 ** 40 + from;
    machine.kernel.events.take();
    const ranges = notified(machine, () =>
      machine.layers.memory.unmap_mapping_range(f_mapping, holebegin, bytes, true),
    );
    return { machine, process, ranges };
  };

  test('T-S1: a page of a PUD takes all of it, and tells KVM of 4 KiB and of 1 GiB', () => {
    const { machine, process, ranges } = unmapped(GiB, {}, 4 * KiB, 4 * KiB);
    const { id } = process.mm;
    expect(ranges).toEqual([
      [id, 'CLEAR', VA + 4 * KiB, 4 * KiB],
      [id, 'CLEAR', VA, GiB],
    ]);
    expect(word(machine, process)).toBe(0n);
    expect(splits(machine)).toEqual([0, 1]);
  });

  test('T-S2: the next touch brings all of it back, the page that was unmapped too', () => {
    const { machine, process } = unmapped(GiB, {}, 4 * KiB, 4 * KiB);
    process.touch(VA + 5 * MiB, false);
    expect(entryAt(machine, process, VA + 4 * KiB)).toEqual({
      level: 2,
      word: 0x80000002000002b7n,
    });
  });

  test('T-S3: a page of a PMD takes 2 MiB', () => {
    const { machine, process } = unmapped(2 * MiB, {}, 4 * KiB, 4 * KiB);
    expect([word(machine, process), splits(machine)]).toEqual([0n, [1, 0]]);
  });

  test.each([
    ['6.12.117', true],
    ['7.3', false],
  ])('T-S4, F14: %s warns of the lock that is not held: %s', (kernel, warns) => {
    const { machine, process } = withBar(GiB, { kernel });
    process.touch(VA, false);
    machine.kernel.events.take();
    const { f_mapping } = machine.device.file;
    machine.layers.memory.unmap_mapping_range(f_mapping, 2 * 2 ** 40, 4 * KiB, true);
    const texts = machine.kernel.events
      .take()
      .flatMap((event) => (event.kind === 'printk' ? [event.text] : []));
    expect(texts.some((text) => text.includes('rwsem.h:80'))).toBe(warns);
  });

  test('T-S4: with DEBUG_VM a page of a PUD is unmapped as without', () => {
    const { machine, process } = unmapped(GiB, { with: ['DEBUG_VM'] }, 4 * KiB, 4 * KiB);
    expect([word(machine, process), splits(machine)]).toEqual([0n, [0, 1]]);
  });

  test('T-S5: all of a PUD is no split', () => {
    const { machine, process, ranges } = unmapped(GiB, {}, 0, GiB);
    expect(ranges).toEqual([[process.mm.id, 'CLEAR', VA, GiB]]);
    expect([word(machine, process), splits(machine)]).toEqual([0n, [0, 0]]);
  });
});

test('Q10, M15: whatever is done meanwhile, no entry is present once memory is off', () => {
  const { machine, process } = withBar(2 * GiB);
  const processes = [process];
  for (let step = 0; step < 12; step++) {
    const each = processes[step % processes.length]!;
    each.touch(VA + ((step * 977) % 2048) * MiB, step % 2 === 0);
    if (step % 5 === 4) processes.push(forkOf(each));
    if (step % 3 !== 2) continue;
    machine.device.writeCommand(0);
    for (const one of processes) {
      expect([word(machine, one), word(machine, one, VA + GiB)]).toEqual([0n, 0n]);
      expect(one.touch(VA, true)).toBe(SIGBUS);
    }
    machine.device.writeCommand(2);
  }
});

test('4.13: a mapping keeps its file, so the device can be reset while its VMAs live', () => {
  const { machine, process } = withBar(GiB);
  const [vma] = process.mm.vmas;
  expect(vma!.vm_file).toBe(machine.device.file);
  expect(machine.device.file.f_mapping.i_mmap).toEqual([vma]);
  process.munmap(VA, GiB);
  expect(machine.device.file.f_mapping.i_mmap).toEqual([]);
});
