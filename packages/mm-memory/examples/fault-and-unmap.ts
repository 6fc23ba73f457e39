import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { FAULT_FLAG_USER, formatEvent, formatVmFault } from '@pfnmap/mm-core';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const { device, kernel, layers } = machine;
const { memory } = layers;

// A fault on 1 GiB of BAR 2 maps all of it.
const { mm, ...process } = machine.spawn();
const [address, file] = [0x7f0000000000, device.file];
process.mmap({ address, length: 2 ** 30, prot: 3, shared: true, file, offset: 2 * 2 ** 40 });
const vma = mm.vma_lookup(address)!;
console.log(formatVmFault(memory.handle_mm_fault(vma, address + 0x12345000, FAULT_FLAG_USER)));
console.log(`frame 0x${kernel.pt.translate(mm, address + 0x12345000).toString(16)}`);

// The driver takes one page of its file away, and with it the whole leaf.
kernel.events.recording = true;
memory.unmap_mapping_range(file.f_mapping, 2 * 2 ** 40 + 4096, 4096, true);
for (const event of kernel.events.take()) console.log(formatEvent(event));
console.log(`frame ${kernel.pt.translate(mm, address + 0x12345000)}`);
