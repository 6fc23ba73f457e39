// The rules of the kernels: the scenarios and the matrix of the specification, section K, and the
// configurations of real kernels. Expected values come from those, never from the rules.
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  ContradictionError,
  configForRelease,
  type KernelConfig,
  kernelArchs,
  kernelModel,
  kernelProfiles,
  knownReleases,
  parseDotConfig,
  resolveKernel,
} from '../src/index.ts';

const names = [
  'ARCH_SUPPORTS_HUGE_PFNMAP',
  'ARCH_SUPPORTS_PMD_PFNMAP',
  'ARCH_SUPPORTS_PUD_PFNMAP',
] as const;

/** HUGE, PMD and PUD as three letters. */
function pfnmaps(config: KernelConfig): string {
  return names.map((name) => config.value(name)).join('');
}

function withThp(profile: string, arch: string, more: readonly string[] = []): KernelConfig {
  return resolveKernel({ profile, arch, with: ['TRANSPARENT_HUGEPAGE', ...more] });
}

describe('scenarios of section K', () => {
  for (const profile of ['6.12', '6.12.117', '7.3']) {
    test(`K-S1 x86_64 with THP on ${profile} has huge pfn mappings of both sizes`, () => {
      expect(pfnmaps(withThp(profile, 'x86'))).toBe('yyy');
    });

    test(`K-S2 x86_64 without THP on ${profile} has none`, () => {
      const request = { profile, arch: 'x86', without: ['TRANSPARENT_HUGEPAGE'] };
      expect(pfnmaps(resolveKernel(request))).toBe('nnn');
    });

    test(`K-S3 arm64 with 64K pages and THP on ${profile} has the PMD size only`, () => {
      const config = withThp(profile, 'arm64', ['ARM64_64K_PAGES']);
      expect(pfnmaps(config)).toBe('yyn');
      expect(config.value('PAGE_SHIFT')).toBe(16);
    });

    test(`K-S4 s390 with THP on ${profile} has none`, () => {
      expect(pfnmaps(withThp(profile, 's390'))).toBe('nnn');
    });

    test(`K-S5 riscv64 on ${profile} has ${profile === '7.3' ? 'both sizes' : 'none'}`, () => {
      expect(pfnmaps(withThp(profile, 'riscv'))).toBe(profile === '7.3' ? 'yyy' : 'nnn');
    });

    test(`K-S6 x86_64 with PREEMPT_RT on ${profile} cannot have THP, and so none`, () => {
      const request = { profile, arch: 'x86', with: ['EXPERT', 'PREEMPT_RT'] };
      expect(pfnmaps(resolveKernel(request))).toBe('nnn');
      const demand = { ...request, with: [...request.with, 'TRANSPARENT_HUGEPAGE'] };
      expect(() => resolveKernel(demand)).toThrow(ContradictionError);
    });
  }

  test('K-S6 the real-time kernel of Debian says why in one sentence', () => {
    const config = resolveKernel(configForRelease('6.12.117+deb12-rt-amd64'));
    expect(config.why('ARCH_SUPPORTS_PUD_PFNMAP')).toMatch(
      /^ARCH_SUPPORTS_PUD_PFNMAP=n because it depends on ARCH_SUPPORTS_HUGE_PFNMAP; ARCH_SUPPORTS_HUGE_PFNMAP=n because it depends on TRANSPARENT_HUGEPAGE; TRANSPARENT_HUGEPAGE=n because it depends on !PREEMPT_RT; PREEMPT_RT=y, set by excerpt of config-6\.12\.117\+deb12-rt-amd64:\d+$/,
    );
  });
});

describe('K11 the matrix', () => {
  interface Row {
    readonly title: string;
    readonly arch: string;
    readonly with?: readonly string[];
    readonly without?: readonly string[];
    /** HAVE_ARCH_TRANSPARENT_HUGEPAGE, and the PUD one in 6.12 and 7.3. */
    readonly thp: string;
    readonly pud: readonly [in612: string, in73: string];
    /** HUGE, PMD and PUD in 6.11, 6.12 and 7.3.4, with THP on. */
    readonly pfnmaps: readonly [in611: string, in612: string, in73: string];
  }
  const rows: readonly Row[] = [
    { title: 'x86_64', arch: 'x86', thp: 'y', pud: ['y', 'y'], pfnmaps: ['nnn', 'yyy', 'yyy'] },
    {
      title: 'x86_32',
      arch: 'x86',
      without: ['64BIT'],
      thp: 'y',
      pud: ['n', 'n'],
      pfnmaps: ['nnn', 'nnn', 'nnn'],
    },
    { title: 'arm64 4K', arch: 'arm64', thp: 'y', pud: ['n', 'n'], pfnmaps: ['nnn', 'yyn', 'yyn'] },
    {
      title: 'arm64 16K',
      arch: 'arm64',
      with: ['ARM64_16K_PAGES'],
      thp: 'y',
      pud: ['n', 'n'],
      pfnmaps: ['nnn', 'yyn', 'yyn'],
    },
    {
      title: 'arm64 64K',
      arch: 'arm64',
      with: ['ARM64_64K_PAGES'],
      thp: 'y',
      pud: ['n', 'n'],
      pfnmaps: ['nnn', 'yyn', 'yyn'],
    },
    { title: 'riscv64', arch: 'riscv', thp: 'y', pud: ['n', 'y'], pfnmaps: ['nnn', 'nnn', 'yyy'] },
    {
      title: 'powerpc Book3S-64, radix',
      arch: 'powerpc',
      with: ['PPC_4K_PAGES'],
      thp: 'y',
      pud: ['y', 'y'],
      pfnmaps: ['nnn', 'nnn', 'yyy'],
    },
    {
      title: 'powerpc Book3S-64, hash with 64K pages',
      arch: 'powerpc',
      with: ['PPC_64K_PAGES'],
      without: ['PPC_RADIX_MMU'],
      thp: 'y',
      pud: ['y', 'y'],
      pfnmaps: ['nnn', 'nnn', 'yyy'],
    },
    { title: 's390', arch: 's390', thp: 'y', pud: ['n', 'n'], pfnmaps: ['nnn', 'nnn', 'nnn'] },
    { title: 'sparc64', arch: 'sparc', thp: 'y', pud: ['n', 'n'], pfnmaps: ['nnn', 'nnn', 'nnn'] },
  ];
  for (const row of rows)
    for (const [column, profile] of (['6.11', '6.12', '7.3'] as const).entries()) {
      const request = {
        profile,
        arch: row.arch,
        with: ['TRANSPARENT_HUGEPAGE', ...(row.with ?? [])],
        without: row.without,
      };
      test(`${row.title} on ${profile} comes to ${row.pfnmaps[column]}`, () => {
        const config = resolveKernel(request);
        expect(pfnmaps(config)).toBe(row.pfnmaps[column]);
        expect(config.value('HAVE_ARCH_TRANSPARENT_HUGEPAGE')).toBe(row.thp);
        const pud = row.pud[column === 2 ? 1 : 0];
        expect(config.value('HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD')).toBe(pud);
        expect(config.enabled('ARCH_HAS_PTE_SPECIAL')).toBe(true);
      });

      test(`${row.title} on ${profile} has none without THP`, () => {
        const { with: wanted, ...rest } = request;
        expect(pfnmaps(resolveKernel({ ...rest, with: wanted.slice(1) }))).toBe('nnn');
      });
    }

  test('powerpc with the hash MMU and 4K pages has no THP', () => {
    const request = { arch: 'powerpc', with: ['PPC_4K_PAGES'], without: ['PPC_RADIX_MMU'] };
    const config = resolveKernel({ profile: '7.3', ...request });
    expect(config.enabled('HAVE_ARCH_TRANSPARENT_HUGEPAGE')).toBe(false);
  });

  test('K6 PMD equals HUGE in every profile and architecture', () => {
    for (const { name } of kernelProfiles)
      for (const arch of kernelArchs) {
        const [huge, pmd, pud] = pfnmaps(withThp(name, arch));
        expect([name, arch, pmd]).toEqual([name, arch, huge]);
        if (pud === 'y') expect([name, arch, huge]).toEqual([name, arch, 'y']);
      }
  });

  test('K4 nobody can set the three symbols', () => {
    for (const name of names)
      expect(() => resolveKernel({ profile: '6.12', arch: 's390', with: [name] })).toThrow(
        ContradictionError,
      );
  });

  test('K7 PGTABLE_HAS_HUGE_LEAVES is THP or HUGETLB_PAGE', () => {
    const value = (...on: string[]) =>
      resolveKernel({ profile: '6.12', arch: 'x86', with: on }).value('PGTABLE_HAS_HUGE_LEAVES');
    expect(value()).toBe('n');
    expect(value('TRANSPARENT_HUGEPAGE')).toBe('y');
    expect(value('HUGETLBFS')).toBe('y');
  });
});

describe('the series turns the symbols on', () => {
  for (const [arch, patch, sizes] of [
    ['x86', 17, 'yyy'],
    ['arm64', 18, 'yyn'],
  ] as const)
    for (let number = 1; number <= 19; number += 1) {
      const profile = `posted-${String(number).padStart(2, '0')}`;
      const wanted = number >= patch ? sizes : 'nnn';
      test(`${arch} at ${profile} comes to ${wanted}`, () => {
        expect(pfnmaps(withThp(profile, arch))).toBe(wanted);
      });
    }
});

describe('real kernels', () => {
  for (const release of knownReleases()) {
    const capture = new URL(`./captures/config-${release}`, import.meta.url);
    const whole = parseDotConfig(readFileSync(capture, 'utf8'), `config-${release}`);
    const { profile, arch, dotConfig } = configForRelease(release);

    test(`${release}: the three symbols are what its configuration says`, () => {
      const config = resolveKernel({ profile, arch, dotConfig });
      const stated = names.map((name) => whole.entries.get(name)?.value ?? 'n').join('');
      expect(pfnmaps(config)).toBe(stated);
    });

    for (const [title, given] of [
      ['the excerpt', dotConfig],
      ['the whole file', whole],
    ] as const)
      test(`${release}: every symbol of the rules comes out of ${title} as stated`, () => {
        const config = resolveKernel({ profile, arch, dotConfig: given });
        expect(config.overruled.map(({ why }) => why)).toEqual([]);
        expect(config.warnings).toEqual([]);
        const ours = new Set(
          kernelProfiles.flatMap(({ selects }) => selects).concat('LINUX_7_3', 'SRCARCH'),
        );
        for (const name of kernelModel().symbols.keys()) {
          const stated = whole.entries.get(name)?.value;
          if (stated === undefined)
            expect([name, config.enabled(name)]).toEqual([
              name,
              ours.has(name) && config.enabled(name),
            ]);
          else if (/^[ymn]$/.test(stated))
            expect([name, config.value(name)]).toEqual([name, stated]);
          else expect([name, `${config.value(name)}`]).toEqual([name, stated]);
        }
      });
  }

  test('symbols outside the rules are answered from the whole file', () => {
    const release = '6.12.117+deb12-amd64';
    const text = readFileSync(new URL(`./captures/config-${release}`, import.meta.url), 'utf8');
    const dotConfig = parseDotConfig(text, 'config');
    const config = resolveKernel({ ...configForRelease(release), dotConfig });
    expect(config.value('CONFIG_PHYSICAL_START')).toBe(0x1000000n);
    expect(config.value('LOG_BUF_SHIFT')).toBe(17);
    expect(config.enabled('CONFIG_EXT4_FS')).toBe(true);
    expect(config.value('EXT4_FS')).toBe('m');
    expect(config.why('EXT4_FS')).toMatch(
      /^EXT4_FS=m set by config:\d+, and no rule here decides it$/,
    );
    expect(config.symbols().length).toBeGreaterThan(7000);
  });
});
