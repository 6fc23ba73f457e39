import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';

// A computer with 8 GiB in the device's BAR 2, and a program that maps 4 GiB of it, 4 KiB past a gigabyte.
const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const program = machine.spawn();
const address = 0x7f0000001000;
const offset = 2 * 2 ** 40 + 4096;
program.mmap({
  address,
  length: 2 ** 32,
  prot: 3,
  shared: true,
  file: machine.device.file,
  offset,
});
machine.watchFaults(({ order, ret }) => console.log(`order ${order}: 0x${ret.toString(16)}`));
for (const at of [0, 2 ** 21, 2 ** 30]) {
  console.log(`touch +0x${at.toString(16)}`);
  program.touch(address + at, true);
}
