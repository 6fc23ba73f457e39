// Goal: an address is followed through every table to the memory, and where the way ends it says why. Method: the words and
// frames of the specification's timelines and numbered scenarios; BAR 2 of 8 GiB at 0x200000000, 0x8000000000 on arm64.
import type { Kvm } from '@pfnmap/kvm-consumer';
import { type Machine, type Process, translate } from '@pfnmap/machine';
import { computer, GiB, KiB, MiB, mapBar, VA, type Wanted } from '@pfnmap/testbed';
import { describe, expect, test } from 'vitest';

const GPA = 8 * GiB;

/** A program with a guest on a machine. */
class Vmm {
  readonly machine: Machine;
  readonly process: Process;
  readonly vm: Kvm;
  private slots = 0;

  constructor(wanted: Wanted = {}) {
    this.machine = computer({ ramBytes: 32 * MiB, ...wanted });
    this.process = this.machine.spawn();
    this.vm = this.machine.kvm.createVm(this.process.mm);
  }

  map(length: number, at = VA): void {
    expect(mapBar(this.machine, this.process, { length, at })).toBe(at);
  }

  slot(gpa: number, length: number, hva = VA): void {
    const result = this.machine.kvm.kvm_set_memory_region(this.vm, {
      slot: this.slots++,
      flags: 0,
      guest_phys_addr: gpa,
      memory_size: length,
      userspace_addr: hva,
    });
    expect(result).toBe(0);
  }

  access(gpa: number): number {
    return this.vm.mmu.access(gpa, 'read');
  }

  dma(iova: number, size: number, vaddr = VA): number {
    const { dma } = this.machine;
    return dma.mapDma(this.process.mm, { iova, vaddr, size, read: true, write: true });
  }

  hva(address: number) {
    return translate(this.machine, { from: 'hva', address, mm: this.process.mm });
  }

  gpa(address: number, from: 'gpa' | 'gva' = 'gpa') {
    return translate(this.machine, { from, address, vm: this.vm });
  }

  iova(address: number) {
    return translate(this.machine, { from: 'iova', address });
  }
}

type Translated = ReturnType<Vmm['hva']>;

const stage = ({ stages }: Translated, kind: string) => stages.find((each) => each.kind === kind)!;

/** The entry where a stage ends: `3: 0x340000ee7`. */
const leaf = (translated: Translated, kind: string): string => {
  const last = stage(translated, kind).entries.at(-1)!;
  return `${last.level}: 0x${last.word.toString(16)}`;
};

describe('x86_64', () => {
  test('T1: a guest address of a BAR in 1 GiB leaves', () => {
    const vmm = new Vmm();
    vmm.map(8 * GiB);
    vmm.slot(GPA, 8 * GiB);
    vmm.access(GPA + 5 * GiB);
    const found = vmm.gpa(GPA + 5 * GiB + 0x1234);
    expect(found.stages.map(({ kind }) => kind)).toEqual(['slot', 'stage2', 'host']);
    expect(stage(found, 'slot').output).toBe(VA + 5 * GiB + 0x1234);
    expect(leaf(found, 'stage2')).toBe('3: 0x340000ee7');
    expect(leaf(found, 'host')).toBe('pud: 0x80000003400002b7');
    expect(stage(found, 'stage2').entries.map(({ level, index }) => [level, index])).toEqual([
      ['4', 0],
      ['3', 13],
    ]);
    expect(stage(found, 'host').entries.map(({ level, index }) => [level, index])).toEqual([
      ['pgd', 254],
      ['pud', 5],
    ]);
    expect(found.physical).toBe(0x340001234);
    expect(found.holder).toBe('BAR 2 + 0x140001234');
    expect(found.tlb).toEqual({ size: GiB, limitedBy: 'stage2' });
  });

  test('C10-2: 2 MiB between guest and host addresses make 2 MiB leaves of 1 GiB ones, and it says so', () => {
    const vmm = new Vmm();
    vmm.map(8 * GiB);
    vmm.slot(GPA + 2 * MiB, 4 * GiB);
    vmm.access(GPA + 2 * MiB);
    const found = vmm.gpa(GPA + 2 * MiB);
    expect(leaf(found, 'stage2')).toBe('2: 0x200000ee7');
    expect(stage(found, 'stage2').facts).toEqual([
      'no entry of 1G: guest-physical and host-virtual address differ modulo 1G',
    ]);
    expect(stage(found, 'host').leafSize).toBe(GiB);
    expect(found.tlb?.size).toBe(2 * MiB);
  });

  test('C10-4: the tail of a slot is no block of 1 GiB', () => {
    const vmm = new Vmm();
    vmm.map(2 * GiB);
    vmm.slot(GPA, GiB + 2 * MiB);
    vmm.access(GPA + GiB);
    const found = vmm.gpa(GPA + GiB);
    expect(found.tlb?.size).toBe(2 * MiB);
    expect(stage(found, 'stage2').facts).toEqual([
      'no entry of 1G: the 1G around it are not all in the slot',
    ]);
  });

  test("C10-6: host leaves of 2 MiB limit the guest's, and the phase of the mapping limits the host's", () => {
    const vmm = new Vmm();
    vmm.map(2 * GiB, VA + 2 * MiB);
    vmm.slot(GPA + 2 * MiB, 2 * GiB, VA + 2 * MiB);
    vmm.access(GPA + GiB);
    const found = vmm.gpa(GPA + GiB);
    expect(stage(found, 'stage2').facts).toEqual(["no entry of 1G: the host's entry maps 2M"]);
    expect(stage(found, 'host').facts[1]).toBe(
      'no entry of 1G: virtual and physical address differ modulo 1G',
    );
  });

  test('a mapping that ends within a GiB has no entry for it', () => {
    const vmm = new Vmm();
    vmm.map(GiB + 2 * MiB);
    vmm.process.touch(VA + GiB, false);
    const found = vmm.hva(VA + GiB);
    expect(leaf(found, 'host')).toBe('pmd: 0x80000002400002b7');
    expect(stage(found, 'host').facts[1]).toBe(
      'no entry of 1G: the 1G around it are not all in the VMA',
    );
    expect(found.tlb).toEqual({ size: 2 * MiB, limitedBy: 'host' });
  });

  test('C10-8, X2: memory disabled empties both tables of the guest; the IOMMU keeps its leaf', () => {
    const vmm = new Vmm();
    vmm.map(8 * GiB);
    vmm.slot(GPA, 8 * GiB);
    expect(vmm.dma(2 ** 35, GiB)).toBe(0);
    vmm.access(GPA);
    const before = vmm.iova(2 ** 35 + 0x5000);
    expect([before.physical, before.tlb]).toEqual([0x200005000, { size: GiB, limitedBy: 'iommu' }]);
    vmm.machine.device.writeCommand(0);
    const guest = vmm.gpa(GPA);
    expect(guest.physical).toBe(undefined);
    expect(guest.tlb).toBe(undefined);
    expect(leaf(guest, 'stage2')).toBe('3: 0x8000000000000000');
    expect(stage(guest, 'stage2').end?.level).toBe('3');
    expect(stage(guest, 'host').end?.why).toMatch(/memory decoding .* off/);
    const device = vmm.iova(2 ** 35 + 0x5000);
    expect(device.physical).toBe(0x200005000);
    expect(stage(device, 'iommu').facts).toContain(
      "stays while the CPU's table changed: type1 hears of no invalidation",
    );
    expect(stage(device, 'host').output).toBe(undefined);
  });

  test('entries of the IOMMU are as large as address and frame allow, whatever the CPU has', () => {
    const vmm = new Vmm();
    vmm.map(4 * MiB, VA + 4 * KiB);
    expect(vmm.dma(2 ** 35, 4 * MiB, VA + 4 * KiB)).toBe(0);
    const found = vmm.iova(2 ** 35 + 2 * MiB + 4 * KiB);
    expect(stage(found, 'iommu').entries.map(({ level, size }) => [level, size])).toEqual([
      ['4', 512 * GiB],
      ['3', GiB],
      ['2', 2 * MiB],
    ]);
    expect(stage(found, 'host').leafSize).toBe(4 * KiB);
    expect([found.physical, found.holder]).toEqual([0x200201000, 'BAR 2 + 0x201000']);
  });

  test('a guest that has not run has no table, and its accesses would make one', () => {
    const vmm = new Vmm();
    vmm.map(GiB);
    vmm.slot(GPA, GiB);
    const found = vmm.gpa(GPA);
    expect(stage(found, 'stage2').entries).toEqual([]);
    expect(stage(found, 'stage2').end).toMatchObject({
      level: undefined,
      why: 'there is no table yet: the virtual processor has not run',
    });
    vmm.access(GPA);
    expect(vmm.gpa(GPA).physical).toBe(0x200000000);
  });

  test('an address without a slot is MMIO, which KVM remembers in an entry', () => {
    const vmm = new Vmm();
    const before = vmm.gpa(0xf0000000);
    expect(stage(before, 'slot').end?.next).toMatch(/^KVM_SET_USER_MEMORY_REGION/);
    vmm.access(0xf0000000);
    const after = vmm.gpa(0xf0000000);
    expect(after.stages.map(({ kind }) => kind)).toEqual(['slot', 'stage2']);
    expect(stage(after, 'stage2').end).toMatchObject({
      level: '1',
      why: 'KVM has marked the address as MMIO',
    });
  });

  test('an address of the guest is guest-physical, and has 32 bits', () => {
    const vmm = new Vmm();
    vmm.map(GiB);
    vmm.slot(GiB, GiB);
    vmm.access(GiB + 0x3000);
    const found = vmm.gpa(4 * GiB + GiB + 0x3000, 'gva');
    expect(stage(found, 'guest')).toMatchObject({ output: GiB + 0x3000, entries: [] });
    expect(stage(found, 'guest').facts).toHaveLength(2);
    expect(found.physical).toBe(0x200003000);
  });

  test('an address that nothing maps says what would', () => {
    const vmm = new Vmm();
    expect(stage(vmm.hva(VA), 'host').end).toMatchObject({
      level: 'pgd',
      next: 'mmap() of something there',
    });
    vmm.map(2 * MiB);
    expect(stage(vmm.hva(VA), 'host').end?.why).toMatch(/^the VMA is there/);
    vmm.process.touch(VA, false);
    vmm.process.mprotect(VA, 2 * MiB, 0);
    expect(stage(vmm.hva(VA), 'host').end?.why).toMatch(/PROT_NONE/);
    expect(stage(vmm.hva(2 ** 60), 'host').end?.why).toMatch(
      /^user addresses end at 0x7ffffffff000/,
    );
    expect(stage(vmm.iova(0), 'dma').end?.next).toBe('VFIO_IOMMU_MAP_DMA');
    expect(stage(vmm.iova(0), 'iommu').end?.level).toBe('4');
  });

  test('following an address changes nothing', () => {
    const vmm = new Vmm();
    vmm.map(8 * GiB);
    vmm.slot(GPA, 8 * GiB);
    vmm.access(GPA);
    const bytes = () => Buffer.from(vmm.machine.kernel.mem.lanes.buffer).toString('base64');
    const before = bytes();
    vmm.gpa(GPA);
    vmm.gpa(GPA + GiB);
    vmm.hva(VA + 5 * GiB);
    vmm.iova(GiB);
    expect(bytes() === before).toBe(true);
  });
});

describe('arm64', () => {
  test('C11-2, C11-5: blocks of 2 MiB, Normal-NC, since the host has no larger leaves', () => {
    const vmm = new Vmm({ arch: 'arm64' });
    vmm.map(GiB);
    vmm.slot(GiB, GiB);
    vmm.access(GiB);
    const found = vmm.gpa(GiB + 0x1234);
    expect(leaf(found, 'stage2')).toBe('2: 0x400080000004d5');
    expect(stage(found, 'stage2').entries.at(-1)).toMatchObject({ memoryType: 'normal-nc' });
    expect(stage(found, 'stage2').facts).toEqual(["no entry of 1G: the host's entry maps 2M"]);
    expect(stage(found, 'host').facts[1]).toBe('no entry of 1G: this kernel has none');
    expect([found.physical, found.tlb?.size]).toEqual([0x8000001234, 2 * MiB]);
  });

  test('C11-1: 6.12 trusts the file offset: a block of 1 GiB over host entries of 2 MiB', () => {
    const vmm = new Vmm({ arch: 'arm64', kernel: '6.12' });
    vmm.map(GiB);
    vmm.slot(GiB, GiB);
    vmm.access(GiB);
    const found = vmm.gpa(GiB);
    expect(stage(found, 'stage2').leafSize).toBe(GiB);
    expect(stage(found, 'host').leafSize).toBe(2 * MiB);
    expect(found.tlb?.size).toBe(GiB);
  });

  test('11.2: where offset and address differ modulo 1 GiB, 6.12 makes blocks of 2 MiB and says why', () => {
    const vmm = new Vmm({ arch: 'arm64', kernel: '6.12' });
    vmm.map(2 * GiB, VA + 2 * MiB);
    vmm.slot(GiB + 2 * MiB, 2 * GiB, VA + 2 * MiB);
    vmm.access(2 * GiB);
    const found = vmm.gpa(2 * GiB);
    expect(found.tlb?.size).toBe(2 * MiB);
    expect(stage(found, 'stage2').facts).toEqual([
      'no entry of 1G: this kernel goes by the file offset of the VMA',
    ]);
  });

  test('a frame that only stage 2 has is told', () => {
    const vmm = new Vmm({ arch: 'arm64', kernel: '6.12' });
    vmm.map(GiB);
    vmm.slot(GiB, GiB);
    vmm.access(GiB);
    const found = vmm.gpa(GiB + 2 * MiB);
    expect([found.physical, stage(found, 'host').output]).toEqual([0x8000200000, undefined]);
    expect(stage(found, 'stage2').facts).toContain("the host's table has nothing here");
  });

  test('an address beyond the 40 bits of the guest is in no table', () => {
    const vmm = new Vmm({ arch: 'arm64' });
    const found = vmm.gpa(2 ** 40, 'gva');
    expect(stage(found, 'guest')).toMatchObject({ output: 2 ** 40 });
    expect(stage(found, 'stage2').end?.why).toBe('the guest has no addresses that high');
  });
});
