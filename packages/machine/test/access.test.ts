// Goal: a debugger reads the test driver's memory, but not what user space may not access on late arm64 kernels. Method: the
// answers of the captured kernels (scenario 38-access of the lab).
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Process } from '@pfnmap/machine';
import { EIO } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';

const MiB = 2 ** 20;
const VA = 0x200000000000;

/** A process with a touched mapping of the test driver. */
function mapped(arch: 'x86_64' | 'arm64', profile: string, access: boolean): Process {
  const release = `6.12.117+deb12-${arch === 'arm64' ? arch : 'amd64'}`;
  const config = resolveKernel({ ...configForRelease(release), profile });
  const cpu = { levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
  const size = { barBytes: 8 * MiB, ramBytes: 32 * MiB } as const;
  const machine = createMachine({ arch, ...cpu, ...size, config, thp: 'always' });
  const { bar2Pfn: pfn, pfnlab } = machine;
  pfnlab.configure({ pfn, pages: 1024, mode: 'fault', maxorder: 9, access });
  const process = machine.spawn();
  process.mmap({
    address: VA,
    length: 4 * MiB,
    prot: 3,
    shared: true,
    file: pfnlab.file,
    offset: 0,
  });
  process.touch(VA, true);
  return process;
}

describe.each(['x86_64', 'arm64'] as const)('on %s', (arch) => {
  test('it is read through a huge entry where the driver has ->access', () => {
    expect(mapped(arch, '6.12.117', true).readMem(VA + 0x3000, 8)).toBe(8);
    expect(mapped(arch, '6.12.117', false).readMem(VA + 0x3000, 8)).toBe(-EIO);
  });
});

describe('on arm64, after mprotect() without access,', () => {
  const read = (profile: string): number => {
    const process = mapped('arm64', profile, true);
    process.mprotect(VA, 4 * MiB, 0);
    return process.readMem(VA, 8);
  };
  test.each(['6.12.117', '7.3'])('%s does not', (profile) => {
    expect(read(profile)).toBe(-EIO);
  });
  test('the series as posted, of which that is not known, does', () => {
    expect(read('posted-19')).toBe(8);
  });
});
