// Goal: no GUP ever gives a page of device memory, whatever the entries are. Method: the scenarios of the specification
// (section 14 and P05) on whole machines, for every size of entry, in kernels with and without patch 5.

import type { Machine, Process } from '@pfnmap/machine';
import { EFAULT } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import {
  computer,
  entryAt,
  forkOf,
  GiB,
  KiB,
  MiB,
  mapAnon,
  mapBar,
  R,
  RW,
  VA,
  type Wanted,
} from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

/** Everything that GUP answers for a range. */
function answers(machine: Machine, process: Process, address: number, nr_pages = 1, write = false) {
  const { gup } = machine.layers;
  const request = { address, nr_pages, write };
  return {
    fast: gup.get_user_pages_fast(process.mm, request),
    fastOnly: gup.get_user_pages_fast_only(process.mm, request),
    slow: gup.get_user_pages(process.mm, request),
    longterm: gup.pin_user_pages_fast(process.mm, request),
    remote: gup.pin_user_pages_remote(process.mm, request),
  };
}
const REFUSED = { fast: -EFAULT, fastOnly: 0, slow: -EFAULT, longterm: -EFAULT, remote: -EFAULT };

function withBar(length: number, wanted: Wanted = {}, prot = RW) {
  const machine = computer(wanted);
  const process = machine.spawn();
  expect(mapBar(machine, process, { length, prot })).toBe(VA);
  return { machine, process };
}

describe('14.9, P05-S2: a PFN mapping gives EFAULT, the fast path alone 0 pages', () => {
  const sizes = [
    ['1G', GiB, 2],
    ['2M', 2 * MiB, 1],
    ['4K', 16 * KiB, 0],
  ] as const;
  for (const kernel of ['posted-19', '6.12', '6.12.117', '7.3']) {
    test.each(sizes)(`${kernel}: mapped with %s entries`, (_name, length, level) => {
      const { machine, process } = withBar(length, { kernel });
      process.touch(VA, true);
      const before = entryAt(machine, process, VA);
      expect(before.level).toBe(level);
      for (const write of [false, true]) {
        expect(answers(machine, process, VA, 4, write)).toEqual(REFUSED);
      }
      expect(entryAt(machine, process, VA)).toEqual(before);
    });
  }

  test.each([
    ['2M', 2 * MiB, 1],
    ['4K', 16 * KiB, 0],
  ] as const)('arm64: mapped with %s entries', (_name, length, level) => {
    const { machine, process } = withBar(length, { arch: 'arm64' });
    process.touch(VA, true);
    expect(entryAt(machine, process, VA).level).toBe(level);
    expect(answers(machine, process, VA, 4, true)).toEqual(REFUSED);
  });

  test('nothing is faulted in where nothing is mapped yet', () => {
    const { machine, process } = withBar(GiB);
    let calls = 0;
    machine.watchFaults(() => calls++);
    const { pgfault } = machine.kernel.events.counts;
    expect(answers(machine, process, VA, 1, true)).toEqual(REFUSED);
    expect(entryAt(machine, process, VA).word).toBe(0n);
    expect([calls, machine.kernel.events.counts.pgfault]).toEqual([0, pgfault]);
  });

  test('where there is no mapping at all the answer is the same', () => {
    const machine = computer();
    expect(answers(machine, machine.spawn(), VA)).toEqual(REFUSED);
  });
});

describe('M14-1, P05-S3: pages before the mapping are kept', () => {
  const besidePages = (wanted: Wanted) => {
    const { machine, process } = withBar(GiB, wanted);
    mapAnon(process, VA - 8 * KiB, 8 * KiB);
    for (const at of [VA - 8 * KiB, VA - 4 * KiB]) process.touch(at, true);
    process.touch(VA, false);
    return { machine, process };
  };

  test('4 pages asked from 2 pages before give 2', () => {
    const { machine, process } = besidePages({});
    const { fast, fastOnly, slow, longterm, remote } = answers(machine, process, VA - 8 * KiB, 4);
    expect([fast, fastOnly, slow, longterm]).toEqual([2, 2, 2, 2]);
    expect(remote).toHaveLength(2);
  });

  test('the frames are those of the entries', () => {
    const { machine, process } = besidePages({});
    const request = { address: VA - 8 * KiB, nr_pages: 4, write: true };
    const frames = machine.layers.gup.pin_user_pages_remote(process.mm, request) as number[];
    const mapped = [VA - 8 * KiB, VA - 4 * KiB].map(
      (at) => (entryAt(machine, process, at).word & 0xffffffffff000n) >> 12n,
    );
    expect(frames.map(BigInt)).toEqual(mapped);
  });

  test('without patch 5 the third page is device memory taken for a page', () => {
    const { machine, process } = besidePages({ reverted: ['SERIES_PATCH_05'] });
    const request = { address: VA - 8 * KiB, nr_pages: 4, write: false };
    expect(() => machine.layers.gup.get_user_pages_fast(process.mm, request)).toThrow(KernelBug);
    const alone = { ...request, nr_pages: 2 };
    expect(machine.layers.gup.get_user_pages_fast(process.mm, alone)).toBe(2);
  });
});

describe('P05-S1, M14-4: without patch 5 a leaf is taken for a page', () => {
  test.each([
    ['gup_fast_pud_leaf', GiB, 0x200123],
    ['gup_fast_pmd_leaf', 2 * MiB, 0x200123],
  ])('in %s', (where, length, pfn) => {
    const { machine, process } = withBar(length, { reverted: ['SERIES_PATCH_05'] });
    process.touch(VA, false);
    const request = { address: VA + 0x123 * 4 * KiB, nr_pages: 1, write: false };
    expect(() => machine.layers.gup.get_user_pages_fast_only(process.mm, request)).toThrow(
      expect.objectContaining({ where, state: { pfn } }),
    );
    expect(machine.layers.gup.get_user_pages(process.mm, request)).toBe(-EFAULT);
  });

  test('a PTE was refused before the series as well', () => {
    const { machine, process } = withBar(16 * KiB, { kernel: 'base' });
    process.touch(VA, false);
    expect(entryAt(machine, process, VA).level).toBe(0);
    expect(answers(machine, process, VA)).toEqual(REFUSED);
  });
});

describe('M14-2, P05-S4: the permission is looked at before the special bit', () => {
  test.each([
    ['PUD', GiB],
    ['PMD', 2 * MiB],
    ['PTE', 16 * KiB],
  ])('a read-only %s refuses a writer even without patch 5', (_name, length) => {
    const wanted = { reverted: ['SERIES_PATCH_05'] };
    const { machine, process } = withBar(length, wanted, R);
    process.touch(VA, false);
    expect(answers(machine, process, VA, 1, true)).toEqual(REFUSED);
  });

  test.each([
    ['PUD', GiB],
    ['PMD', 2 * MiB],
    ['PTE', 16 * KiB],
  ])('a %s without any access refuses everybody', (_name, length) => {
    const { machine, process } = withBar(length, { reverted: ['SERIES_PATCH_05'] });
    process.touch(VA, false);
    expect(process.mprotect(VA, length, 0)).toBe(0);
    expect(answers(machine, process, VA)).toEqual(REFUSED);
  });
});

describe('private memory', () => {
  const withAnon = () => {
    const machine = computer();
    const process = machine.spawn();
    mapAnon(process, VA, 2 * MiB);
    return { machine, process };
  };

  test('the slow path faults pages in, the fast path does not', () => {
    const { machine, process } = withAnon();
    const request = { address: VA, nr_pages: 3, write: true };
    const { gup } = machine.layers;
    expect(gup.get_user_pages_fast_only(process.mm, request)).toBe(0);
    expect(gup.get_user_pages_fast(process.mm, request)).toBe(3);
    expect(gup.get_user_pages_fast_only(process.mm, request)).toBe(3);
    expect(process.mm.rss.anon).toBe(1 + 512);
  });

  test('an address inside a page stands for its page', () => {
    const { machine, process } = withAnon();
    process.touch(VA, true);
    const request = { address: VA + 0x123, nr_pages: 1, write: false };
    expect(machine.layers.gup.get_user_pages_fast_only(process.mm, request)).toBe(1);
  });

  test('the fast path for one page gives the frame that a pin takes, and none before a fault', () => {
    const { machine, process } = withAnon();
    const { gup } = machine.layers;
    expect(gup.get_user_page_fast_only(process.mm, VA + 0x123, true)).toBe(-1);
    process.touch(VA, true);
    const request = { address: VA, nr_pages: 1, write: true };
    const pinned = gup.pin_user_pages_remote(process.mm, request);
    expect(pinned).toEqual([gup.get_user_page_fast_only(process.mm, VA + 0x123, true)]);
  });

  test('a writer is refused where the mapping is read-only', () => {
    const { machine, process } = withAnon();
    process.touch(VA, true);
    process.mprotect(VA, 2 * MiB, R);
    const write = answers(machine, process, VA, 1, true);
    expect(write).toEqual(REFUSED);
    expect(answers(machine, process, VA)).toMatchObject({ fast: 1, fastOnly: 1, slow: 1 });
  });

  test('a pin does not take a page that a fork made common, by the fast path', () => {
    const { machine, process } = withAnon();
    process.touch(VA, true);
    forkOf(process);
    const { gup } = machine.layers;
    const request = { address: VA, nr_pages: 1, write: false };
    expect(gup.get_user_pages_fast_only(process.mm, request)).toBe(1);
    expect(gup.pin_user_pages_fast(process.mm, request)).toBe(1);
    expect(gup.get_user_pages_fast_only(process.mm, { ...request, write: true })).toBe(0);
  });

  // Capture 06-fork-cow, step "gup p offset=8K fast": the copied page has no special bit, and gup-fast sees no VMA.
  test('a copied page in a private PFN mapping is given by the fast path alone', () => {
    const machine = computer();
    const process = machine.spawn();
    machine.pfnlab.configure({ pfn: machine.bar2Pfn, pages: 4, mode: 'remap', maxorder: 0 });
    const { file } = machine.pfnlab;
    const length = 16 * KiB;
    process.mmap({ address: VA, length, prot: RW, shared: false, file, offset: 0 });
    process.touch(VA, true);
    const copied = answers(machine, process, VA);
    expect([copied.fast, copied.fastOnly, copied.slow]).toEqual([1, 1, -EFAULT]);
    expect(answers(machine, process, VA + 4 * KiB)).toEqual(REFUSED);
  });
});

describe('M14-3: while fork copies private pages the fast path takes no pin', () => {
  test('of a PFN mapping: EFAULT', () => {
    const { machine, process } = withBar(GiB);
    process.touch(VA, false);
    process.mm.write_protect_seq = 1;
    const request = { address: VA, nr_pages: 1, write: false };
    expect(machine.layers.gup.pin_user_pages_fast(process.mm, request)).toBe(-EFAULT);
  });

  test('even without patch 5 no leaf is read then', () => {
    const { machine, process } = withBar(GiB, { reverted: ['SERIES_PATCH_05'] });
    process.touch(VA, false);
    process.mm.write_protect_seq = 1;
    const request = { address: VA, nr_pages: 1, write: false };
    expect(machine.layers.gup.pin_user_pages_fast(process.mm, request)).toBe(-EFAULT);
  });
});

const seed = 0x05190714;
test(`I7: the answer for a PFN mapping does not depend on its entries (seed ${seed})`, () => {
  const action = fc.record({
    what: fc.constantFrom('touch', 'zap', 'off', 'on', 'fork', 'protect'),
    page: fc.nat(1023),
    write: fc.boolean(),
  });
  const kernels = fc.constantFrom('posted-19', '6.12.117', '7.3');
  fc.assert(
    fc.property(
      kernels,
      fc.array(action, { maxLength: 8 }),
      fc.nat(1023),
      (kernel, actions, at) => {
        const machine = computer({ kernel });
        const process = machine.spawn();
        mapBar(machine, process, { length: 4 * MiB });
        for (const { what, page, write } of actions) {
          const address = VA + page * 4 * KiB;
          if (what === 'touch') process.touch(address, write);
          else if (what === 'zap') {
            machine.layers.memory.zap_vma_ptes(process.mm.vma_lookup(address)!, address, 4 * KiB);
          } else if (what === 'fork') forkOf(process);
          else if (what === 'protect') process.mprotect(VA, 4 * MiB, write ? RW : R);
          else machine.device.writeCommand(what === 'on' ? 2 : 0);
        }
        expect(answers(machine, process, VA + at * 4 * KiB, 1)).toEqual(REFUSED);
        expect(answers(machine, process, VA + at * 4 * KiB, 2, true)).toEqual(REFUSED);
      },
    ),
    { seed, numRuns: 60 },
  );
});
