// The commands on the model itself: what a person sees who follows the README.
import { readFileSync } from 'node:fs';
import { playScenario } from '@pfnmap/scenario';
import { expect, test } from 'vitest';
import { scenariosFolder } from './echo-player.ts';
import { runMain } from './run-main.ts';

const lent = { play: playScenario };

test('the demonstration agrees with both real kernels', async () => {
  const { out, exitCode } = await runMain(['demo'], lent);
  expect(exitCode).toBe(0);
  expect(out).toContain('mapped       8G by 8 entries of 1G (pud)');
  expect(out).toContain('mapped       32M by 16 entries of 2M (pmd)');
  expect(out.match(/12 of 12 steps agree with a capture/g)).toHaveLength(2);
});

test('run shows the lines of the kernel log as Linux prints them', async () => {
  const { out, exitCode } = await runMain(['run', `${scenariosFolder}02-bar-128m.scn`], lent);
  expect(exitCode).toBe(0);
  // The cover letter of the series shows these three for a BAR of 128 MiB.
  for (const offset of ['0x0', '0x200', '0x400'])
    expect(out).toContain(
      `vfio-pci 0000:00:05.0: vfio_pci_mmap_huge_fault(,order = 9) BAR 2 page offset ${offset}: 0x100\n`,
    );
});

test('run shows which sizes an alignment gives', async () => {
  const stdin = 'vfio\nmmap a bar2 length=8M align=2M phase=4K\ntouchall a\n';
  const { out } = await runMain(['run', '-'], { ...lent, stdin });
  expect(out).toContain('mapped       8M by 2048 entries of 4K (pte)');
});

// A page a lookup before Linux 6.15, then an entry a lookup: 32 GiB are 8388608 pages, or 32 entries of 1 GiB.
test.each([
  ['6.12.117', 8388608],
  ['7.3', 32],
])(
  '%s looks 32 GiB of a BAR up for DMA %i times, as the README says',
  async (kernel, lookups) => {
    const stdin =
      'machine bar=32G\nvfio\nmmap a bar2 length=32G align=1G\ndmamap a length=32G iova=64G\n';
    const { out } = await runMain(['run', '-', '--kernel', kernel], { ...lent, stdin });
    const dma = `DMA          ${lookups} lookups, 1 iommu_map\n`;
    expect(out).toContain('mapped       32G by 32 entries of 1G (pud)\n');
    expect(out).toContain(dma);
    expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(dma);
  },
  60_000,
);

test('check agrees with a capture of each kernel', async () => {
  const targets = ['6.12-x86_64', '6.12-arm64', '6.12-x86_64-rt', '7.3-x86_64', '7.3-arm64'];
  const { out, exitCode } = await runMain(
    ['check', ...targets.map((each) => `${each}/03-alignment`)],
    lent,
  );
  expect(out).toMatch(/^125 of 125 steps agree in 5 captures$/m);
  expect(exitCode).toBe(0);
});

test('explain decodes as the kernel that is asked for', async () => {
  const args = ['explain', '0x0200000000000067', '--level', 'pte', '--json'];
  const flags = async (kernel: string): Promise<string[]> => {
    const { out } = await runMain([...args, '--kernel', kernel], lent);
    return (JSON.parse(out) as { levels: { flags: string[] }[] }).levels[0]!.flags;
  };
  expect(await flags('6.12.117')).toContain('DEVMAP');
  expect(await flags('7.3')).not.toContain('DEVMAP');
});

test.each([
  [['--kernel', '9.9'], 'there is no profile "9.9"'],
  [['--without', 'SERIESPATCH_17'], 'did you mean SERIES_PATCH_17'],
])('%j is refused with advice', async (args, message) => {
  const { err, exitCode } = await runMain(['run', '01-bar-8g', ...args], lent);
  expect(exitCode).toBe(2);
  expect(err).toContain(message);
});
