// Goal: what a guest gets of a program's memory, and the error that it gets instead, before and after patch 14. Method: the
// scenarios of the specification (C15 and P14) on whole machines, and random layouts against a plain reading of the rules.
import { EBUSY, EFAULT, EINVAL, ENOMEM } from '@pfnmap/mm-core';
import { PGTABLE_LEVEL_PMD, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';
import { GiB, KiB, MiB, mapAnon, mapBar, R, VA, type Wanted } from '@pfnmap/testbed';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ACRN_MEM_ACCESS_EXEC, ACRN_MEM_MAPPING_MAX, ACRN_MEM_TYPE_WB } from '../src/index.ts';
import { AFTER, BEFORE_P14, BOTH, GUEST, PAGE, READ, READ_WRITE, ServiceVm } from './service-vm.ts';

describe.each(BOTH)('%s', (_name, wanted) => {
  test('P14-S3, C15-1: what was never touched is not faulted in: EINVAL', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(2 * PAGE);
    const faults = own.machine.cpu.faults();
    expect(own.map(2 * PAGE)).toBe(-EINVAL);
    own.touch(0);
    expect(own.map(2 * PAGE)).toBe(-EINVAL);
    expect(own.map(PAGE)).toBe(0);
    expect(own.machine.cpu.faults() - faults).toBe(1);
    expect(own.level(VA + PAGE)).toBe(PGTABLE_LEVEL_PTE);
  });

  test('pages in a row are one region, write-back', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(4 * PAGE);
    own.touch(0, PAGE, 2 * PAGE, 3 * PAGE);
    expect(own.map(3 * PAGE, READ_WRITE | ACRN_MEM_ACCESS_EXEC, VA + PAGE)).toBe(0);
    expect(own.regions).toEqual([
      {
        user_vm_pa: GUEST,
        service_vm_pa: BigInt(own.machine.bar2Pfn + 1) * 4096n,
        size: 3 * PAGE,
        attr: ACRN_MEM_TYPE_WB | 7,
      },
    ]);
    expect(own.lookups()).toBe(3);
    expect(own.process.mm.mmap_lock).toBe('free');
  });

  test('P14.4: a page out of step is EINVAL, found where it stands', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(4 * PAGE);
    own.touch(0, PAGE, 2 * PAGE, 3 * PAGE);
    const { pt } = own.machine.kernel;
    const slot = pt.walk(own.process.mm, VA + 2 * PAGE);
    pt.set(PGTABLE_LEVEL_PTE, slot, own.machine.bar2Pfn + 7, pt.ptep_get(slot));
    expect(own.map(4 * PAGE)).toBe(-EINVAL);
    expect(own.lookups()).toBe(3);
    expect(own.map(2 * PAGE)).toBe(0);
  });

  test('C15-3 with PTEs: read-only pages can be had for reading only', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(2 * PAGE, { prot: R });
    own.touch(0, PAGE);
    expect(own.map(2 * PAGE, READ_WRITE)).toBe(-EFAULT);
    expect(own.lookups()).toBe(1);
    expect(own.map(2 * PAGE, READ)).toBe(0);
  });

  test('15.1: pages that the kernel gave to somebody are EFAULT, reserved ones are not', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(2 * PAGE, { pfn: 0x20 });
    own.touch(0, PAGE);
    expect(own.map(2 * PAGE)).toBe(-EFAULT);
    own.reserved.add(0x20);
    expect([own.map(PAGE), own.map(2 * PAGE)]).toEqual([0, -EFAULT]);
    own.reserved.add(0x21);
    expect(own.map(2 * PAGE)).toBe(0);
  });

  test('15.1: the permission is asked before the kind of page, and that before its place', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(2 * PAGE, { pfn: 0x20, prot: R });
    own.touch(0, PAGE);
    own.reserved.add(0x20);
    const { pt } = own.machine.kernel;
    const slot = pt.walk(own.process.mm, VA + PAGE);
    pt.set(PGTABLE_LEVEL_PTE, slot, 0x30, pt.ptep_get(slot));
    expect(own.map(2 * PAGE, READ)).toBe(-EFAULT);
    own.reserved.add(0x30);
    expect(own.map(2 * PAGE, READ)).toBe(-EINVAL);
    expect(own.map(2 * PAGE, READ_WRITE)).toBe(-EFAULT);
  });

  test('15.1: no guest, no request, less than a page', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(PAGE);
    own.touch(0);
    const { mm } = own.process;
    const memmap = { user_vm_pa: GUEST, vma_base: VA, len: PAGE, attr: READ };
    expect(own.acrn.acrn_vm_ram_map(mm, null, memmap)).toBe(-EINVAL);
    expect(own.acrn.acrn_vm_ram_map(mm, own.vm, null)).toBe(-EINVAL);
    expect([own.map(0), own.map(PAGE - 1), own.map(PAGE)]).toEqual([-EINVAL, -EINVAL, 0]);
  });

  test('C15-4: a range that goes on in the next VMA is EINVAL', () => {
    const own = new ServiceVm(wanted);
    for (const at of [VA, VA + 16 * KiB]) {
      mapBar(own.machine, own.process, { at, length: 16 * KiB, offset: at - VA });
      for (let page = 0; page < 4; page++) own.process.touch(at + page * PAGE, false);
    }
    own.process.mprotect(VA, 16 * KiB, R);
    expect(own.process.mm.vma_lookup(VA)?.vm_end).toBe(VA + 16 * KiB);
    expect(own.map(16 * KiB + PAGE, READ)).toBe(-EINVAL);
    expect(own.lookups()).toBe(0);
    expect(own.map(16 * KiB, READ)).toBe(0);
  });

  test('15.4: whole pages are checked, all bytes are told', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(4 * PAGE);
    own.touch(0);
    expect(own.map(PAGE + 0x800)).toBe(0);
    expect(own.lookups()).toBe(1);
    expect(own.regions.map(({ size }) => size)).toEqual([PAGE + 0x800]);
  });

  test('what the hypervisor answers is the answer', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(PAGE);
    own.touch(0);
    own.answer = -EBUSY;
    expect(own.map(PAGE)).toBe(-EBUSY);
  });

  describe('15.5: ordinary memory', () => {
    const withMemory = (length: number): ServiceVm => {
      const own = new ServiceVm(wanted);
      mapAnon(own.process, VA, length);
      return own;
    };

    test('is faulted in for writing and told page by page', () => {
      const own = withMemory(3 * PAGE);
      expect(own.map(3 * PAGE, READ)).toBe(0);
      expect(own.regions.map(({ user_vm_pa, size }) => [user_vm_pa - GUEST, size])).toEqual([
        [0, PAGE],
        [PAGE, PAGE],
        [2 * PAGE, PAGE],
      ]);
      expect(own.vm.regions_mapping_count).toBe(1);
      expect(own.lookups()).toBe(0);
    });

    test('that ends early is EFAULT, and so is none', () => {
      const own = withMemory(2 * PAGE);
      expect(own.map(3 * PAGE)).toBe(-EFAULT);
      expect(own.map(PAGE, READ, VA + MiB)).toBe(-EFAULT);
      expect(own.regions).toEqual([]);
    });

    test('that is read-only is EFAULT', () => {
      const own = withMemory(PAGE);
      own.process.mprotect(VA, PAGE, R);
      expect(own.map(PAGE, READ)).toBe(-EFAULT);
    });

    test('needs room in the kernel, and a slot of the guest', () => {
      const own = withMemory(PAGE);
      own.hasRoom = false;
      expect(own.map(PAGE)).toBe(-ENOMEM);
      own.hasRoom = true;
      for (let slot = 0; slot < ACRN_MEM_MAPPING_MAX; slot++) expect(own.map(PAGE)).toBe(0);
      expect(own.map(PAGE)).toBe(-ENOMEM);
      expect(own.vm.regions_mapping_count).toBe(ACRN_MEM_MAPPING_MAX);
    });

    test('that the hypervisor refuses takes no slot', () => {
      const own = withMemory(PAGE);
      own.answer = -EBUSY;
      expect(own.map(PAGE)).toBe(-EBUSY);
      expect(own.vm.regions_mapping_count).toBe(0);
    });
  });
});

describe('huge entries before patch 14', () => {
  test.each([
    ['P14-S1, Q15: a PMD', 4 * MiB, 1],
    ['a PUD', GiB, 2],
  ])('%s is EINVAL', (_title, length, level) => {
    const own = new ServiceVm(BEFORE_P14);
    own.mapLab(length);
    own.touch(0);
    expect(own.level(VA)).toBe(level);
    expect(own.map(PAGE)).toBe(-EINVAL);
  });

  test('R4: with DEBUG_VM a PMD is a bug, a PUD is EINVAL', () => {
    const wanted = { ...BEFORE_P14, with: ['DEBUG_VM'] };
    const pmd = new ServiceVm(wanted);
    pmd.mapLab(2 * MiB);
    pmd.touch(0);
    expect(() => pmd.map(PAGE)).toThrow('a PMD leaf');
    const pud = new ServiceVm(wanted);
    pud.mapLab(GiB);
    pud.touch(0);
    expect(pud.map(PAGE)).toBe(-EINVAL);
  });
});

describe.each(AFTER)('huge entries, %s', (_name, wanted) => {
  test('P14-S1, Q15: two PMDs in a row are one region, after 1024 lookups', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(4 * MiB);
    own.touch(0, 2 * MiB);
    expect([own.level(VA), own.level(VA + 2 * MiB)]).toEqual([1, 1]);
    expect(own.map(4 * MiB)).toBe(0);
    expect(own.lookups()).toBe(1024);
    expect(own.regions).toEqual([
      {
        user_vm_pa: GUEST,
        service_vm_pa: BigInt(own.machine.bar2Pfn) * 4096n,
        size: 4 * MiB,
        attr: ACRN_MEM_TYPE_WB | READ_WRITE,
      },
    ]);
  });

  test('P14-S2: a gap between two PMDs is found at page 512', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(4 * MiB);
    own.touch(0, 2 * MiB);
    const { pt } = own.machine.kernel;
    const slot = pt.walk(own.process.mm, VA + 2 * MiB);
    pt.set(PGTABLE_LEVEL_PMD, slot, own.machine.bar2Pfn + 1024, pt.pmdp_get(slot));
    expect(own.map(4 * MiB)).toBe(-EINVAL);
    expect(own.lookups()).toBe(513);
    expect(own.map(2 * MiB)).toBe(0);
  });

  test('P14-S4, C15-3: a read-only PMD that the guest shall write is EFAULT at page 0', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(2 * MiB);
    own.touch(0);
    own.process.mprotect(VA, 2 * MiB, R);
    expect(own.level(VA)).toBe(1);
    expect(own.map(2 * MiB)).toBe(-EFAULT);
    expect(own.lookups()).toBe(1);
    expect(own.map(2 * MiB, READ)).toBe(0);
  });

  test('C15-2, 15.2: 1 GiB of one PUD is one region after 262144 lookups', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(GiB);
    own.touch(0);
    expect(own.level(VA)).toBe(2);
    expect(own.map(GiB)).toBe(0);
    expect(own.lookups()).toBe(262144);
    expect(own.regions.map(({ size }) => size)).toEqual([GiB]);
  });

  test('a range may start and end inside of entries', () => {
    const own = new ServiceVm(wanted);
    own.mapLab(4 * MiB);
    own.touch(0, 2 * MiB);
    expect(own.map(2 * MiB, READ, VA + MiB)).toBe(0);
    expect(own.regions.map(({ service_vm_pa }) => service_vm_pa)).toEqual([
      BigInt(own.machine.bar2Pfn + 256) * 4096n,
    ]);
  });
});

test('P14.6: a mapping that is zapped afterwards is not told', () => {
  const own = new ServiceVm();
  own.mapLab(2 * MiB);
  own.touch(0);
  own.map(2 * MiB);
  own.machine.layers.memory.zap_vma_ptes(own.process.mm.vma_lookup(VA)!, VA, 2 * MiB);
  expect(own.regions).toHaveLength(1);
  expect(own.map(2 * MiB)).toBe(-EINVAL);
});

test('P14.4: whatever lies in the pages, the first rule that is broken answers', () => {
  const PAGES = 6;
  const page = fc.record({
    kind: fc.constantFrom('next', 'next', 'next', 'gap', 'empty', 'ram', 'reserved'),
    writable: fc.boolean(),
  });
  const follows = fc.property(
    fc.array(page, { minLength: PAGES, maxLength: PAGES }),
    fc.integer({ min: 1, max: PAGES }),
    fc.boolean(),
    fc.constantFrom<Wanted>(BEFORE_P14, {}),
    (pages, count, write, wanted) => {
      const own = new ServiceVm(wanted);
      own.mapLab(PAGES * PAGE);
      const { kernel, bar2Pfn } = own.machine;
      const { pt, arch } = kernel;
      const frames = pages.map(({ kind, writable }, index) => {
        own.touch(index * PAGE);
        const slot = pt.walk(own.process.mm, VA + index * PAGE);
        const pfn =
          kind === 'ram' || kind === 'reserved'
            ? 0x40 + index
            : bar2Pfn + index + (kind === 'gap' ? 100 : 0);
        if (kind === 'reserved') own.reserved.add(pfn);
        const pte = pt.ptep_get(slot);
        pt.set(PGTABLE_LEVEL_PTE, slot, pfn, writable ? pte : arch.pte_wrprotect(pte));
        if (kind === 'empty') pt.clear(slot);
        return { kind, writable, pfn };
      });
      const first = frames[0]!.pfn;
      const errors = frames.slice(0, count).map(({ kind, writable, pfn }, index) => {
        if (kind === 'empty') return -EINVAL;
        if (write && !writable) return -EFAULT;
        if (kind === 'ram') return -EFAULT;
        return pfn === first + index ? 0 : -EINVAL;
      });
      const expected = errors.find((error) => error !== 0) ?? 0;
      expect(own.map(count * PAGE, write ? READ_WRITE : READ)).toBe(expected);
      expect(own.regions).toHaveLength(expected === 0 ? 1 : 0);
    },
  );
  fc.assert(follows, { seed: 14, numRuns: 60 });
});
