import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { formatErrno } from '@pfnmap/mm-core';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });

// A program has a page of memory in front of its BAR; a debugger reads 8 KiB across both, then the BAR alone.
const program = machine.spawn();
const address = 0x7f0000000000;
const anon = { shared: false, file: null, offset: 0 };
const bar = { shared: true, file: machine.device.file, offset: 2 * 2 ** 40 };
program.mmap({ address: address - 4096, length: 4096, prot: 3, ...anon });
program.mmap({ address, length: 2 ** 30, prot: 3, ...bar });
const { mem_rw, process_vm_readv } = machine.layers.access;
console.log(`across both: ${mem_rw(program.mm, address - 4096, 8192, false)} bytes`);
console.log(`/proc/PID/mem of the BAR: ${formatErrno(mem_rw(program.mm, address, 8, false))}`);
console.log(`process_vm_readv: ${formatErrno(process_vm_readv(program.mm, address, 8))}`);
