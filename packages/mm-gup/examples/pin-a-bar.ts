import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { formatErrno } from '@pfnmap/mm-core';
import { createMmGup } from '@pfnmap/mm-gup';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });

// 1 GiB of BAR 2, mapped with one entry, and two pages of private memory below it.
const bar = 0x7f0000000000;
const process = machine.spawn();
const of = { prot: 3, shared: false, file: null, offset: 0 };
process.mmap({ address: bar - 8192, length: 8192, ...of });
const { file } = machine.device;
process.mmap({ ...of, address: bar, length: 2 ** 30, shared: true, file, offset: 2 * 2 ** 40 });
for (const address of [bar - 8192, bar - 4096, bar]) process.touch(address, true);

const gup = createMmGup(machine.kernel, machine.layers.huge, machine.layers.memory);
for (const address of [bar - 8192, bar]) {
  const pages = gup.get_user_pages_fast(process.mm, { address, nr_pages: 4, write: true });
  console.log(`4 pages from 0x${address.toString(16)}: ${formatErrno(pages)}`);
}
