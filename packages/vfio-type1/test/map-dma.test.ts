// Goal: DMA maps of BARs answer as the kernel does, and cost the lookups that the kernel's form makes.
// Method: the scenarios C7 of the consumers' specification, their numbers expected; results of scenario 19-dma on real
// kernels are compared in the captures' test of @pfnmap/scenario.
import { EEXIST, EFAULT, EINVAL, ENOSPC } from '@pfnmap/mm-core';
import { GiB, KiB, MiB, R, VA } from '@pfnmap/testbed';
import { createVfioType1 } from '@pfnmap/vfio-type1';
import { describe, expect, test } from 'vitest';
import { Container, IOVA } from './container.ts';

const PROT_NONE = 0;

describe('what a map faults in', () => {
  test('C7-1: 1 GiB and 4 MiB, aligned, take one PUD and two PMDs, and charge nothing', () => {
    const container = new Container();
    container.mapBar(GiB + 4 * MiB);
    expect(container.dma(GiB + 4 * MiB)).toBe(0);
    expect(container.handlerCalls()).toEqual(['18 0x100', '18 0x800', '9 0x100', '9 0x100']);
    expect(container.process.mm.locked_vm).toBe(0);
  });

  test('entries that exist already are followed without a fault', () => {
    const container = new Container();
    container.mapBar(GiB);
    container.process.touch(VA, false);
    container.handlerCalls();
    expect(container.dma(GiB)).toBe(0);
    expect(container.handlerCalls()).toEqual([]);
  });

  test('4 KiB off, every page is a lookup and a fault of its own', () => {
    const container = new Container();
    container.mapBar(4 * MiB, { at: VA + 4 * KiB });
    expect(container.dma(64 * KiB, { vaddr: VA + 4 * KiB })).toBe(0);
    const small = container.handlerCalls().filter((call) => call === '0 0x100');
    expect(small).toHaveLength(16);
    expect(container.machine.dma.counts).toEqual({ lookups: 16, iommuMaps: 1 });
  });
});

describe('what a map costs', () => {
  test('7.8: before leaves are batched, 1 GiB in one PUD is 262144 lookups and one iommu_map()', () => {
    const container = new Container();
    container.mapBar(GiB);
    expect(container.dma(GiB)).toBe(0);
    expect(container.machine.dma.counts).toEqual({ lookups: 262144, iommuMaps: 1 });
  });

  test('7.9: from 6.15 on 8 GiB in PUDs is 8 lookups', () => {
    const container = new Container('7.3');
    container.mapBar(8 * GiB);
    expect(container.dma(8 * GiB)).toBe(0);
    expect(container.machine.dma.counts).toEqual({ lookups: 8, iommuMaps: 1 });
  });

  test('C7-6: a lookup from the second page of a PUD gives the 262143 pages to its end', () => {
    const container = new Container('7.3');
    container.mapBar(2 * GiB);
    expect(container.dma(GiB, { vaddr: VA + 4 * KiB })).toBe(0);
    expect(container.machine.dma.counts).toEqual({ lookups: 2, iommuMaps: 1 });
  });

  test('7.13: the IOMMU has its own leaves: 1G where IOVA and physical address are aligned, less elsewhere', () => {
    const container = new Container('7.3');
    container.mapBar(2 * GiB);
    expect(container.dma(2 * GiB, { iova: IOVA + 2 * MiB })).toBe(0);
    expect(container.entries()).toEqual([[2 * MiB, 1024]]);
    const aligned = new Container('7.3');
    aligned.mapBar(2 * GiB);
    expect(aligned.dma(2 * GiB)).toBe(0);
    expect(aligned.entries()).toEqual([[GiB, 2]]);
  });

  test('7.13: small pages of the CPU do not make small entries of the IOMMU', () => {
    const container = new Container('7.3');
    // The address is 4 KiB off, so that the CPU has PTEs; the BAR's own address stays aligned for the IOMMU.
    container.mapBar(4 * MiB, { at: VA + 4 * KiB });
    expect(container.dma(2 * MiB, { vaddr: VA + 4 * KiB })).toBe(0);
    expect(container.machine.dma.counts.lookups).toBe(512);
    expect(container.entries()).toEqual([[2 * MiB, 1]]);
  });
});

describe('what a map refuses', () => {
  test('7.2: no permission, no size, and misaligned addresses are -EINVAL', () => {
    const container = new Container();
    container.mapBar(4 * MiB);
    expect(container.dma(MiB, { read: false, write: false })).toBe(-EINVAL);
    expect(container.dma(0)).toBe(-EINVAL);
    expect(container.dma(MiB, { vaddr: VA + 1 })).toBe(-EINVAL);
    expect(container.dma(MiB, { iova: IOVA + 512 })).toBe(-EINVAL);
  });

  test('7.2: the window of interrupts and what lies above the aperture are -EINVAL', () => {
    const container = new Container();
    container.mapBar(4 * MiB);
    expect(container.dma(MiB, { iova: 0xfee00000 })).toBe(-EINVAL);
    expect(container.dma(MiB, { iova: 2 ** 39 })).toBe(-EINVAL);
  });

  test('C7-2: a read-only mapping can be read by devices, not written', () => {
    const container = new Container();
    container.mapBar(4 * MiB, { prot: R });
    expect(container.dma(2 * MiB)).toBe(-EFAULT);
    expect(container.dma(2 * MiB, { write: false })).toBe(0);
  });

  test('C7-3: memory disabled in the command register is -EFAULT', () => {
    const container = new Container();
    container.mapBar(4 * MiB);
    container.machine.device.writeCommand(0);
    expect(container.dma(2 * MiB)).toBe(-EFAULT);
  });

  test('C7-4: a hole behind the BAR is -EFAULT, and everything mapped before is taken back', () => {
    const container = new Container();
    container.mapBar(2 * MiB);
    expect(container.dma(4 * MiB)).toBe(-EFAULT);
    expect(container.entries()).toEqual([]);
    expect(container.dma(2 * MiB)).toBe(0);
  });

  test('C7-9: with one mapping allowed, the same address is -EEXIST and another -ENOSPC', () => {
    const container = new Container();
    container.mapBar(4 * MiB);
    const { kernel, layers } = container.machine;
    const type1 = createVfioType1(kernel, layers.gup, layers.follow, {
      pageSizes: [4 * KiB],
      aperture: 2 ** 39,
      reserved: [],
      entryLimit: 1,
    });
    const request = { iova: IOVA, vaddr: VA, size: MiB, read: true, write: true };
    const { mm } = container.process;
    expect(type1.mapDma(mm, request)).toBe(0);
    expect(type1.mapDma(mm, request)).toBe(-EEXIST);
    expect(type1.mapDma(mm, { ...request, iova: IOVA + MiB })).toBe(-ENOSPC);
  });
});

describe('permissions of huge entries', () => {
  test('C7-8: a PMD that mprotect made PROT_NONE is followed: devices may read what the CPU may not', () => {
    const container = new Container();
    container.mapBar(2 * MiB);
    container.process.touch(VA, true);
    container.process.mprotect(VA, 2 * MiB, PROT_NONE);
    expect(container.dma(2 * MiB, { write: false })).toBe(0);
  });

  test('C7-8: devices may not write through it', () => {
    const container = new Container();
    container.mapBar(2 * MiB);
    container.process.touch(VA, true);
    container.process.mprotect(VA, 2 * MiB, PROT_NONE);
    expect(container.dma(2 * MiB)).toBe(-EFAULT);
  });
});

describe('ordinary memory', () => {
  test('C7-5: 2 MiB of anonymous memory before a BAR are charged, 512 pages; those of the BAR are not', () => {
    const container = new Container();
    container.mapAnon(2 * MiB, VA);
    container.mapBar(2 * MiB, { at: VA + 2 * MiB });
    expect(container.dma(4 * MiB)).toBe(0);
    expect(container.process.mm.locked_vm).toBe(512);
    expect(container.machine.dma.unmapDma(IOVA, 4 * MiB)).toBe(0);
    expect(container.process.mm.locked_vm).toBe(0);
  });

  test('the device reaches the frames that the program has', () => {
    const container = new Container();
    container.mapAnon(64 * KiB, VA);
    expect(container.dma(64 * KiB)).toBe(0);
    const { pt } = container.machine.kernel;
    for (let offset = 0; offset < 64 * KiB; offset += 4 * KiB) {
      const pfn = pt.pfnAt(0, pt.walk(container.process.mm, VA + offset));
      expect(container.machine.dma.domain.lookup(IOVA + offset)?.address).toBe(pfn * 4 * KiB);
    }
  });
});

describe('unmapping', () => {
  test('7.6: disabling memory takes the program’s entries, not the IOMMU’s', () => {
    const container = new Container();
    container.mapBar(GiB);
    container.dma(GiB);
    container.machine.device.writeCommand(0);
    expect(container.process.touch(VA, false)).toBe(7);
    expect(container.machine.dma.domain.lookup(IOVA)?.size).toBe(GiB);
  });

  test('a mapping may not be cut: -EINVAL, and it stays', () => {
    const container = new Container();
    container.mapBar(4 * MiB);
    container.dma(4 * MiB);
    expect(container.machine.dma.unmapDma(IOVA, 2 * MiB)).toBe(-EINVAL);
    expect(container.machine.dma.unmapDma(IOVA + 2 * MiB, 2 * MiB)).toBe(-EINVAL);
    expect(container.machine.dma.domain.lookup(IOVA)?.size).toBe(2 * MiB);
  });

  test('unmapping a range takes all mappings inside it', () => {
    const container = new Container();
    container.mapBar(4 * MiB);
    container.dma(2 * MiB);
    container.dma(2 * MiB, { iova: IOVA + 4 * MiB, vaddr: VA + 2 * MiB });
    expect(container.machine.dma.unmapDma(IOVA, GiB)).toBe(0);
    expect(container.entries()).toEqual([]);
  });
});

describe('before the series', () => {
  test('patch 13: with follow_pte() the same map of PTEs succeeds', () => {
    const container = new Container('6.11');
    container.mapBar(64 * KiB, { at: VA + 4 * KiB });
    expect(container.dma(64 * KiB, { vaddr: VA + 4 * KiB })).toBe(0);
    expect(container.machine.dma.counts.lookups).toBe(16);
  });
});
