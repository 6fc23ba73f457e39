// Goal: stage 2 of arm64 has the entries, block sizes and errors of the specification, in the rule of 6.12 and the later one.
// Method: each test is a numbered scenario or a row of a table; entries are compared as whole words.
import { createStage2 } from '@pfnmap/arch-arm64';
import type { Machine } from '@pfnmap/machine';
import { EFAULT, EINVAL } from '@pfnmap/mm-core';
import { KernelBug } from '@pfnmap/pgtable-core';
import { describe, expect, test } from 'vitest';
import {
  ACCESS_DONE,
  ENOEXEC,
  KVM_EXIT_MMIO,
  KVM_MEM_LOG_DIRTY_PAGES,
  KVM_MEM_READONLY,
  type KvmHost,
} from '../src/index.ts';
import { BarGuest, GiB, KiB, MiB, PROT_READ, type Setup, VA } from './bar-guest.ts';

const GPA = 8 * GiB;
/** Where the specification's BAR lies. */
const BAR = 0x1000000000;

interface HostChanges {
  readonly fwb?: boolean;
  readonly lpa2?: boolean;
  readonly cacheDic?: boolean;
  readonly cacheableDevices?: boolean;
  /** Every VMA counts as cacheable. */
  readonly cacheableVmas?: boolean;
  readonly twoBitXn?: boolean;
}

const hostWith =
  (changes: HostChanges) =>
  ({ kernel }: Machine): KvmHost => ({
    kind: 'arm64',
    stage2: createStage2({
      pageShift: 12,
      lpa2: changes.lpa2 ?? false,
      fwb: changes.fwb ?? true,
      twoBitXn: changes.twoBitXn ?? false,
    }),
    ipaBits: 40,
    cacheableDevices: changes.cacheableDevices ?? false,
    cacheDic: changes.cacheDic ?? false,
    isMapMemory: (pfn) => kernel.mem.isRam(pfn),
    isVmaCacheable: () => changes.cacheableVmas ?? false,
  });

const guestOf = (setup: Setup = {}): BarGuest =>
  new BarGuest({ arch: 'arm64', barStart: BAR, host: hostWith({}), ...setup });

function withBar(setup: Setup = {}): BarGuest {
  const guest = guestOf(setup);
  guest.map(8 * GiB);
  expect(guest.slot(GPA, 8 * GiB)).toBe(0);
  return guest;
}

describe('the size of a block', () => {
  test('C11-1 in 6.12 it comes from the offset: 1G though the host has PMD leaves', () => {
    const guest = withBar({ profile: '6.12' });
    guest.access(GPA);
    expect(guest.takeCalls()).toEqual(['(9, +0x0, 0x100)']);
    expect(guest.leaf(GPA)).toBe('L3 400010000007d5');
  });
  test('C11-1 in 6.12 the frame that is looked up is the first of the block', () => {
    const guest = withBar({ profile: '6.12' });
    guest.access(GPA + GiB + 0x5000);
    expect(guest.takeCalls()).toEqual(['(9, +0x40000000, 0x100)']);
    expect(guest.leaf(GPA + GiB)).toBe('L3 400010400007d5');
  });
  test('C11-2 later it comes from the host: blocks of 2M', () => {
    const guest = withBar();
    guest.access(GPA + 2 * MiB);
    guest.access(GPA + GiB);
    expect(guest.sizes()).toEqual([0, 2, 0]);
    expect(guest.leaf(GPA + 2 * MiB)).toBe('L2 400010002007d5');
  });
  test.each(['6.12', '6.12.117', '7.3'])(
    'C11-3 PTEs in the host are pages for the guest, in %s',
    (profile) => {
      const guest = guestOf({ profile });
      const address = VA + 4 * KiB;
      guest.map(64 * MiB, { address });
      guest.slot(GPA + 4 * KiB, 64 * MiB, address);
      guest.access(GPA + 4 * KiB);
      expect(guest.sizes()).toEqual([0, 0, 1]);
    },
  );
  test('C11-4 in 6.12 a VMA that forbids huge pages is still a block of 1G, and later it is pages', () => {
    const small = (profile: string): BarGuest => {
      const guest = guestOf({ profile });
      guest.map(8 * GiB);
      expect(guest.process.madvise(VA, 8 * GiB, 15)).toBe(0);
      guest.slot(GPA, 8 * GiB);
      guest.access(GPA);
      expect(guest.takeCalls()).toEqual(['(0, +0x0, 0x100)']);
      return guest;
    };
    expect(small('6.12').sizes()).toEqual([1, 0, 0]);
    expect(small('6.12.117').sizes()).toEqual([0, 0, 1]);
  });
  test('in 6.12 a slot that fits no 1G but 2M gets blocks of 2M', () => {
    const guest = guestOf({ profile: '6.12' });
    guest.map(8 * GiB);
    guest.slot(GPA + 2 * MiB, GiB);
    guest.access(GPA + 2 * MiB);
    expect(guest.leaf(GPA + 2 * MiB)).toBe('L2 400010000007d5');
    guest.slot(4 * GiB + 4 * KiB, 64 * MiB, VA);
    guest.access(4 * GiB + 4 * KiB);
    expect(guest.leaf(4 * GiB + 4 * KiB)).toBe('L1 400010000007d7');
  });
});

describe('what a leaf says', () => {
  const AT = GPA + 2 * MiB;

  test('C11-5 a BAR of vfio may be mapped uncached as the guest likes: Normal-NC', () => {
    const guest = withBar();
    guest.access(AT, 'write');
    expect(guest.leaf(AT)).toBe('L2 400010002007d5');
  });
  test('C11-5 a driver that does not allow it gets Device-nGnRE', () => {
    const guest = guestOf();
    guest.mapLab(64 * MiB, VA, 'fault');
    guest.slot(GPA, 64 * MiB);
    guest.access(AT);
    expect(guest.leaf(AT)).toBe('L2 400010002007c5');
  });
  test('a read-only host mapping gives a read-only block', () => {
    const guest = guestOf();
    guest.map(8 * GiB, { prot: PROT_READ });
    guest.slot(GPA, 8 * GiB);
    guest.access(AT);
    expect(guest.leaf(AT)).toBe('L2 40001000200755');
  });
  test('pages of a BAR and of such a driver', () => {
    const guest = guestOf();
    const phase = VA + 4 * KiB;
    guest.map(64 * KiB, { address: phase });
    guest.slot(GPA, 64 * KiB, phase);
    guest.access(GPA + 4 * KiB);
    expect(guest.leaf(GPA + 4 * KiB)).toBe('L1 400010000017d7');
    guest.mapLab(64 * KiB, VA + GiB, 'remap');
    guest.slot(GPA + GiB, 64 * KiB, VA + GiB);
    guest.access(GPA + GiB + 4 * KiB);
    expect(guest.leaf(GPA + GiB + 4 * KiB)).toBe('L1 400010000017c7');
  });
  test('with LPA2 the upper address bits lie in 9:8', () => {
    const guest = guestOf({ barStart: 0x000c000040000000, host: hostWith({ lpa2: true }) });
    guest.map(2 * GiB);
    guest.slot(GPA, 2 * GiB);
    guest.access(AT);
    expect(guest.leaf(AT)).toBe('L2 400000402007d5');
  });
  test.each([
    ['RAM, RW, no FWB', { fwb: false }, 'write', '400000000007ff'],
    ['RAM, RWX, no FWB', { fwb: false }, 'exec', '7ff'],
    ['RAM, RWX, FWB', { fwb: true }, 'exec', '7db'],
    ['RAM where caches need no maintenance, FWB', { fwb: true, cacheDic: true }, 'read', '7db'],
  ] as const)('%s', (_what, changes, kind, flags) => {
    const guest = guestOf({ host: hostWith(changes) });
    guest.mapAnonymous(4 * KiB, VA);
    guest.slot(GPA, 4 * KiB);
    expect(guest.access(GPA, kind)).toBe(ACCESS_DONE);
    const { word, pfn } = guest.vm.mmu.leafAt(GPA / 4096)!;
    expect((word - BigInt(pfn) * 4096n).toString(16)).toBe(flags);
  });
  test('more rights are added to a page that is there', () => {
    const guest = guestOf();
    guest.mapAnonymous(4 * KiB, VA);
    guest.slot(GPA, 4 * KiB);
    guest.access(GPA, 'read');
    const before = guest.vm.mmu.leafAt(GPA / 4096)!.word;
    guest.takeChanges();
    expect(guest.access(GPA, 'exec')).toBe(ACCESS_DONE);
    expect(guest.vm.mmu.leafAt(GPA / 4096)!.word).toBe(before & ~(1n << 54n));
    expect(guest.takeChanges().length).toBe(1);
  });
  test('an entry that points to a table is its address and 3', () => {
    const guest = withBar();
    guest.access(GPA);
    const tables = guest.takeChanges().filter((change) => change.includes('L3'));
    expect(tables.length).toBe(1);
    expect(Number.parseInt(tables[0]!.split('->')[1]!, 16) % 4096).toBe(3);
  });
});

describe('what is refused', () => {
  test('C11-6 instructions from a BAR are ENOEXEC', () => {
    const guest = withBar();
    expect(guest.access(GPA, 'exec')).toBe(-ENOEXEC);
    expect(guest.vm.mmu.leaves()).toEqual([]);
  });
  test('C12-4 a dirty log of a PFN mapping is EINVAL', () => {
    const guest = guestOf();
    guest.map(GiB);
    expect(guest.slot(GPA, GiB, VA, KVM_MEM_LOG_DIRTY_PAGES)).toBe(-EINVAL);
  });
  test('a write to a read-only leaf is EFAULT, and to a read-only slot an MMIO exit', () => {
    const guest = guestOf();
    guest.map(GiB, { prot: PROT_READ });
    guest.slot(GPA, GiB);
    guest.slot(2 * GPA, GiB, VA, KVM_MEM_READONLY);
    guest.access(GPA);
    expect(guest.access(GPA, 'write')).toBe(-EFAULT);
    expect(guest.access(2 * GPA, 'write')).toBe(KVM_EXIT_MMIO);
  });
  test('an address beyond the 40 bits of the guest faults for ever', () => {
    expect(() => withBar().access(2 ** 40)).toThrow(KernelBug);
  });
  test('a PMD leaf without access faults for ever where a block would fit, and is read where none does', () => {
    const guest = withBar();
    guest.slot(4 * GiB + 4 * KiB, 2 * MiB, VA);
    guest.process.touch(VA, false);
    guest.process.mprotect(VA, 2 * MiB, 0);
    expect(guest.access(4 * GiB + 4 * KiB)).toBe(ACCESS_DONE);
    expect(() => guest.access(GPA)).toThrow(KernelBug);
  });
});

describe('cacheable device memory', () => {
  const cacheable = (profile: string, changes: HostChanges): BarGuest => {
    const guest = guestOf({ profile, host: hostWith({ cacheableVmas: true, ...changes }) });
    guest.mapLab(64 * MiB, VA, 'fault');
    return guest;
  };
  test('is device memory for the guest in 6.12', () => {
    const guest = cacheable('6.12.117', {});
    expect(guest.slot(GPA, 64 * MiB)).toBe(0);
    guest.access(GPA);
    expect(guest.leaf(GPA)).toBe('L2 400010000007c5');
  });
  test('is refused at the slot by 7.3 on a CPU that cannot keep it coherent', () => {
    expect(cacheable('7.3', {}).slot(GPA, 64 * MiB)).toBe(-EINVAL);
  });
  test('is EFAULT when it comes after the slot', () => {
    const guest = guestOf({ profile: '7.3', host: hostWith({ cacheableVmas: true }) });
    expect(guest.slot(GPA, 64 * MiB)).toBe(0);
    guest.mapLab(64 * MiB, VA, 'fault');
    expect(guest.access(GPA)).toBe(-EFAULT);
  });
  test('is normal memory in 7.3 on a CPU with FWB and DIC', () => {
    const guest = cacheable('7.3', { cacheableDevices: true, cacheDic: true, twoBitXn: true });
    expect(guest.slot(GPA, 64 * MiB)).toBe(0);
    guest.access(GPA);
    expect(guest.leaf(GPA)).toBe('L2 10000007d9');
  });
});

describe('taking blocks down', () => {
  test('a zap of one page takes the whole block, and the tables that are empty then', () => {
    const guest = withBar();
    guest.access(GPA);
    guest.access(GPA + 2 * MiB);
    const frames = guest.vm.mmu.tableFrames();
    guest.zap(4 * KiB, 4 * KiB);
    expect(guest.leaf(GPA)).toBe('none');
    expect(guest.leaf(GPA + 2 * MiB)).not.toBe('none');
    expect(guest.vm.mmu.tableFrames()).toBe(frames);
    guest.zap(2 * MiB, 2 * MiB);
    expect(guest.vm.mmu.tableFrames()).toBe(frames - 1);
  });
  test('the root of 40 address bits is two joined frames, and all that is left after the process', () => {
    const guest = withBar();
    guest.access(GPA);
    guest.process.exit();
    expect(guest.vm.mmu.tableFrames()).toBe(2);
    expect(guest.kvm.vms).toEqual([]);
  });
});
