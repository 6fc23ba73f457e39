// Goal: leaves change protection, move, go away and are marked in place as Linux does it. Method: sections 4.9, 7, 9.7, 11 and
// 12 of the specification, entry words and flushes.
import { MmuGather, VM_WRITE } from '@pfnmap/mm-core';
import { GiB, MiB, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { Insertion, SHARED_PFNMAP } from './insertion.ts';

const PFN = 0x4000000;
const NO_ACCESS = 0x8;
const READ = SHARED_PFNMAP & ~VM_WRITE;

/** A leaf at VA, and the changes that this file is about. */
class Leaf extends Insertion {
  readonly level: 1 | 2;
  readonly bar = this.vma(VA, VA + 2 * GiB);

  constructor(level: 1 | 2, setup: Wanted = {}, write = false) {
    super(setup);
    this.level = level;
    this.insert(level, this.bar, VA, PFN, write);
  }

  get slot(): number {
    const { pud, pmd } = this.fault(this.bar, VA, this.level);
    return this.level === 1 ? pmd : pud;
  }

  protect(vm_flags: number): { pages: number; lines: string[] } {
    const { arch } = this.kernel;
    const prot = arch.pgprot_modify(this.bar.vm_page_prot, arch.vm_get_page_prot(vm_flags));
    let pages = -1;
    const lines = this.record(() => {
      const tlb = new MmuGather(this.kernel, this.mm);
      pages =
        this.level === 1
          ? this.huge.change_huge_pmd(tlb, this.bar, this.slot, VA, prot, false)
          : this.huge.change_huge_pud(tlb, this.bar, this.slot, VA, prot);
      tlb.finish();
    });
    return { pages, lines };
  }
}

describe.each([
  ['PMD', 1, 512],
  ['PUD', 2, 262144],
] as const)('the protection of a %s leaf on x86_64', (name, level, pages) => {
  const entry = (word: string): string => `${name.toLowerCase()} ${word}`;

  test('11.9: goes to read-only and back in place, with accessed, dirty and special kept', () => {
    const clean = new Leaf(level);
    expect(clean.protect(READ).pages).toBe(pages);
    expect(clean.entry(VA)).toBe(entry('0x80000040000002b5'));
    clean.protect(SHARED_PFNMAP);
    expect(clean.entry(VA)).toBe(entry('0x80000040000002b7'));
    const dirty = new Leaf(level, {}, true);
    dirty.protect(READ);
    dirty.protect(SHARED_PFNMAP);
    expect(dirty.entry(VA)).toBe(entry('0x8000004000000af7'));
  });

  test('11.10: PROT_NONE keeps the frame, inverted; all access again restores the entry', () => {
    const leaf = new Leaf(level);
    const { arch, pt } = leaf.kernel;
    leaf.protect(NO_ACCESS);
    const word = BigInt(leaf.entry(VA).split(' ')[1]!);
    const address = 0x000ffffffffff000n;
    const ignored = level === 1 ? 0x1ff000n : 0x3ffff000n;
    expect((word ^ address) & address & ~ignored).toBe(0x4000000000n);
    expect(word & 0x181n).toBe(0x180n);
    expect(pt.pfnAt(level, leaf.slot)).toBe(PFN);
    const prot = level === 1 ? pt.pmdp_get(leaf.slot) : pt.pudp_get(leaf.slot);
    const present = level === 1 ? arch.pmd_present(prot) : arch.pud_present(prot);
    expect(present).toBe(level === 1);
    const huge = level === 1 ? arch.pmd_trans_huge(prot) : arch.pud_trans_huge(prot);
    expect(huge).toBe(true);
    leaf.protect(SHARED_PFNMAP);
    expect(leaf.entry(VA)).toBe(entry('0x80000040000002b7'));
  });

  test('is not changed where there is no leaf', () => {
    const leaf = new Leaf(level);
    leaf.kernel.pt.clear(leaf.slot);
    expect(leaf.protect(READ)).toEqual({ pages: 0, lines: [] });
    expect(leaf.entry(VA)).toBe(entry('none'));
  });
});

describe('flushes of a change of protection', () => {
  test('M9-2: a PUD on x86_64 twice, the whole mm and one step of 1 GiB', () => {
    expect(new Leaf(2).protect(READ).lines).toEqual([
      'tlb flush: whole mm',
      'tlb flush [0x7f0000000000, 0x7f0040000000) in steps of 0x40000000',
    ]);
  });

  test('M9-3: a PMD on x86_64 once at the end; not at all when it was not present', () => {
    const leaf = new Leaf(1);
    const once = ['tlb flush [0x7f0000000000, 0x7f0000200000) in steps of 0x200000'];
    expect(leaf.protect(READ).lines).toEqual(once);
    expect(leaf.protect(SHARED_PFNMAP).lines).toEqual(once);
    expect(leaf.protect(NO_ACCESS).lines).toEqual(once);
    expect(leaf.protect(SHARED_PFNMAP).lines).toEqual([]);
    expect(leaf.protect(SHARED_PFNMAP).lines).toEqual([]);
  });

  test('a PMD on arm64 at once, by its own size', () => {
    const lines = new Leaf(1, { arch: 'arm64' }).protect(READ).lines;
    expect(lines[0]).toBe('tlb flush [0x7f0000000000, 0x7f0000200000) in steps of 0x200000');
  });
});

describe('moving a PMD leaf', () => {
  const target = VA + 4 * MiB;
  const move = (leaf: Leaf): { moved: boolean; lines: string[] } => {
    const to = leaf.fault(leaf.bar, target, 1).pmd;
    let moved = false;
    const lines = leaf.record(() => {
      moved = leaf.huge.move_huge_pmd(leaf.bar, VA, leaf.slot, to);
    });
    return { moved, lines };
  };

  test('M12-1: marks it soft-dirty and flushes where it was', () => {
    const leaf = new Leaf(1);
    expect(move(leaf)).toEqual({ moved: true, lines: ['tlb flush: whole mm'] });
    expect(leaf.entry(VA)).toBe('pmd none');
    expect(leaf.entry(target)).toBe('pmd 0x8000004000000ab7');
  });

  test('leaves it as it is on arm64', () => {
    const leaf = new Leaf(1, { arch: 'arm64' });
    const before = leaf.entry(VA);
    expect(move(leaf).moved).toBe(true);
    expect(leaf.entry(target)).toBe(before);
  });

  test('is refused with a warning when the new slot is occupied', () => {
    const leaf = new Leaf(1);
    leaf.insert(1, leaf.bar, target, PFN + 512);
    const to = leaf.fault(leaf.bar, target, 1).pmd;
    expect(leaf.huge.move_huge_pmd(leaf.bar, VA, leaf.slot, to)).toBe(false);
    expect(leaf.warnings()).toEqual(['move_huge_pmd: the new PMD is not empty']);
    expect(leaf.entry(VA)).toBe('pmd 0x80000040000002b7');
    expect(leaf.entry(target)).toBe('pmd 0x80000040002002b7');
  });

  test('does nothing without a leaf', () => {
    const leaf = new Leaf(1);
    leaf.kernel.pt.clear(leaf.slot);
    expect(move(leaf)).toEqual({ moved: false, lines: [] });
  });
});

describe.each([
  ['PMD', 1, '0x200000'],
  ['PUD', 2, '0x40000000'],
] as const)('zapping a %s leaf', (name, level, size) => {
  const zap = (leaf: Leaf): { zapped: boolean; lines: string[] } => {
    let zapped = false;
    const lines = leaf.record(() => {
      const tlb = new MmuGather(leaf.kernel, leaf.mm);
      zapped =
        level === 1
          ? leaf.huge.zap_huge_pmd(tlb, leaf.bar, leaf.slot, VA)
          : leaf.huge.zap_huge_pud(tlb, leaf.slot, VA);
      tlb.endVma(leaf.bar);
    });
    return { zapped, lines };
  };

  test('empties the slot in one step of its size, counts nothing, frees nothing', () => {
    const leaf = new Leaf(level);
    const { pgtables_bytes } = leaf.mm;
    const { zapped, lines } = zap(leaf);
    expect(zapped).toBe(true);
    expect(lines).toEqual([
      `tlb flush [0x7f0000000000, 0x${(VA + Number(size)).toString(16)}) in steps of ${size}`,
    ]);
    expect(leaf.entry(VA)).toBe(`${name.toLowerCase()} none`);
    expect(leaf.mm.pgtables_bytes).toBe(pgtables_bytes);
    const { thp_split_pmd, thp_split_pud } = leaf.kernel.events.counts;
    expect([thp_split_pmd, thp_split_pud]).toEqual([0, 0]);
  });

  test('says so when there is no leaf', () => {
    const leaf = new Leaf(level);
    leaf.kernel.pt.clear(leaf.slot);
    expect(zap(leaf)).toEqual({ zapped: false, lines: [] });
  });
});

describe('4.9: an access that the leaf allows', () => {
  /** Whether an old leaf is young after the access. */
  const marked = (arch: 'x86_64' | 'arm64', level: 1 | 2, write: boolean): boolean => {
    const leaf = new Leaf(level, { arch });
    const { pt, arch: helpers } = leaf.kernel;
    if (level === 1) {
      pt.setProt(level, leaf.slot, helpers.pmd_mkold(pt.pmdp_get(leaf.slot)));
      leaf.huge.huge_pmd_set_accessed(leaf.slot, write);
      return helpers.pmd_young(pt.pmdp_get(leaf.slot));
    }
    pt.setProt(level, leaf.slot, helpers.pud_mkold(pt.pudp_get(leaf.slot)));
    leaf.huge.huge_pud_set_accessed(leaf.slot, write);
    return helpers.pud_young(pt.pudp_get(leaf.slot));
  };
  test('is stored on x86_64 only for a write', () => {
    expect(marked('x86_64', 1, false)).toBe(false);
    expect(marked('x86_64', 1, true)).toBe(true);
    expect(marked('x86_64', 2, false)).toBe(false);
    expect(marked('x86_64', 2, true)).toBe(true);
  });
  test('is stored on arm64 in any case', () => {
    expect([marked('arm64', 1, false), marked('arm64', 1, true)]).toEqual([true, true]);
  });
  test('makes a clean leaf dirty when it is a write', () => {
    const leaf = new Leaf(2);
    leaf.huge.huge_pud_set_accessed(leaf.slot, true);
    expect(leaf.entry(VA)).toBe('pud 0x8000004000000af7');
  });
});
