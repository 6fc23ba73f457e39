// EXPERIMENT_SPLIT_LEAVES: a split leaf becomes a table of smaller entries that map the same.
import { BarProcess, computer, entryAt, GiB, KiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const SPLITS = { kernel: '7.3', with: ['EXPERIMENT_SPLIT_LEAVES'] } as const;

/** A program with 1 GiB of the BAR mapped by one leaf. */
function mapped(wanted: ConstructorParameters<typeof BarProcess>[0] = SPLITS): BarProcess {
  const bar = new BarProcess(wanted);
  bar.map(GiB);
  bar.touch();
  return bar;
}

const word = (bar: BarProcess, at: number): bigint =>
  entryAt(bar.machine, bar.process, VA + at).word;

describe('a PUD leaf that is zapped in part', () => {
  const bar = mapped();
  const notified = bar.record('notifier', () => bar.memory.zap_vma_ptes(bar.vma(), VA, 4 * KiB));

  test('keeps 511 PMD leaves and 511 PTEs', () => {
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, 511, 511]);
    expect(bar.entry(VA)).toBe('pte none');
  });
  test('needs two tables and counts as one split of each size', () => {
    expect(bar.process.mm.pgtables_bytes - mapped().process.mm.pgtables_bytes).toBe(8192);
    expect(bar.splits()).toEqual([1, 1]);
  });
  test('tells secondary MMUs of the whole leaf, as today', () => {
    const [outer, pud] = notified;
    expect(outer).toBe('mmu notifier start CLEAR [0x7f0000000000, 0x7f0000001000)');
    expect(pud).toBe('mmu notifier start CLEAR [0x7f0000000000, 0x7f0040000000)');
  });
  test('faults in the page alone', () => {
    expect(bar.touch(VA + 4 * KiB)).toEqual([]);
    expect(bar.touch(VA + 600 * MiB)).toEqual([]);
    expect(bar.touch(VA)).toEqual(['order=0 0x100']);
  });
});

// Leaf and PTE words that a 6.12.117 kernel showed for one BAR, by what was done before.
describe('entries keep rights and marks', () => {
  test.each([
    ['after a read', 0x2b7n, 0x237n, []],
    ['after a store', 0x2f7n, 0x277n, ['store']],
    ['read-only', 0x2b5n, 0x235n, ['protect']],
    ['read-only after a store', 0x04000000000002b5n, 0x0400000000000235n, ['store', 'protect']],
  ] as const)('%s', (_title, ofLeaf, ofPte, steps) => {
    const bar = mapped();
    for (const step of steps) {
      if (step === 'store') bar.touch(VA, true);
      else bar.process.mprotect(VA, GiB, 1);
    }
    const flags = (at: number): bigint => word(bar, at) & 0x7ff0000000000fffn;
    expect(flags(0)).toBe(ofLeaf);
    bar.memory.zap_vma_ptes(bar.vma(), VA, 4 * KiB);
    expect(flags(2 * MiB)).toBe(ofLeaf);
    expect(flags(4 * KiB)).toBe(ofPte);
    expect(word(bar, 12 * KiB) & 0xffffffffff000n).toBe(0x200003000n);
    expect(word(bar, GiB - 2 * MiB) & 0xffffffffff000n).toBe(0x23fe00000n);
  });

  test('without access: what comes back with the rights is what was there', () => {
    const bar = mapped();
    bar.process.mprotect(VA, GiB, 0);
    bar.process.mprotect(VA + 4 * KiB, 4 * KiB, 3);
    expect(word(bar, 4 * KiB) & 0xfffffffffffffn).toBe(0x200001237n);
    bar.process.mprotect(VA, GiB, 3);
    expect(word(bar, 8 * KiB) & 0xfffffffffffffn).toBe(0x200002237n);
  });
});

test('a PTE of x86 has the PAT bit of its leaf where PTEs have it', () => {
  const { arch } = computer(SPLITS).kernel;
  // Bit 12 of a leaf is bit 7 of a PTE; bit 7 of a leaf says that it is one.
  expect(arch.pteProtOfLeaf(0x10b7)).toBe(0xb7);
  expect(arch.pteProtOfLeaf(0x00b7)).toBe(0x37);
  expect(arch.leafProtOfPte(0x00b7)).toBe(0x1037);
});

test('a PTE of arm64 is of type page where its block was a block', () => {
  const { arch } = computer({ ...SPLITS, arch: 'arm64' }).kernel;
  expect(arch.pteProtOfLeaf(0b01)).toBe(0b11);
  // PROT_NONE: not valid, and bit 1 tells page from block.
  expect(arch.pteProtOfLeaf(0xc0c) & 0xf).toBe(0xe);
});

describe('without memory for a table', () => {
  test('the leaf is cleared as it is today, and the next fault maps it again', () => {
    const bar = mapped({ ...SPLITS, ramBytes: MiB });
    const { mem } = bar.machine.kernel;
    while (mem.allocFrame() >= 0);
    bar.memory.zap_vma_ptes(bar.vma(), VA, 4 * KiB);
    expect(bar.entry()).toBe('pud none');
    expect(bar.touch()).toEqual(['order=18 0x100']);
  });
  test('one table gives 511 PMD leaves', () => {
    const bar = mapped({ ...SPLITS, ramBytes: MiB });
    const { mem } = bar.machine.kernel;
    const spare = mem.allocFrame();
    while (mem.allocFrame() >= 0);
    mem.freeFrame(spare);
    bar.memory.zap_vma_ptes(bar.vma(), VA, 4 * KiB);
    expect(bar.mapped(VA, VA + GiB)).toEqual([0, 511, 0]);
  });
});

test('reading smaps costs the PUD leaf for good: its PMD leaves keep a table', () => {
  const bar = mapped();
  bar.process.smaps();
  expect(bar.touchAll(VA, VA + GiB, 2 * MiB)).toEqual([]);
  expect(bar.mapped(VA, VA + GiB)).toEqual([0, 512, 0]);
  const today = mapped({ kernel: '7.3' });
  today.process.smaps();
  expect(today.touchAll(VA, VA + GiB, 2 * MiB)).toEqual(['order=18 0x100']);
});

test('no kernel has it: the split clears, whatever the profile', () => {
  for (const kernel of ['6.12', '6.12.117', '7.3']) {
    const bar = mapped({ kernel });
    bar.memory.zap_vma_ptes(bar.vma(), VA, 4 * KiB);
    expect(bar.entry()).toBe('pud none');
  }
});
