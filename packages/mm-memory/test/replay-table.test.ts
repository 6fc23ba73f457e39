// Goal: each patch of the series changes what a fault does where the replay table says so. Method: its rows Q1, Q2, Q20 and R8,
// on the series cut off after each patch.
import { VM_FAULT_FALLBACK, VM_FAULT_NOPAGE, VM_PFNMAP } from '@pfnmap/mm-core';
import { BarProcess, fileOf, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

describe('the replay table: which order the test driver is asked for, and what entry it gets', () => {
  const upTo = (first: number, last: number): string[] =>
    Array.from(
      { length: last - first + 1 },
      (_, at) => `posted-${String(first + at).padStart(2, '0')}`,
    );

  /** R1: a driver that inserts 2 MiB wherever it is asked, and offers 1 GiB to nobody. */
  const replay = (profile: string): { orders: number[]; entry: string } => {
    const bar = new BarProcess({ kernel: profile });
    const orders: number[] = [];
    const { huge } = bar.machine.layers;
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_PFNMAP;
        vma.vm_page_prot = bar.machine.kernel.arch.pgprot_noncached(vma.vm_page_prot);
        vma.vm_ops = {
          fault: () => VM_FAULT_NOPAGE,
          huge_fault: (vmf, order) => {
            orders.push(order);
            return order === 9 ? huge.vmf_insert_pfn_pmd(vmf, 0xe0000, false) : VM_FAULT_FALLBACK;
          },
        };
        return 0;
      }),
      2 * MiB,
    );
    bar.memory.handle_mm_fault(bar.vma(), VA, 0);
    return { orders, entry: bar.entry() };
  };

  test.each(upTo(1, 3))('Q2, P04-S1: with %s 2 MiB only', (profile) => {
    expect(replay(profile)).toEqual({ orders: [9], entry: 'pmd 0x80000000e00000b7' });
  });
  test.each(upTo(4, 16))('Q2, P04-S1: with %s 1 GiB first', (profile) => {
    expect(replay(profile)).toEqual({ orders: [18, 9], entry: 'pmd 0x80000000e00000b7' });
  });
  test.each([...upTo(17, 19), '6.12', '6.12.117', '7.3'])(
    'Q1: with %s the leaf is special',
    (profile) => {
      expect(replay(profile)).toEqual({ orders: [18, 9], entry: 'pmd 0x80000000e00002b7' });
    },
  );

  test.each([
    ['posted-18', [0, 0, 512]],
    ['posted-19', [0, 1, 0]],
  ] as const)(
    'Q20: with %s the first touch of 2 MiB through vfio-pci maps %j',
    (profile, counts) => {
      const bar = new BarProcess({ kernel: profile });
      bar.map(2 * MiB);
      bar.touch();
      expect(bar.mapped(VA, VA + 2 * MiB)).toEqual(counts);
    },
  );

  test.each([
    ['x86_64', [], [1, 0, 0]],
    ['arm64', ['ARM64_4K_PAGES', 'ARM64_VA_BITS_48'], [0, 512, 0]],
    ['arm64', ['ARM64_16K_PAGES', 'ARM64_VA_BITS_47'], [0, 32, 0]],
    ['arm64', ['ARM64_64K_PAGES', 'ARM64_VA_BITS_48'], [0, 2, 0]],
  ] as const)('R8: a full touch of 1 GiB on %s %j maps %j', (arch, symbols, counts) => {
    for (const profile of ['6.12.117', '7.3']) {
      const bar = new BarProcess({ arch, kernel: profile, with: symbols });
      bar.map(GiB);
      bar.touchAll(VA, VA + GiB, 2 * MiB);
      expect(bar.mapped(VA, VA + GiB)).toEqual(counts);
    }
  });
});
