// The series as posted, with what was merged and repaired since, is the stable kernel that was captured.

import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configForRelease, kernelChanges, kernelProfiles, resolveKernel } from '@pfnmap/kconfig';
import { compareCaptures, parseCapture, playScenario, scenarioOfCapture } from '@pfnmap/scenario';
import { describe, expect, test } from 'vitest';

const captures = fileURLToPath(new URL('../../../tools/lab/captures/', import.meta.url));
const selects = (name: string): readonly string[] =>
  kernelProfiles.find((profile) => profile.name === name)!.selects;

/** What 6.12.117 has and the posted series has not: the form as merged, and the repairs. */
const LANDED = selects('6.12.117').filter((symbol) => !selects('posted-19').includes(symbol));

/** The targets of the lab with 6.12, each with its release. */
const TARGETS = [
  ['6.12-x86_64', '6.12.117+deb12-amd64'],
  ['6.12-x86_64-rt', '6.12.117+deb12-rt-amd64'],
  ['6.12-arm64', '6.12.117+deb12-arm64'],
  ['6.12-arm64-16k', '6.12.117+deb12-arm64-16k'],
] as const;

test('the form as merged and the repairs of the list are all there is between the two', () => {
  const entries = LANDED.map(
    (symbol) => kernelChanges.find((change) => change.symbol === symbol)!.entry ?? symbol,
  );
  expect(entries.toSorted()).toEqual([
    'ARM64_IOREMAP_USER_ONLY',
    'F1',
    'F12',
    'F15',
    'F17',
    'F2',
    'F3',
    'F4',
    'F8',
    'F9',
    'FIX_ARM64_MKWRITE_CLEAN',
    'FIX_FOLIO_WALK_PRESENT_PMD',
  ]);
});

describe('posted-19 with them is 6.12.117', () => {
  for (const [target, release] of TARGETS) {
    const { arch, dotConfig } = configForRelease(release);

    test(`symbol for symbol but its version on the configuration of ${target}, so no capture can tell them apart`, () => {
      const built = resolveKernel({ profile: 'posted-19', with: LANDED, arch, dotConfig });
      const stable = resolveKernel({ profile: '6.12.117', arch, dotConfig });
      const values = (config: typeof built): [string, string][] =>
        config
          .symbols()
          .filter((name) => name !== 'LINUX_VERSION_CODE')
          .map((name) => [name, String(config.value(name))]);
      expect(values(built)).toEqual(values(stable));
    });
  }
});

describe('played', () => {
  const files = (['6.12-x86_64', '6.12-arm64'] as const).flatMap((target) =>
    readdirSync(captures + target)
      .filter((file) => /^(0[2579]|10|3[2379])-/.test(file))
      .map((file) => [target, file] as const),
  );

  test.each(files)('it answers as captured: %s/%s', (target, file) => {
    const capture = parseCapture(readFileSync(`${captures}${target}/${file}`, 'utf8'), file);
    const played = playScenario(scenarioOfCapture(capture, file), {
      arch: target === '6.12-arm64' ? 'arm64' : 'x86_64',
      kernel: 'posted-19',
      with: LANDED,
      bar2Start: BigInt(capture.machine.bar2!.start),
    });
    expect(compareCaptures(capture, played.capture).differences).toEqual([]);
  });
});
