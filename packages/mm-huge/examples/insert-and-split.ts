import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { formatVmFault, VmFault } from '@pfnmap/mm-core';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const { device, kernel, layers } = machine;
const { huge } = layers;

// 1 GiB of BAR 2, mapped with one entry by a driver that was asked for it.
const { mm, ...process } = machine.spawn();
const [address, file] = [0x7f0000000000, device.file];
process.mmap({ address, length: 2 ** 30, prot: 3, shared: true, file, offset: 2 * 2 ** 40 });
const vma = mm.vma_lookup(address)!;
const pud = kernel.pt.walkAlloc(2, mm, address);
const vmf = Object.assign(new VmFault(), { vma, address, pud });
console.log(formatVmFault(huge.vmf_insert_pfn_pud(vmf, machine.bar2Pfn, false)));
console.log(`leaf of frame 0x${kernel.pt.pfnAt(2, pud).toString(16)}`);

// Splitting it is clearing it: the next fault brings it back.
huge.split_huge_pud(vma, pud, address + 4096);
console.log(`none: ${kernel.pt.pud_none(pud)}, splits: ${kernel.events.counts.thp_split_pud}`);
