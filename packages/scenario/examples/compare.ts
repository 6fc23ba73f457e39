import { compareCaptures, parseScenario, playScenario } from '@pfnmap/scenario';

// What a reviewer asks: does this patch change what happens? Here patch 17, which gives x86 its special bits.
const scenario = parseScenario('vfio\nmmap a bar2 length=2M align=2M\ntouch a\ntable a', 'a.scn');
const options = { arch: 'x86_64', kernel: '6.12.117' } as const;
const before = playScenario(scenario, { ...options, without: ['SERIES_PATCH_17'] });
const after = playScenario(scenario, options);

const { agree, total, differences } = compareCaptures(before.capture, after.capture);
console.log(`${agree} of ${total} steps agree`);
for (const { step, path, expected, got } of differences)
  console.log(`${step}: ${path} was ${JSON.stringify(expected)}, is ${JSON.stringify(got)}`);
