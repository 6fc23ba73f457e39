// Goal: single pages of device memory are inserted as Linux inserts them. Method: sections 5.1 to 5.3 and 5.13 of the
// specification.
import {
  VM_FAULT_NOPAGE,
  VM_FAULT_OOM,
  VM_FAULT_SIGBUS,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_SHARED,
} from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { BarProcess, fileOf, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const PFN = 0xe0000;

/** A mapping whose driver inserts nothing by itself. */
function quiet(kind = VM_PFNMAP, setup = {}, length = 4 * MiB): BarProcess {
  const bar = new BarProcess(setup);
  bar.mapFile(
    fileOf((vma) => {
      vma.vm_flags |= kind;
      vma.vm_page_prot = bar.machine.kernel.arch.pgprot_noncached(vma.vm_page_prot);
      vma.vm_ops = { fault: () => VM_FAULT_NOPAGE };
      return 0;
    }),
    length,
  );
  return bar;
}

const insert = (bar: BarProcess, address: number, pfn: number): number =>
  bar.memory.vmf_insert_pfn(bar.vma(), address, pfn);

describe('vmf_insert_pfn()', () => {
  test('P03.12: makes a special entry of the protection of the VMA and all tables above it', () => {
    const bar = quiet();
    expect(bar.tables(() => insert(bar, VA, PFN))).toBe(3 * 4096);
    expect(bar.entry()).toBe('pte 0x80000000e0000237');
    expect(bar.process.mm.rss.file + bar.process.mm.rss.shmem).toBe(0);
  });

  test('answers NOPAGE over an occupied entry and leaves it', () => {
    const bar = quiet();
    for (const pfn of [PFN, PFN, PFN + 7]) expect(insert(bar, VA, pfn)).toBe(VM_FAULT_NOPAGE);
    expect(bar.entry()).toBe('pte 0x80000000e0000237');
    expect(bar.log()).toEqual([]);
  });

  test.each([VA - 4096, VA + 4 * MiB])('outside the VMA is SIGBUS: %i', (address) => {
    const bar = quiet();
    expect(insert(bar, address, PFN)).toBe(VM_FAULT_SIGBUS);
  });

  test('takes a protection of its own with vmf_insert_pfn_prot()', () => {
    const bar = quiet();
    const prot = bar.machine.kernel.arch.vm_get_page_prot(VM_SHARED | 1);
    expect(bar.memory.vmf_insert_pfn_prot(bar.vma(), VA, PFN, prot)).toBe(VM_FAULT_NOPAGE);
    expect(bar.entry()).toMatch(/^pte 0x80000000e00002[23]5$/);
  });

  test('5.3: meets a PMD leaf with OOM, and leaves it', () => {
    const bar = quiet();
    const { pt, arch } = bar.machine.kernel;
    const slot = pt.walkAlloc(1, bar.process.mm, VA);
    pt.set(1, slot, PFN, arch.pmd_mkspecial(arch.pmd_mkhuge(bar.vma().vm_page_prot)));
    expect(insert(bar, VA + 4096, PFN + 1)).toBe(VM_FAULT_OOM);
    expect(bar.entry()).toBe('pmd 0x80000000e00002b7');
  });

  test('answers OOM when there is no frame for a table', () => {
    const bar = quiet();
    const { mem } = bar.machine.kernel;
    while (mem.allocFrame() >= 0);
    expect(insert(bar, VA, PFN)).toBe(VM_FAULT_OOM);
  });

  test('5.13: with L1TF a frame beyond the limit is refused without access, and taken with', () => {
    const bar = quiet(VM_PFNMAP, { l1tf: true });
    const { arch } = bar.machine.kernel;
    // Half of 46 physical address bits is the limit.
    const [below, above] = [2 ** 33 - 1, 2 ** 33];
    const none = arch.vm_get_page_prot(VM_SHARED);
    const insertNone = (address: number, pfn: number) =>
      bar.memory.vmf_insert_pfn_prot(bar.vma(), address, pfn, none);
    expect(insertNone(VA, above)).toBe(VM_FAULT_SIGBUS);
    expect(insertNone(VA, below)).toBe(VM_FAULT_NOPAGE);
    expect(insert(bar, VA + 4096, above)).toBe(VM_FAULT_NOPAGE);
    const immune = quiet(VM_PFNMAP, { l1tf: false });
    expect(immune.memory.vmf_insert_pfn_prot(immune.vma(), VA, above, none)).toBe(VM_FAULT_NOPAGE);
  });
});

describe('a VMA that cannot hold the frame is a bug', () => {
  test.each([
    ['no PFN mapping', 0, PFN, 'neither PFNMAP nor MIXEDMAP'],
    ['both kinds', VM_PFNMAP | VM_MIXEDMAP, PFN, 'both PFNMAP and MIXEDMAP'],
    ['M5-7: a frame of RAM in a MIXEDMAP', VM_MIXEDMAP, 0x200, 'struct page'],
  ])('%s', (_what, kind, pfn, message) => {
    const bar = quiet(kind);
    expect(() => insert(bar, VA, pfn)).toThrow(KernelBug);
    expect(() => insert(bar, VA, pfn)).toThrow(message);
  });

  test('copy on write', () => {
    const bar = quiet();
    const vma = bar.vma();
    vma.vm_flags &= ~VM_SHARED;
    expect(() => insert(bar, VA, PFN)).toThrow('copy-on-write');
  });

  test('a frame that is not RAM is fine in a MIXEDMAP', () => {
    expect(insert(quiet(VM_MIXEDMAP), VA, PFN)).toBe(VM_FAULT_NOPAGE);
  });
});
