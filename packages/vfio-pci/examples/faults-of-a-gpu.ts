import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { formatEvent } from '@pfnmap/mm-core';
import { createVfioPciDevice } from '@pfnmap/vfio-pci';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 20 });
const { kernel, layers } = machine;

// A GPU with 16 GiB in BAR 1, mapped at three addresses: aligned to 1 GiB, to 2 MiB, and to 4 KiB.
const none = { start: 0, size: 0 };
const bars = [none, { start: 2 ** 38, size: 2 ** 34 }, none, none, none, none];
const own = { bdf: '0000:41:00.0', bars, resetWorks: true, configSize: 4096, now: () => 0 };
const gpu = createVfioPciDevice(kernel, layers.memory, layers.huge, own);
gpu.setDebugLines(true);
const process = machine.spawn();
const file = { shared: true, prot: 3, file: gpu.file, offset: 2 ** 40 };
for (const address of [0x7f0000000000, 0x7f1000200000, 0x7f2000001000]) {
  console.log(`mapped at 0x${address.toString(16)}`);
  process.mmap({ address, length: 2 ** 31, ...file });
  process.touch(address + 2 ** 30, true);
  for (const event of kernel.events.take()) console.log(formatEvent(event));
}
