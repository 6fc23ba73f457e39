import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { formatErrno } from '@pfnmap/mm-core';
import { MADV, PROT_READ, PROT_WRITE } from '@pfnmap/mm-mmap';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const { mmap } = machine.layers;
const { mm, touch } = machine.spawn();

const [address, length, file] = [0x7f0000000000, 2 ** 30, machine.device.file];
const prot = PROT_READ | PROT_WRITE;
mmap.mmap(mm, { address, length, prot, shared: true, file, offset: 2 * 2 ** 40 });
machine.watchFaults(({ order, ret }) => console.log(`  order ${order}: 0x${ret.toString(16)}`));
touch(address, true);
console.log(`madvise(DONTNEED): ${formatErrno(mmap.madvise(mm, address, length, MADV.DONTNEED))}`);

// Read-only for 2 MiB of the 1 GiB leaf: the leaf goes, and never comes back as one.
console.log(`mprotect: ${mmap.mprotect(mm, address + 2 ** 21, 2 ** 21, PROT_READ)}`);
for (const at of [0, 2 ** 21]) touch(address + at, false);
console.log(`mappings of the BAR: ${mm.overlapping(address, address + length).length}`);
