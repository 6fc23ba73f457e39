// Goal: mmap() grants, refuses and undoes as Linux does, and gives the flags that Linux gives. Method: sections 1 and 2 of the
// specification, and its remarks about drivers.
import {
  EEXIST,
  EINVAL,
  ENOMEM,
  formatVmFlags,
  VM_LOCKED,
  VM_MAYWRITE,
  VM_SHARED,
  type VmAreaStruct,
  vm_area_dup,
} from '@pfnmap/mm-core';
import { createMmMmap, vmFlagsOfProt } from '@pfnmap/mm-mmap';
import { BarProcess, fileOf, GiB, MiB, VA } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const flags = (bar: BarProcess, address = VA): string => {
  const { vm_flags, vm_flags_high } = bar.vma(address);
  return formatVmFlags(vm_flags, vm_flags_high);
};

describe('flags of a mapping', () => {
  test('1.10: of a BAR through vfio-pci', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    expect(flags(bar)).toBe('rd wr sh mr mw me ms pf io de dd sd ??');
  });
  test('of anonymous memory', () => {
    const bar = new BarProcess();
    bar.mapFile(null, 4096, { shared: false });
    expect(flags(bar)).toBe('rd wr mr mw me ac sd');
  });
  test('on arm64, without soft-dirty', () => {
    const bar = new BarProcess({ arch: 'arm64' });
    bar.map(GiB);
    expect(flags(bar)).toBe('rd wr sh mr mw me ms pf io de dd ??');
  });
  test('1.8: a shared mapping of a file opened for reading is not shared to its driver', () => {
    const bar = new BarProcess();
    const file = { ...fileOf(() => 0), writable: false };
    bar.mapFile(file, 4096, { prot: 1 });
    expect(bar.vma().vm_flags & (VM_SHARED | VM_MAYWRITE)).toBe(0);
    expect(flags(bar)).toBe('rd mr me ms sd');
  });
  test('PROT_* bits are VM_* bits', () => {
    expect([0, 1, 2, 3, 4, 7].map(vmFlagsOfProt)).toEqual([0, 1, 2, 3, 4, 7]);
  });
  test('22.15: VM_LOCKED does not stay with a special mapping', () => {
    const bar = new BarProcess();
    bar.mapFile(
      fileOf((vma) => {
        vma.vm_flags |= VM_LOCKED | 0x400;
        return 0;
      }),
      4096,
    );
    expect(bar.vma().vm_flags & VM_LOCKED).toBe(0);
  });
});

describe('what is refused', () => {
  test.each([
    ['no length', { address: VA, length: 0, offset: 0 }],
    ['a misaligned address', { address: VA + 1, length: 4096, offset: 0 }],
    ['a misaligned offset', { address: VA, length: 4096, offset: 1 }],
  ])('%s is EINVAL', (_what, where) => {
    const bar = new BarProcess();
    const request = { ...where, prot: 3, shared: true, file: bar.machine.device.file };
    expect(bar.process.mmap(request)).toBe(-EINVAL);
  });

  test('an occupied range, where nothing may be replaced', () => {
    const bar = new BarProcess();
    bar.map(GiB);
    bar.touch();
    const request = {
      address: VA + GiB - 4096,
      length: 8192,
      prot: 3,
      shared: false,
      file: null,
      offset: 0,
    };
    expect(bar.process.mmap({ ...request, noreplace: true })).toBe(-EEXIST);
    expect(bar.entry()).toBe('pud 0x80000002000002b7');
  });

  test('2.6: private writable memory beyond the commit limit, before the driver is asked', () => {
    const bar = new BarProcess();
    const asked: VmAreaStruct[] = [];
    const file = fileOf((vma) => {
      asked.push(vma);
      return -EINVAL;
    });
    const { huge, memory, pagewalk } = bar.machine.layers;
    const mmap = createMmMmap(bar.machine.kernel, {
      huge,
      memory,
      pagewalk,
      mayCommit: (pages) => pages < 1000,
    });
    const call = (length: number, noreserve = false): number =>
      mmap.mmap(bar.process.mm, {
        address: VA,
        length,
        prot: 3,
        shared: false,
        file,
        offset: 0,
        noreserve,
      });
    expect(call(8 * GiB)).toBe(-ENOMEM);
    expect(asked).toEqual([]);
    expect(call(4096)).toBe(-EINVAL);
    expect(call(8 * GiB, true)).toBe(-EINVAL);
    expect(asked).toHaveLength(2);
  });

  test('what a driver filled before it refused goes away, tables and all', () => {
    const bar = new BarProcess();
    const { mem } = bar.machine.kernel;
    const before = mem.framesInUse();
    const { memory } = bar.machine.layers;
    const file = fileOf((vma) => {
      const ret = memory.remap_pfn_range(vma, VA, 0x200000, 2 * MiB, vma.vm_page_prot);
      return ret === 0 ? -EINVAL : ret;
    });
    let answer = 0;
    const flushes = bar.record('tlb', () => {
      answer = bar.mapFile(file, 4 * MiB);
    });
    expect(answer).toBe(-EINVAL);
    // What was filled, and the tables.
    expect(flushes).toHaveLength(2);
    expect(mem.framesInUse()).toBe(before);
    expect(bar.process.mm.vma_lookup(VA)).toBe(null);
  });
});

test('22.14: a mapping over another one replaces what it covers', () => {
  const bar = new BarProcess();
  bar.map(2 * GiB);
  bar.touchAll(VA, VA + 2 * GiB, GiB);
  bar.mapFile(null, GiB, { shared: false });
  expect(bar.vma().vm_file).toBe(null);
  expect([bar.entry(), bar.entry(VA + GiB)]).toEqual(['pud none', 'pud 0x80000002400002b7']);
});

test('a driver hears of every mapping that comes and goes', () => {
  const bar = new BarProcess();
  const heard: string[] = [];
  const place = ({ vm_start, vm_end }: VmAreaStruct): string =>
    `${(vm_start - VA).toString(16)}-${(vm_end - VA).toString(16)}`;
  const file = fileOf((vma) => {
    vma.vm_ops = {
      open: (copy) => heard.push(`open ${place(copy)}`),
      close: (gone) => heard.push(`close ${place(gone)}`),
    };
    return 0;
  });
  bar.mapFile(file, 0x8000);
  bar.process.munmap(VA + 0x2000, 0x1000);
  expect(heard.splice(0)).toEqual(['open 2000-8000', 'open 3000-8000', 'close 2000-3000']);
  bar.process.mremap({
    address: VA,
    oldLength: 0x2000,
    newLength: 0x2000,
    flags: 3,
    newAddress: VA + GiB,
  });
  expect(heard.splice(0)).toEqual(['open 40000000-40002000', 'close 0-2000']);
  bar.process.exit();
  expect(heard).toEqual(['close 3000-8000', 'close 40000000-40002000']);
});

test('10.2: at the limit of mappings a VMA cannot be split', () => {
  const bar = new BarProcess();
  bar.map(GiB);
  const { mm } = bar.process;
  for (let page = 0; mm.map_count < 65530; page++) {
    const other = vm_area_dup(bar.vma());
    other.vm_start = VA + 2 * GiB + page * 8192;
    other.vm_end = other.vm_start + 4096;
    mm.link(other);
  }
  expect(bar.process.munmap(VA, 2 * MiB)).toBe(-ENOMEM);
  expect(bar.process.mprotect(VA + 2 * MiB, 2 * MiB, 1)).toBe(-ENOMEM);
  expect(bar.process.madvise(VA + 2 * MiB, 2 * MiB, 15)).toBe(-ENOMEM);
  expect(bar.vma().vm_end).toBe(VA + GiB);
  expect(bar.process.munmap(VA, GiB)).toBe(0);
});

test('mmap_lock is held for writing during a call and free after it', () => {
  const bar = new BarProcess();
  const held: string[] = [];
  bar.mapFile(
    fileOf((vma) => {
      held.push(vma.vm_mm.mmap_lock);
      return -EINVAL;
    }),
    4096,
  );
  expect([held, bar.process.mm.mmap_lock]).toEqual([['write'], 'free']);
});
