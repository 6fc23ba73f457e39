// Goal: an entry has a page, or none, where Linux says so. Method: section 16 of the specification and the scenarios of patch 06
// about vm_normal_page_pmd().
import { VM_MIXEDMAP, VM_PFNMAP, VM_SHARED } from '@pfnmap/mm-core';
import { BarProcess, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const NONE = -1;
const DEVICE = 0x200000;
const RAM = 0x300;
const PATCH_06 = ['SERIES_PATCH_06', 'FIX_FOLIO_WALK_PRESENT_PMD'];

function bar(setup = {}) {
  const lab = new BarProcess(setup);
  lab.map(GiB);
  const { arch } = lab.machine.kernel;
  const prot = lab.vma().vm_page_prot;
  const pmd = arch.pmd_mkhuge(prot);
  return {
    lab,
    vma: lab.vma(),
    normal: prot,
    special: arch.pte_mkspecial(prot),
    pmd,
    specialPmd: arch.pmd_mkspecial(pmd),
    specialPud: arch.pud_mkspecial(arch.pud_mkhuge(prot)),
    memory: lab.memory,
  };
}

describe('vm_normal_page()', () => {
  test('M16-1: a special entry of a BAR has none, and nobody complains', () => {
    const { memory, vma, special, lab } = bar();
    expect(memory.vm_normal_page(vma, VA, special, DEVICE)).toBe(NONE);
    expect(lab.log()).toEqual([]);
  });

  test('M16-2: a normal entry of a private PFN mapping has the page that was copied', () => {
    const lab = new BarProcess();
    lab.mapLab(8192, { mode: 'remap' }, { shared: false });
    lab.touch(VA, true);
    const { pt } = lab.machine.kernel;
    const slot = pt.walk(lab.process.mm, VA);
    const pfn = pt.pfnAt(0, slot);
    expect(lab.memory.vm_normal_page(lab.vma(), VA, pt.ptep_get(slot), pfn)).toBe(pfn);
    expect(lab.machine.kernel.mem.isRam(pfn)).toBe(true);
    const other = pt.walk(lab.process.mm, VA + 4096);
    const device = pt.pfnAt(0, other);
    expect(lab.memory.vm_normal_page(lab.vma(), VA, pt.ptep_get(other), device)).toBe(NONE);
  });

  test('M16-3: a special entry of anonymous memory is reported', () => {
    const { lab, memory, special } = bar();
    lab.mapFile(null, 4096, { address: VA + 2 * GiB, shared: false });
    expect(memory.vm_normal_page(lab.vma(VA + 2 * GiB), VA + 2 * GiB, special, RAM)).toBe(NONE);
    expect(lab.log()).toEqual(['WARNING: vm_normal_page: Bad page map']);
  });

  test('16.1: so is a normal entry of a frame beyond memory', () => {
    const { lab, memory, vma, normal } = bar();
    expect(memory.vm_normal_page(vma, VA, normal, DEVICE)).toBe(NONE);
    expect(lab.log()).toEqual(['WARNING: vm_normal_page: Bad page map']);
    expect(memory.vm_normal_page(vma, VA, normal, RAM)).toBe(RAM);
  });
});

describe('vm_normal_page_pmd()', () => {
  test('M16-4: a special leaf has none in any VMA; a normal one none in a shared PFN mapping', () => {
    const { memory, vma, pmd, specialPmd } = bar();
    expect(memory.vm_normal_page_pmd(vma, VA, specialPmd, RAM)).toBe(NONE);
    expect(memory.vm_normal_page_pmd(vma, VA, pmd, RAM)).toBe(NONE);
    vma.vm_flags &= ~VM_PFNMAP;
    expect(memory.vm_normal_page_pmd(vma, VA, specialPmd, RAM)).toBe(NONE);
    expect(memory.vm_normal_page_pmd(vma, VA, pmd, RAM)).toBe(RAM);
    expect(memory.vm_normal_page_pmd(vma, VA, pmd, DEVICE)).toBe(NONE);
  });

  test('M16-5: a special leaf of a MIXEDMAP has none although its frame is RAM', () => {
    const { memory, vma, pmd, specialPmd } = bar();
    vma.vm_flags = (vma.vm_flags & ~VM_PFNMAP) | VM_MIXEDMAP;
    expect(memory.vm_normal_page_pmd(vma, VA, specialPmd, RAM)).toBe(NONE);
    expect(memory.vm_normal_page_pmd(vma, VA, pmd, RAM)).toBe(RAM);
    expect(memory.vm_normal_page_pmd(vma, VA, pmd, DEVICE)).toBe(NONE);
  });

  test.each([
    ['without patch 06', { kernel: '6.12', reverted: PATCH_06 }, RAM + 512],
    ['as posted, where the walker looks for it', { kernel: 'posted-19' }, RAM + 512],
    ['as merged', { kernel: '6.12' }, NONE],
    ['7.3', { kernel: '7.3' }, NONE],
  ])('P06-S4: a special leaf out of line in a private mapping: %s', (_what, setup, page) => {
    const { lab, memory, vma, specialPmd } = bar(setup);
    vma.vm_flags &= ~VM_SHARED;
    vma.vm_pgoff = RAM;
    expect(lab.machine.kernel.arch.pmd_special(specialPmd)).toBe(true);
    expect(memory.vm_normal_page_pmd(vma, VA, specialPmd, RAM)).toBe(NONE);
    expect(memory.vm_normal_page_pmd(vma, VA, specialPmd, RAM + 512)).toBe(page);
  });

  test('a copied page is told from the linear one by its place', () => {
    const { memory, vma, pmd } = bar();
    vma.vm_flags &= ~VM_SHARED;
    vma.vm_pgoff = RAM;
    expect(memory.vm_normal_page_pmd(vma, VA + 2 * MiB, pmd, RAM + 512)).toBe(NONE);
    expect(memory.vm_normal_page_pmd(vma, VA + 2 * MiB, pmd, RAM)).toBe(RAM);
  });
});

test('M16-6: a special PUD leaf has none; a normal one follows the rule of its VMA', () => {
  const { memory, vma, pmd, specialPud } = bar({ kernel: '7.3' });
  expect(memory.vm_normal_page_pud(vma, VA, specialPud, DEVICE)).toBe(NONE);
  expect(memory.vm_normal_page_pud(vma, VA, pmd, DEVICE)).toBe(NONE);
  vma.vm_flags &= ~VM_PFNMAP;
  expect(memory.vm_normal_page_pud(vma, VA, specialPud, RAM)).toBe(NONE);
  expect(memory.vm_normal_page_pud(vma, VA, pmd, RAM)).toBe(RAM);
});
