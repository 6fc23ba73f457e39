import { playScenario } from '@pfnmap/scenario';
import { playBeforeAfter, seriesPoint, seriesScenario } from '@pfnmap/series';

const scenario = seriesScenario('07-fork');
for (const arch of ['x86_64', 'arm64'] as const) {
  const { comparison } = playBeforeAfter(playScenario, seriesPoint('7'), scenario, { arch });
  console.log(
    `${arch}: ${comparison.total - comparison.agree} of ${comparison.total} steps change`,
  );
  for (const { step, path, expected, got } of comparison.differences)
    if (path.endsWith('.entry')) console.log(`  ${step}: ${expected} -> ${got}`);
}
