// Goal: regions, and what of them can be mapped, are those of the driver. Method: the scenarios C1 to C3 of the specification on
// devices with BARs of every kind, in kernels that request BARs early and late.
import { EBUSY, EINVAL } from '@pfnmap/mm-core';
import { computer, entryAt, GiB, KiB, MiB, mapBar, R, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';
import {
  type Bar,
  offsetOfRegion,
  VFIO_PCI_CONFIG_REGION_INDEX,
  VFIO_PCI_NUM_REGIONS,
  VFIO_PCI_VGA_REGION_INDEX,
} from '../src/index.ts';
import { deviceWith, mapRegion } from './vfio-device.ts';

const PAGE = 4 * KiB;

describe('VFIO_DEVICE_GET_REGION_INFO', () => {
  const { device } = computer();

  test('C1-1: a BAR of 8 GiB', () => {
    expect(device.regionInfo(2)).toEqual({
      index: 2,
      offset: 0x20000000000,
      size: 0x200000000,
      flags: 7,
    });
  });

  test('C1-2: a BAR that is absent', () => {
    expect(device.regionInfo(1)).toEqual({ index: 1, offset: 2 ** 40, size: 0, flags: 0 });
  });

  test('1.3, 1.5: config space can be read and written, not mapped', () => {
    expect(device.regionInfo(VFIO_PCI_CONFIG_REGION_INDEX)).toEqual({
      index: 7,
      offset: 0x70000000000,
      size: 256,
      flags: 3,
    });
  });

  test('1.5: a device without a ROM has a region of no size', () => {
    expect(device.regionInfo(6)).toMatchObject({ size: 0, flags: 0 });
  });

  test('C1-7: VGA is EINVAL on a device without it, and so is every index above', () => {
    expect(device.regionInfo(VFIO_PCI_VGA_REGION_INDEX)).toBe(-EINVAL);
    expect(device.regionInfo(VFIO_PCI_NUM_REGIONS)).toBe(-EINVAL);
  });

  test('1.3: an offset is the index in bits 40 and up', () => {
    expect([0, 2, 7].map(offsetOfRegion)).toEqual([0, 0x20000000000, 0x70000000000]);
  });
});

describe('which BARs can be mapped', () => {
  const isMappable = (bars: Readonly<Record<number, Bar>>, index: number, machine = computer()) => {
    const device = deviceWith(machine, bars);
    const info = device.regionInfo(index);
    const mapped = mapRegion(machine.spawn(), device, index, { at: VA, length: PAGE });
    const flags = typeof info === 'number' ? 0 : info.flags;
    expect(mapped === VA).toBe((flags & 4) !== 0);
    return flags;
  };

  test('C2-1: one page, aligned', () => {
    expect(isMappable({ 0: { start: 0xfe000000, size: PAGE } }, 0)).toBe(7);
  });

  test('C2-2: less than a page, at its start', () => {
    expect(isMappable({ 0: { start: 0xfe000000, size: 0x100 } }, 0)).toBe(7);
  });

  test('C2-3: not less than a page inside one', () => {
    expect(isMappable({ 0: { start: 0xfe000100, size: 0x100 } }, 0)).toBe(3);
  });

  test('C2-4: neither of two that share a page', () => {
    const bars = { 0: { start: 0xfe000000, size: 0x100 }, 1: { start: 0xfe000100, size: 0x100 } };
    expect([isMappable(bars, 0), isMappable(bars, 1)]).toEqual([3, 3]);
  });

  test('C2-4: the next page is another matter', () => {
    const bars = { 0: { start: 0xfe000000, size: 0x100 }, 1: { start: 0xfe001000, size: 0x100 } };
    expect([isMappable(bars, 0), isMappable(bars, 1)]).toEqual([7, 7]);
  });

  test('C2-5: 16 KiB at the start of a page of 64 KiB', () => {
    const machine = computer({ arch: 'arm64', with: ['ARM64_64K_PAGES'] });
    const device = deviceWith(machine, {
      0: { start: 0x8000010000, size: 16 * KiB },
      1: { start: 0x8000024000, size: 16 * KiB },
    });
    expect(device.regionInfo(0)).toMatchObject({ flags: 7, size: 16 * KiB });
    expect(device.regionInfo(1)).toMatchObject({ flags: 3 });
  });

  test('C2-6: no I/O BAR, and it takes no page from a memory BAR', () => {
    const bars = {
      0: { start: 0xfe000000, size: 0x100 },
      1: { start: 0xfe000100, size: 0x100, io: true },
    };
    expect([isMappable(bars, 0), isMappable(bars, 1)]).toEqual([7, 3]);
  });

  test.each([
    ['6.12.117', 7],
    ['7.3', 3],
  ])('C2-7: %s gives BARs of a device that forbids mapping the flags %i', (kernel, flags) => {
    const machine = computer({ kernel });
    const bars = { 2: { start: 0x400000000, size: GiB } };
    expect(deviceWith(machine, bars, { nonMappableBars: true }).regionInfo(2)).toMatchObject({
      flags,
    });
  });
});

describe('mmap', () => {
  const END = 8 * GiB;
  const machine = computer();
  const asked = (index: number, offset: number, length: number, shared = true): number => {
    const process = machine.spawn();
    const mapped = mapRegion(process, machine.device, index, { at: VA, length, offset, shared });
    process.exit();
    return mapped;
  };

  test('C3-1: up to the end of the BAR, and not beyond', () => {
    expect(asked(2, 0, END)).toBe(VA);
    expect(asked(2, 0, END + PAGE)).toBe(-EINVAL);
    expect(asked(2, END - PAGE, PAGE)).toBe(VA);
    expect(asked(2, END - PAGE, 2 * PAGE)).toBe(-EINVAL);
    expect(asked(2, END, PAGE)).toBe(-EINVAL);
  });

  test('2.2: a BAR of 0x100 bytes up to the end of its page', () => {
    expect(asked(0, 0, PAGE)).toBe(VA);
    expect(asked(0, 0, 2 * PAGE)).toBe(-EINVAL);
  });

  test('C3-2: neither ROM nor config space nor VGA nor an absent BAR', () => {
    expect([6, 7, 8, 1].map((index) => asked(index, 0, PAGE))).toEqual([
      -EINVAL,
      -EINVAL,
      -EINVAL,
      -EINVAL,
    ]);
  });

  test('C3-3: no region beyond the last', () => {
    expect([9, 10, 200].map((index) => asked(index, 0, PAGE))).toEqual([-EINVAL, -EINVAL, -EINVAL]);
  });

  test('C3-4: not privately', () => {
    expect(asked(2, 0, PAGE, false)).toBe(-EINVAL);
  });

  test('3.6: not through a file that was opened for reading alone', () => {
    const process = machine.spawn();
    const file = { ...machine.device.file, writable: false };
    const request = { address: VA, length: PAGE, prot: R, shared: true, offset: 2 * 2 ** 40 };
    expect(process.mmap({ ...request, file })).toBe(-EINVAL);
  });

  test('3.4, T1, C16-5: it sets flags, protection and operations, and maps nothing', () => {
    const process = machine.spawn();
    const { pgtables_bytes } = process.mm;
    mapBar(machine, process, { length: 8 * GiB });
    const vma = process.mm.vmas[0]!;
    // VM_IO, PFNMAP, DONTEXPAND, DONTDUMP, what may be done with a shared mapping, and soft-dirty.
    expect(vma.vm_flags >>> 0).toBe(0x0c0444fb);
    // VM_ALLOW_ANY_UNCACHED is bit 39.
    expect(vma.vm_flags_high).toBe(2 ** 7);
    expect(machine.kernel.arch.pgprot_val(vma.vm_page_prot)).toBe(0x8000000000000037n);
    expect(Object.keys(vma.vm_ops!).sort()).toEqual(['fault', 'huge_fault']);
    expect(process.mm.pgtables_bytes).toBe(pgtables_bytes);
  });

  test('3.7: PROT_EXEC leaves NX clear', () => {
    const process = machine.spawn();
    mapBar(machine, process, { length: GiB, prot: 7 });
    process.touch(VA, false);
    expect(entryAt(machine, process, VA).word).toBe(0x2000002b7n);
  });

  test('C1-6: vm_pgoff holds index and page, and the frame is the BAR’s', () => {
    const process = machine.spawn();
    mapBar(machine, process, { length: 16 * KiB, offset: 0x5000 });
    expect(process.mm.vmas[0]!.vm_pgoff).toBe(0x20000005);
    process.touch(VA, false);
    expect(entryAt(machine, process, VA).word).toBe(0x8000000200005237n);
  });

  test.each([
    ['posted-18', ['fault']],
    ['posted-19', ['fault', 'huge_fault']],
    ['7.3', ['fault', 'huge_fault']],
  ])('%s has the operations %j', (kernel, names) => {
    const other = computer({ kernel });
    const process = other.spawn();
    mapBar(other, process, { length: 2 * MiB });
    expect(Object.keys(process.mm.vmas[0]!.vm_ops!).sort()).toEqual(names);
  });

  test('P18-S5, K9: without huge PFN mappings there is no huge_fault', () => {
    for (const wanted of [
      { arch: 'arm64', kernel: 'posted-19', reverted: ['ARCH_SUPPORTS_HUGE_PFNMAP'] },
      { without: ['TRANSPARENT_HUGEPAGE'] },
    ] as const) {
      const other = computer(wanted);
      const process = other.spawn();
      mapBar(other, process, { length: 2 * MiB });
      expect(Object.keys(process.mm.vmas[0]!.vm_ops!)).toEqual(['fault']);
    }
  });
});

describe('C3-5: a BAR that another driver has', () => {
  const claimed = (kernel: string) => {
    const machine = computer({ kernel });
    const asked: number[] = [];
    let free = false;
    const device = deviceWith(
      machine,
      { 2: { start: 0x400000000, size: GiB } },
      {
        onBarEnabled: (bar) => {
          asked.push(bar.start);
          return free ? 0 : -EBUSY;
        },
      },
    );
    const map = (): number => {
      const process = machine.spawn();
      return mapRegion(process, device, 2, { at: VA, length: PAGE });
    };
    return { asked, map, release: () => (free = true) };
  };

  test('6.12.117 asks for it at each mmap until it is had', () => {
    const { asked, map, release } = claimed('6.12.117');
    expect(asked).toHaveLength(0);
    expect([map(), map()]).toEqual([-EBUSY, -EBUSY]);
    release();
    expect([map(), map()]).toEqual([VA, VA]);
    expect(asked).toHaveLength(3);
  });

  test('7.3 asks when the device is opened, and never again', () => {
    const { asked, map, release } = claimed('7.3');
    expect(asked).toHaveLength(1);
    release();
    expect([map(), map()]).toEqual([-EBUSY, -EBUSY]);
    expect(asked).toHaveLength(1);
  });
});
