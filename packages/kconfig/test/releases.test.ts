// The bundled configurations: excerpts that agree with the whole files, found by release.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  configForRelease,
  kernelChanges,
  kernelModel,
  knownReleases,
  resolveKernel,
  seriesPatches,
  UnknownKernelError,
} from '../src/index.ts';

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

const listed = read('../scripts/bundled-symbols.txt')
  .split('\n')
  .filter((line) => line !== '' && !line.startsWith('#'));

describe('excerpts', () => {
  test('the list of bundled symbols is that of the rules, less those that no kernel has', () => {
    const own = new Set(
      [...seriesPatches, ...kernelChanges]
        .map(({ symbol }) => symbol)
        .concat('SRCARCH', 'LINUX_VERSION_CODE', 'LINUX_7_3'),
    );
    const rules = [...kernelModel().symbols.keys()].filter((symbol) => !own.has(symbol));
    expect(rules.sort()).toEqual([...listed].sort());
  });

  for (const release of knownReleases())
    test(`the excerpt of ${release} holds every line of the whole file about a listed symbol`, () => {
      const whole = read(`./captures/config-${release}`).split('\n');
      const wanted = new Set(listed);
      const stated = whole.filter((line) => {
        const symbol = /^(?:# )?CONFIG_(\w+)(?:=| is not set$)/.exec(line)?.[1];
        return symbol !== undefined && wanted.has(symbol);
      });
      const { entries, arch, version } = configForRelease(release).dotConfig;
      const bundled = [...entries.values()].map(({ symbol, value }) =>
        value === 'n' ? `# CONFIG_${symbol} is not set` : `CONFIG_${symbol}=${value}`,
      );
      expect(bundled).toEqual(stated);
      expect(whole).toContain(`# Linux/${arch} ${version} Kernel Configuration`);
    });
});

describe('releases', () => {
  const known: readonly [release: string, profile: string, arch: string, pageShift: number][] = [
    ['6.12.117+deb12-amd64', '6.12.117', 'x86', 12],
    ['6.12.117+deb12-rt-amd64', '6.12.117', 'x86', 12],
    ['6.12.117+deb12-arm64', '6.12.117', 'arm64', 12],
    ['6.12.117+deb12-arm64-16k', '6.12.117', 'arm64', 14],
    ['7.3.4+deb13-amd64', '7.3', 'x86', 12],
    ['7.3.4+deb13-arm64', '7.3', 'arm64', 12],
  ];
  test('all known releases are listed', () => {
    expect(knownReleases()).toEqual(known.map(([release]) => release));
  });

  for (const [release, profile, arch, pageShift] of known)
    test(`${release} is ${arch} of ${profile} with pages of 2^${pageShift} bytes`, () => {
      const found = configForRelease(release);
      expect([found.release, found.profile, found.arch]).toEqual([release, profile, arch]);
      expect(resolveKernel(found).value('PAGE_SHIFT')).toBe(pageShift);
    });

  test('a release is parsed once', () => {
    expect(configForRelease('7.3.4+deb13-amd64')).toBe(configForRelease('7.3.4+deb13-amd64'));
  });

  test('an unknown release is an error that lists the known ones', () => {
    const wanted = '6.12.118+deb12-amd64';
    expect(() => configForRelease(wanted)).toThrow(UnknownKernelError);
    expect(() => configForRelease(wanted)).toThrow(
      'there is no data about the kernel "6.12.118+deb12-amd64"; did you mean 6.12.117+deb12-amd64',
    );
    expect(() => configForRelease('')).toThrow(
      `known are ${knownReleases().join(', ')}; for any other, parse its /boot/config file and name a profile`,
    );
  });
});
