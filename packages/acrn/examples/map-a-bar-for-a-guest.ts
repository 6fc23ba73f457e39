import { ACRN_MEM_ACCESS_READ, createAcrn } from '@pfnmap/acrn';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';
import { formatErrno } from '@pfnmap/mm-core';

// A device model has mapped and touched 2 MiB of a device, and gives them to a guest.
const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
const services = { hcall_set_memory_regions: () => 0, PageReserved: () => false, vmap: () => true };
for (const profile of ['posted-13', 'posted-14']) {
  const config = resolveKernel({ ...configForRelease('6.12.117+deb12-amd64'), profile });
  const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 21 });
  const { kernel, layers, pfnlab, bar2Pfn } = machine;
  pfnlab.configure({ pfn: bar2Pfn, pages: 512, mode: 'fault', maxorder: 9 });
  const program = machine.spawn();
  const range = { address: 0x7f0000000000, length: 2 ** 21, prot: 3, shared: true };
  const vma_base = program.mmap({ ...range, file: pfnlab.file, offset: 0 });
  program.touch(vma_base, false);
  const acrn = createAcrn(kernel, layers.gup, layers.follow, services);
  const request = { user_vm_pa: 2 ** 32, vma_base, len: 2 ** 21, attr: ACRN_MEM_ACCESS_READ };
  const result = acrn.acrn_vm_ram_map(program.mm, { regions_mapping_count: 0 }, request);
  console.log(`${profile}: ${result === 0 ? 'done' : formatErrno(result)}`);
}
