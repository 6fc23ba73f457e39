import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine } from '@pfnmap/machine';

// A program maps 1 GiB of BAR 2, aligned, and gives it to another device for DMA, on two kernels.
for (const release of ['6.12.117+deb12-amd64', '7.3.4+deb13-amd64']) {
  const config = resolveKernel(configForRelease(release));
  const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
  const machine = createMachine({ ...cpu, config, thp: 'always', barBytes: 2 ** 33 });
  const program = machine.spawn();
  const bar = { shared: true, file: machine.device.file, offset: 2 * 2 ** 40 };
  const vaddr = program.mmap({ address: 0x7f0000000000, length: 2 ** 30, prot: 3, ...bar });
  const request = { iova: 2 ** 32, vaddr, size: 2 ** 30, read: true, write: true };
  const result = machine.dma.mapDma(program.mm, request);
  const { lookups } = machine.dma.counts;
  const { size } = machine.dma.domain.lookup(2 ** 32) ?? { size: 0 };
  console.log(`${release}: ${result}, ${lookups} lookups, IOMMU entries of ${size / 2 ** 30} GiB`);
}
