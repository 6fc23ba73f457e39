// Goal: the huge insertion helpers write the entries and answer as Linux does. Method: the scenarios of the specification
// (section 5, patches 02 and 03) with the bit-exact values that it gives.
import {
  noPfnTracking,
  VM_FAULT_NOPAGE,
  VM_FAULT_SIGBUS,
  VM_IO,
  VM_MIXEDMAP,
  VM_PFNMAP,
  VM_SHARED,
  VM_WRITE,
} from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import { Insertion, SHARED_PFNMAP } from './insertion.ts';

const PMD_PFN = 0xe0000;
const PUD_PFN = 0x4000000;
const READ_ONLY = SHARED_PFNMAP & ~VM_WRITE;
const upTo = (first: number, last: number): string[] =>
  Array.from(
    { length: last - first + 1 },
    (_, index) => `posted-${String(first + index).padStart(2, '0')}`,
  );

describe('an empty slot gets an entry of the protection of the VMA', () => {
  const cases: ReadonlyArray<
    readonly [string, 1 | 2, number, flags: number, write: boolean, entry: string]
  > = [
    ['PMD for a read', 1, PMD_PFN, SHARED_PFNMAP, false, 'pmd 0x80000000e00002b7'],
    ['PMD for a write', 1, PMD_PFN, SHARED_PFNMAP, true, 'pmd 0x80000000e0000af7'],
    ['PUD for a read', 2, PUD_PFN, SHARED_PFNMAP, false, 'pud 0x80000040000002b7'],
    ['PUD for a write', 2, PUD_PFN, SHARED_PFNMAP, true, 'pud 0x8000004000000af7'],
    ['read-only PMD for a read', 1, PMD_PFN, READ_ONLY, false, 'pmd 0x80000000e00002b5'],
    ['read-only PMD for a write', 1, PMD_PFN, READ_ONLY, true, 'pmd 0x84000000e0000ab5'],
  ];
  test.each(cases)('%s', (_what, level, pfn, vm_flags, write, entry) => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + 2 * GiB, vm_flags);
    expect(driver.insert(level, vma, VA, pfn, write)).toBe(VM_FAULT_NOPAGE);
    expect(driver.entry(VA)).toBe(entry);
    expect(driver.mm.rss).toEqual({ file: 0, anon: 0, swap: 0, shmem: 0 });
  });

  test('without soft-dirty tracking a PMD for a write lacks bit 11', () => {
    const driver = new Insertion({ without: ['MEM_SOFT_DIRTY'] });
    driver.insert(1, driver.vma(VA, VA + GiB), VA, PMD_PFN, true);
    expect(driver.entry(VA)).toBe('pmd 0x80000000e00002f7');
  });

  test('the entry is that of the whole leaf, wherever in it the fault was', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + 2 * GiB);
    driver.insert(2, vma, VA + GiB + 0x12345000, PUD_PFN);
    expect(driver.entry(VA + GiB)).toBe('pud 0x80000040000002b7');
    expect(driver.entry(VA)).toBe('pud none');
  });
});

describe.each([
  ['PMD', 1, PMD_PFN, 512, '0x80000000e00002b7', '0x80000000e0000af7'],
  ['PUD', 2, PUD_PFN, 2 ** 18, '0x80000040000002b7', '0x8000004000000af7'],
] as const)('an occupied %s', (name, level, pfn, pages, clean, dirty) => {
  const entry = (word: string): string => `${name.toLowerCase()} ${word}`;
  // Before patch 02 the PUD helper asked for a zero page that never was; the answers are the same.
  const profiles = ['posted-01', 'posted-02', 'posted-19', '6.12.117', '7.3'];

  test('M5-1: is bit-identical after a second insertion for a read', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + GiB);
    driver.insert(level, vma, VA, pfn);
    expect(driver.insert(level, vma, VA, pfn)).toBe(VM_FAULT_NOPAGE);
    expect(driver.entry(VA)).toBe(entry(clean));
  });

  test.each(profiles)(
    'M5-3, P02-S1: another frame for a write warns and changes nothing (%s)',
    (profile) => {
      const driver = new Insertion({ kernel: profile });
      const vma = driver.vma(VA, VA + GiB);
      driver.insert(level, vma, VA, pfn);
      const before = driver.entry(VA);
      expect(driver.insert(level, vma, VA, pfn + pages, true)).toBe(VM_FAULT_NOPAGE);
      expect(driver.entry(VA)).toBe(before);
      expect(driver.warnings()).toEqual([
        `insert_pfn_${name.toLowerCase()}: occupied by another PFN`,
      ]);
    },
  );

  test.each(profiles)(
    'P02-S2: another frame for a read changes nothing in silence (%s)',
    (profile) => {
      const driver = new Insertion({ kernel: profile });
      const vma = driver.vma(VA, VA + GiB);
      driver.insert(level, vma, VA, pfn);
      const before = driver.entry(VA);
      expect(driver.insert(level, vma, VA, pfn + pages)).toBe(VM_FAULT_NOPAGE);
      expect([driver.entry(VA), driver.warnings()]).toEqual([before, []]);
    },
  );

  test('P02-S3: the same frame for a write becomes young, dirty and writable', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + GiB);
    driver.insert(level, vma, VA, pfn);
    expect(driver.insert(level, vma, VA, pfn, true)).toBe(VM_FAULT_NOPAGE);
    expect(driver.entry(VA)).toBe(entry(dirty));
    expect(driver.warnings()).toEqual([]);
  });

  test('M5-2: a read-only leaf becomes writable when the VMA is: 0x2b5 to 0xaf7', () => {
    const driver = new Insertion();
    driver.insert(level, driver.vma(VA, VA + GiB, READ_ONLY), VA, pfn);
    expect(driver.entry(VA)).toBe(entry(clean.replace('2b7', '2b5')));
    driver.insert(level, driver.vma(VA, VA + GiB), VA, pfn, true);
    expect(driver.entry(VA)).toBe(entry(dirty));
  });

  test('P02-S3: without VM_WRITE it stays read-only, with dirty kept in bit 58', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + GiB, READ_ONLY);
    driver.insert(level, vma, VA, pfn);
    driver.insert(level, vma, VA, pfn, true);
    expect(driver.entry(VA)).toBe(entry(clean.replace('0x80', '0x84').replace('2b7', 'ab5')));
  });

  test('5.7: a table in the slot counts as another frame', () => {
    const driver = new Insertion();
    const { pt } = driver.kernel;
    pt.walkAlloc((level - 1) as 0 | 1, driver.mm, VA);
    const vma = driver.vma(VA, VA + GiB);
    driver.insert(level, vma, VA, pfn);
    expect(driver.warnings()).toEqual([]);
    driver.insert(level, vma, VA, pfn, true);
    expect(driver.warnings()).toHaveLength(1);
    expect(pt.isTable(pt.walkAlloc(level, driver.mm, VA))).toBe(true);
  });
});

describe('the special bit', () => {
  test.each([...upTo(1, 16)])('P03-S1: is not in an inserted leaf with %s', (profile) => {
    const driver = new Insertion({ kernel: profile });
    driver.insert(1, driver.vma(VA, VA + GiB), VA, PMD_PFN);
    driver.insert(2, driver.vma(VA + GiB, VA + 2 * GiB), VA + GiB, PUD_PFN);
    expect(driver.entry(VA)).toBe('pmd 0x80000000e00000b7');
    expect(driver.entry(VA + GiB)).toBe('pud 0x80000040000000b7');
  });

  test('P03-S2: is not in it in the full series without patch 03', () => {
    const driver = new Insertion({ kernel: '6.12', reverted: ['SERIES_PATCH_03'] });
    expect(driver.kernel.config.enabled('SERIES_PATCH_17')).toBe(true);
    driver.insert(1, driver.vma(VA, VA + GiB), VA, PMD_PFN);
    driver.insert(2, driver.vma(VA + GiB, VA + 2 * GiB), VA + GiB, PUD_PFN);
    expect(driver.entry(VA)).toBe('pmd 0x80000000e00000b7');
    expect(driver.entry(VA + GiB)).toBe('pud 0x80000040000000b7');
  });

  test.each([...upTo(17, 19), '6.12', '6.12.117', '7.3'])('is in it with %s', (profile) => {
    const driver = new Insertion({ kernel: profile });
    driver.insert(1, driver.vma(VA, VA + GiB), VA, PMD_PFN);
    expect(driver.entry(VA)).toBe('pmd 0x80000000e00002b7');
  });

  test.each(upTo(18, 19))('is bit 56 of an arm64 PMD with %s', (profile) => {
    const marked = new Insertion({ arch: 'arm64', kernel: profile });
    marked.insert(1, marked.vma(VA, VA + GiB), VA, PMD_PFN);
    const plain = new Insertion({ arch: 'arm64', kernel: 'posted-17' });
    plain.insert(1, plain.vma(VA, VA + GiB), VA, PMD_PFN);
    const word = (text: string): bigint => BigInt(text.replace('pmd ', ''));
    expect(word(marked.entry(VA)) ^ word(plain.entry(VA))).toBe(1n << 56n);
  });

  test('P03.9: does not come to an entry that is there already', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + GiB);
    driver.insert(1, vma, VA, PMD_PFN);
    const slot = driver.fault(vma, VA, 1).pmd;
    driver.kernel.pt.setProt(1, slot, driver.kernel.pt.pmdp_get(slot) & ~0x200);
    driver.insert(1, vma, VA, PMD_PFN, true);
    expect(driver.entry(VA)).toBe('pmd 0x80000000e00008f7');
  });
});

describe('what the helpers do not check, a driver can get wrong', () => {
  test('M5-4: a PMD of a VMA of 1 MiB maps 1 MiB beyond it', () => {
    const driver = new Insertion();
    const vma = driver.vma(0x40000000, 0x40100000);
    expect(driver.insert(1, vma, 0x40000000, PMD_PFN)).toBe(VM_FAULT_NOPAGE);
    expect(driver.entry(0x401ff000)).toBe('pmd 0x80000000e00002b7');
  });

  test.each([
    ['PMD', 1, 0x40001000, 0x40200000],
    ['PUD', 2, 0x40200000, 0x80000000],
  ] as const)(
    'M5-5: a %s that would start before the VMA is SIGBUS',
    (_name, level, start, end) => {
      const driver = new Insertion();
      const vma = driver.vma(start, end);
      expect(driver.insert(level, vma, start, 0x200000)).toBe(VM_FAULT_SIGBUS);
      expect(driver.entry(start)).toMatch(/none$/);
    },
  );

  test('a fault past the VMA is SIGBUS', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + 2 * MiB);
    expect(driver.insert(1, vma, VA + 2 * MiB, PMD_PFN)).toBe(VM_FAULT_SIGBUS);
  });

  test.each([0xe0001, 0xe0002, 0xe01ff])(
    'P03-S4, M5-6: frame %i maps what lies 2 MiB-aligned below it on x86_64, in silence',
    (pfn) => {
      const driver = new Insertion();
      expect(driver.insert(1, driver.vma(VA, VA + GiB), VA, pfn)).toBe(VM_FAULT_NOPAGE);
      expect(driver.entry(VA)).toBe('pmd 0x80000000e00002b7');
      expect(driver.warnings()).toEqual([]);
    },
  );

  test('P03-S4: on arm64 the low bits of the frame stand in the entry', () => {
    const driver = new Insertion({ arch: 'arm64' });
    driver.insert(1, driver.vma(VA, VA + GiB), VA, PMD_PFN);
    const aligned = BigInt(driver.entry(VA).replace('pmd ', ''));
    driver.insert(1, driver.vma(VA, VA + GiB), VA + 2 * MiB, PMD_PFN + 1);
    const stray = BigInt(driver.entry(VA + 2 * MiB).replace('pmd ', ''));
    expect(stray ^ aligned).toBe(0x1000n);
  });

  test('M5-7: a frame of RAM is taken for a MIXEDMAP VMA', () => {
    const driver = new Insertion();
    const vma = driver.vma(VA, VA + GiB, (SHARED_PFNMAP & ~VM_PFNMAP) | VM_MIXEDMAP);
    expect(driver.kernel.mem.isRam(0x200)).toBe(true);
    expect(driver.insert(1, vma, VA, 0x200)).toBe(VM_FAULT_NOPAGE);
    // RAM is write-back, whatever the VMA asks for.
    expect(driver.entry(VA)).toBe('pmd 0x80000000002002a7');
  });
});

describe('a VMA that cannot hold frames is a bug', () => {
  const kinds: ReadonlyArray<readonly [string, number, string]> = [
    ['no PFN mapping', SHARED_PFNMAP & ~VM_PFNMAP, 'neither PFNMAP nor MIXEDMAP'],
    ['not even with VM_IO', (SHARED_PFNMAP & ~VM_PFNMAP) | VM_IO, 'neither PFNMAP nor MIXEDMAP'],
    ['both kinds at once', SHARED_PFNMAP | VM_MIXEDMAP, 'both PFNMAP and MIXEDMAP'],
    ['copy on write', SHARED_PFNMAP & ~VM_SHARED, 'copy-on-write'],
  ];
  test.each(kinds)('%s', (_what, vm_flags, message) => {
    for (const level of [1, 2] as const) {
      const driver = new Insertion();
      const vma = driver.vma(VA, VA + GiB, vm_flags);
      const insert = () => driver.insert(level, vma, VA, PUD_PFN);
      expect(insert).toThrow(KernelBug);
      expect(insert).toThrow(message);
    }
  });

  test('a private MIXEDMAP is none', () => {
    const driver = new Insertion();
    const vm_flags = (SHARED_PFNMAP & ~(VM_PFNMAP | VM_SHARED)) | VM_MIXEDMAP;
    expect(driver.insert(1, driver.vma(VA, VA + GiB, vm_flags), VA, PMD_PFN)).toBe(VM_FAULT_NOPAGE);
  });
});

describe('5.9, 5.10, F5: a BAR that is reserved write-combining, mapped by an uncached VMA', () => {
  // Cache bits of the protection replaced as the memory types do: PWT alone selects write-combining.
  const writeCombining = {
    ...noPfnTracking,
    insert: (_pfn: number, prot: number) => (prot & ~0x10) | 0x8,
  };

  test.each([
    ['6.12', 'pud 0x80000040000002b7'],
    ['6.12.117', 'pud 0x80000040000002b7'],
    ['7.3', 'pud 0x80000040000002af'],
  ])('with %s a PMD takes the type of the BAR, a PUD is %s', (profile, pud) => {
    const driver = new Insertion({ kernel: profile }, writeCombining);
    driver.insert(1, driver.vma(VA, VA + GiB), VA, PMD_PFN);
    driver.insert(2, driver.vma(VA + GiB, VA + 2 * GiB), VA + GiB, PUD_PFN);
    expect(driver.entry(VA)).toBe('pmd 0x80000000e00002af');
    expect(driver.entry(VA + GiB)).toBe(pud);
  });
});
