import { ENOMEM, VM_PAT } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { Replay } from './replay.ts';
import { testPat, testVma } from './test-machine.ts';

const STEPS = [
  'map a pfn=0x200200 len=8K type=uc-',
  'map b pfn=0x200300 len=8K type=uc- private',
  'touch b write',
] as const;

describe('F17: a fork that fails', () => {
  test('leaves the reservations of the parent alone once it is fixed', () => {
    const lab = new Replay('6.12.117').after(...STEPS);
    expect(lab.ask('fork').ret).toBe(-ENOMEM);
    expect(lab.list()).toEqual(['200200-200202 uc-', '200300-200302 uc-']);
    expect(lab.after('munmap a', 'munmap b').list()).toEqual([]);
    expect(lab.takeLog()).toEqual([]);
  });

  test('frees the reservation of the parent before: the child has VM_PAT without owning anything', () => {
    const lab = new Replay('6.12').after(...STEPS);
    expect(lab.ask('fork').ret).toBe(-ENOMEM);
    expect(lab.list()).toEqual(['200200-200202 uc-']);
    lab.after('munmap b');
    expect(lab.takeLog()).toEqual([
      'x86/PAT: patrun:PID freeing invalid memtype [mem 0x200300000-0x200301fff]',
    ]);
  });

  test.each([
    ['6.12.117', 1, 0],
    ['6.12', 2, VM_PAT],
  ])('while copying entries gives the range back only once fixed (%s)', (profile, left, flag) => {
    const entry = { pfn: 0x200000, pgprot: 0x37, special: true, normal: false };
    const pat = testPat(profile, { follow: () => entry, followPte: () => entry });
    const [vma, child] = [testVma(0x200000000000, 0x2000), testVma(0x200000000000, 0x2000)];
    pat.tracking.remap(vma, 0x200000, vma.vm_start, 0x2000, 0x10);
    expect(pat.tracking.copy(child, vma)).toBe(0);
    expect(pat.nodes()).toHaveLength(2);
    pat.tracking.uncopy(child);
    expect(pat.nodes()).toHaveLength(left);
    expect(child.vm_flags & VM_PAT).toBe(flag);
  });

  test('gives back nothing for a mapping that was not tracked', () => {
    const pat = testPat('6.12.117');
    const [vma, child] = [testVma(0x200000000000, 0x2000), testVma(0x200000000000, 0x2000)];
    expect(pat.tracking.copy(child, vma)).toBe(0);
    pat.tracking.uncopy(child);
    expect(pat.log).toEqual([]);
    expect(child.vm_flags & VM_PAT).toBe(0);
  });
});
