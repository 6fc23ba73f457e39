// Goal: calls that a kernel refuses for want of a file, or of a kind of memory, are refused. Method: what 6.12.117 on arm64
// answered to a scenario without the step vfio, and 6.12.117 on x86_64 to a registration for minor faults.
import { expect, test } from 'vitest';
import { parseScenario } from '../src/parse-scenario.ts';
import { playScenario } from '../src/play/play-scenario.ts';

const answers = (text: string): readonly unknown[] => {
  const played = playScenario(parseScenario(text, 'a.scn'), { arch: 'arm64', kernel: '6.12.117' });
  return played.capture.steps.map((step) => step.answers[0]);
};

test('without vfio, mappings of BARs, commands and DMA have no file', () => {
  const text = `mmap m1 bar2 offset=0 length=256M align=1G phase=2M prot=rw
command 0
command 6
dmaunmap iova=4G length=64K
mmap m2 anon private
hotdisable m2
`;
  expect(answers(text)).toEqual([
    { mmap: -1, errno: 9 },
    { command: -1, errno: 9 },
    { command: -1, errno: 9 },
    { dmaunmap: -1, errno: 9 },
    { mmap: 0, errno: 0, address: '0x200010201000' },
    { hotdisable: -1, errno: 9 },
  ]);
});

test('anonymous memory has no minor faults to register for', () => {
  const text = `mmap m6 anon length=2M align=2M private
uffd m6 offset=0 length=2M mode=minor
uffd m6 offset=0 length=2M mode=missing
`;
  expect(answers(text).slice(1)).toEqual([
    { uffd: -1, errno: 22 },
    { uffd: 0, errno: 0 },
  ]);
});
