import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { MmStruct } from '@pfnmap/mm-core';
import { createMmFork } from '@pfnmap/mm-fork';
import { wordAt } from '@pfnmap/pgtable-core';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const { kernel, layers, device } = machine;

// A program maps 1 GiB of BAR 2, aligned, and writes a byte.
const bar = { shared: true, file: device.file, offset: 2 * 2 ** 40 };
const parent = machine.spawn();
const address = parent.mmap({ address: 0x7f0000000000, length: 2 ** 30, prot: 3, ...bar });
parent.touch(address, true);
const child = new MmStruct(2, kernel.pt.pgd_alloc());
createMmFork(kernel, layers.huge, layers.memory).dup_mmap(child, parent.mm);
for (const [who, mm] of [
  ['parent', parent.mm],
  ['child', child],
] as const) {
  const entry = wordAt(kernel.mem.lanes, kernel.pt.walk(mm, address));
  console.log(`${who}: 0x${entry.toString(16)}, ${mm.pgtables_bytes / 4096} tables`);
}
