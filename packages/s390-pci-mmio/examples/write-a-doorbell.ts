import { createArchS390 } from '@pfnmap/arch-s390';
import { createFollowApi } from '@pfnmap/follow-pfnmap';
import { resolveKernel } from '@pfnmap/kconfig';
import * as core from '@pfnmap/mm-core';
import { createMmHuge } from '@pfnmap/mm-huge';
import { createMmMemory } from '@pfnmap/mm-memory';
import { createPgtable, createPhysMem } from '@pfnmap/pgtable-core';
import { createS390PciMmio, createZpciBytes, ZPCI_IOMAP_ADDR_BASE } from '@pfnmap/s390-pci-mmio';

const config = resolveKernel({ profile: '6.12.117', arch: 's390' });
const arch = createArchS390({ config, levels: 3 });
const mem = createPhysMem({ pageShift: 12, frames: 256 });
const own = { config, arch, mem, pt: createPgtable(arch, mem), anon: core.createAnonPages(mem, 8) };
const rest = { events: core.createEventLog(), tracking: core.noPfnTracking, taskSize: 2 ** 42 };
const kernel: core.Kernel = { ...own, ...rest, sysfs: { thpEnabled: 'never' } };
const memory = createMmMemory(kernel, createMmHuge(kernel));
// A driver has mapped the first page of PCI memory for a program, shared, for reading and writing.
const vm_mm = new core.MmStruct(1, kernel.pt.pgd_alloc());
const at = { vm_start: 0x3ff80000000, vm_end: 0x3ff80001000, vm_pgoff: 0, vm_flags: 0xfb };
const vma = new core.VmAreaStruct({ vm_mm, ...at, vm_page_prot: arch.PAGE_RW, vm_file: null });
vm_mm.link(vma);
memory.remap_pfn_range(vma, at.vm_start, Number(ZPCI_IOMAP_ADDR_BASE >> 12n), 4096, arch.PAGE_RW);
const calls = createS390PciMmio(kernel, createFollowApi(kernel, memory), createZpciBytes());
for (const address of [at.vm_start + 0x10, at.vm_start + 0xffe, at.vm_end])
  console.log(core.formatErrno(calls.s390_pci_mmio_write(vm_mm, address, 0x1000, 4)));
