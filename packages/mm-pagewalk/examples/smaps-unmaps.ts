import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
const { pagewalk } = machine.layers;

// All 8 GiB of BAR 2, mapped with eight entries.
const process = machine.spawn();
const [address, length, file] = [0x7f0000000000, 2 ** 33, machine.device.file];
process.mmap({ address, length, prot: 3, shared: true, file, offset: 2 * 2 ** 40 });
for (let gib = 0; gib < 8; gib++) process.touch(address + gib * 2 ** 30, true);

const { counts } = machine.kernel.events;
console.log(`pagemap: 0x${pagewalk.pagemap(process.mm, address).toString(16)}`);
console.log(`leaves cleared by reading pagemap: ${counts.thp_split_pud}`);
const bar = pagewalk.smaps(process.mm).find(({ start }) => start === address)!;
console.log(`smaps: Size ${bar.Size} kB, Rss ${bar.Rss} kB, THPeligible ${bar.THPeligible}`);
console.log(`leaves cleared by reading smaps: ${counts.thp_split_pud}`);
