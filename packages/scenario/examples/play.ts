import { formatSize, parseScenario, playScenario } from '@pfnmap/scenario';

const scenario = parseScenario(
  `machine bar=8G
vfio
mmap a bar2 length=8G align=1G
touchall a step=512M`,
  'bar.scn',
);
for (const arch of ['x86_64', 'arm64'] as const) {
  const { mapped, faults } = playScenario(scenario, { arch, kernel: '6.12.117' }).summary;
  for (const { entries, size } of mapped)
    console.log(`${arch}: ${faults} faults, ${entries} entries of ${formatSize(size)}`);
}
