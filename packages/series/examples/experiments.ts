import { type Played, parseScenario, playScenario } from '@pfnmap/scenario';
import { seriesPoint } from '@pfnmap/series';

const BAR = 'machine bar=32G\nvfio\nmmap a bar2 length=32G align=1G\ntouchall a step=2M\n';
const CASES = [
  ['E1', 'x86_64', `${BAR}munmap a offset=16G+2M length=2M\ntouchall a step=2M\n`],
  [
    'E2',
    'x86_64',
    'machine bar=32G\nlab mode=remap pages=0x800000\nmmap a lab length=32G align=1G\n',
  ],
  ['E3', 'arm64', BAR],
  ['E4', 'x86_64', 'machine bar=32G\nvfio\nmmap a bar2 length=32G anywhere\ntouchall a\n'],
  ['E5', 'x86_64', `${BAR}hardoffline offset=16G+4K\ntouchall a step=2M\n`],
] as const;

/** Faults, entries, bytes of tables, and bytes that 1024 translations reach on average. */
const numbersOf = ({ summary: { mapped, faults, pgtablesBytes } }: Played): string => {
  const entries = mapped.reduce((sum, each) => sum + each.entries, 0);
  const bytes = mapped.reduce((sum, each) => sum + each.bytes, 0);
  const reach = Math.min(bytes, (bytes / entries) * 1024) / 2 ** 20;
  return [faults, entries, `${pgtablesBytes / 1024} KiB`, `${Math.round(reach)} MiB`]
    .map((cell) => String(cell).padStart(12))
    .join('');
};

console.log(`${'32 GiB BAR'.padEnd(16)}      faults     entries      tables  TLB reach`);
for (const [id, arch, text] of CASES) {
  const { before, after } = seriesPoint(id);
  for (const [name, state] of [
    ['before', before],
    ['after', after],
  ] as const) {
    const played = playScenario(parseScenario(text, id), { arch, ...state });
    console.log(`${`${id} ${name}`.padEnd(16)}${numbersOf(played)}`);
  }
}
