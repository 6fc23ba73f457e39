// The patches, the later changes and the profiles as data, and what with and without do to them.
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ContradictionError,
  InvalidValueError,
  kernelArchs,
  kernelChanges,
  kernelKconfigTexts,
  kernelModel,
  kernelProfiles,
  parseDotConfig,
  resolveKernel,
  seriesPatches,
  UnknownKernelError,
  UnknownSymbolError,
} from '../src/index.ts';

const seed = 20240826;
const model = kernelModel();

function selectsOf(name: string): readonly string[] {
  return kernelProfiles.find((profile) => profile.name === name)!.selects;
}

describe('patches', () => {
  test('there are nineteen, numbered from 1', () => {
    expect(seriesPatches.map(({ number }) => number)).toEqual(
      Array.from({ length: 19 }, (_, index) => index + 1),
    );
    for (const { symbol, number } of seriesPatches)
      expect(symbol).toBe(`SERIES_PATCH_${number < 10 ? '0' : ''}${number}`);
  });

  test('each depends on the one before', () => {
    for (const [index, { symbol }] of seriesPatches.entries()) {
      const before = seriesPatches[index - 1]?.symbol;
      const dependencies = model.symbols.get(symbol)!.dependencies.flat();
      expect(dependencies.map((part) => (part.kind === 'symbol' ? part.name : '?'))).toEqual(
        before === undefined ? [] : [before],
      );
    }
  });

  // The commit ids of the merged series, from the specification and the public changelogs of Linux 6.12.
  const commits =
    '6857be5fecae ef713ec3a566 3c8e44c9b369 5dd40721f147 ae3c99e650da 10d83d7781a8 bc02afbd4d73 0515e022e167 6da8e9634bb7 5731aacd54a8 bd8c2d18bf5c cbea8536d933 a77f9489f1d7 e6bc784c24fd b17269a51cc7 b0a1c0d0edcd 75182022a043 3e509c9b03f9 f9e54c3a2f5b';

  test('each has the commit it was merged as', () => {
    expect(seriesPatches.map(({ commit }) => commit).join(' ')).toBe(commits);
  });
});

describe('changes', () => {
  test('no symbol is declared twice', () => {
    const symbols = [...seriesPatches, ...kernelChanges].map(({ symbol }) => symbol);
    expect(new Set(symbols).size).toBe(symbols.length);
    for (const symbol of symbols) expect(model.symbols.get(symbol)!.positions).toHaveLength(1);
  });

  test('each has a prompt and a help text with its part of the kernel', () => {
    for (const { symbol, title, topic, commit, entry } of kernelChanges) {
      const { prompts, help } = model.symbols.get(symbol)!;
      const words = help!.replace(/\s+/g, ' ');
      expect(prompts.map(({ text }) => text)).toEqual([title]);
      expect(words).toContain(`Part of the kernel: ${topic}.`);
      if (commit !== undefined) expect(words).toContain(`Commit ${commit}.`);
      if (entry !== undefined) expect(words).toContain(`Entry ${entry} `);
    }
  });

  test('every listed follow-up fix has a symbol', () => {
    const entries = new Set(kernelChanges.map(({ entry }) => entry));
    const fixes = Array.from({ length: 17 }, (_, index) => `F${index + 1}`);
    for (const entry of [...fixes, 'U1', 'U3', 'U5', 'U6', 'U7', 'U8', 'U9', 'U10'])
      expect([entry, entries.has(entry)]).toEqual([entry, true]);
  });

  test('experiments are numbered, and in no profile', () => {
    const found = kernelChanges.filter(({ symbol }) => symbol.startsWith('EXPERIMENT_'));
    expect(found.map(({ entry }) => entry)).toEqual(found.map((_, index) => `E${index + 1}`));
    for (const { selects } of kernelProfiles)
      expect(selects.filter((symbol) => symbol.startsWith('EXPERIMENT_'))).toEqual([]);
  });

  test('lines of the texts are at most 100 columns wide with tabs of eight', () => {
    for (const { file, text } of kernelKconfigTexts())
      for (const [index, line] of text.split('\n').entries()) {
        const width = line.replace(/\t/g, '        ').length;
        expect([`${file}:${index + 1}`, width <= 100]).toEqual([`${file}:${index + 1}`, true]);
      }
  });
});

describe('profiles', () => {
  test('base, the posted series, and the releases are there', () => {
    const posted = seriesPatches.map(({ symbol }) => symbol.replace('SERIES_PATCH_', 'posted-'));
    expect(kernelProfiles.map(({ name }) => name)).toEqual([
      '6.11',
      'base',
      ...posted,
      '6.12-rc1',
      '6.12',
      '6.12.117',
      '7.3',
    ]);
  });

  test('a profile selects each symbol once', () => {
    for (const { selects } of kernelProfiles) expect(new Set(selects).size).toBe(selects.length);
  });

  for (const { name, selects } of kernelProfiles)
    test(`${name} comes out whole, on every architecture`, () => {
      for (const arch of kernelArchs) {
        const config = resolveKernel({ profile: name, arch });
        expect(config.overruled.map(({ why }) => why)).toEqual([]);
        expect(config.warnings).toEqual([]);
        const on = [...seriesPatches, ...kernelChanges]
          .map(({ symbol }) => symbol)
          .filter((symbol) => config.enabled(symbol));
        expect(on.sort()).toEqual([...selects].sort());
      }
    });

  test('posted-NN has the first NN patches', () => {
    for (const { number, symbol } of seriesPatches) {
      const name = `posted-${symbol.slice(-2)}`;
      const patches = selectsOf(name).filter((each) => each.startsWith('SERIES_PATCH_'));
      expect(patches).toEqual(seriesPatches.slice(0, number).map((patch) => patch.symbol));
    }
    expect(selectsOf('base').some((symbol) => symbol.startsWith('SERIES_PATCH_'))).toBe(false);
  });

  // Present in 6.12 final, 6.12.117, 7.3.4, as the list of follow-up fixes states.
  const states: readonly [symbol: string, in612: boolean, in612117: boolean, in73: boolean][] = [
    ['FIX_FOLIO_WALK_PRESENT_PMD', true, true, true],
    ['FIX_PMD_SPECIAL_PRESENT', true, true, true],
    ['FIX_FOLLOW_LOCKDEP_NO_FILE', true, true, true],
    ['FIX_VFIO_PFN_ALIGNED', false, true, true],
    ['FIX_VFIO_ALIGN_TO_ORDER', false, true, true],
    ['FIX_PUD_CACHEMODE', false, false, true],
    ['FIX_FOLIO_NOT_SPECIAL', false, false, true],
    ['FIX_ARM64_PUD_SPECIAL', false, false, true],
    ['FIX_FOLLOW_PFNMAP_REREAD', false, true, true],
    ['FIX_PAGEWALK_PUD_REFAULT', false, true, true],
    ['FIX_VFIO_DMA_RETRY', false, false, false],
    ['FIX_VFIO_POWERPC_BUILD', false, false, true],
    ['FIX_THP_SYSFS_PFNMAP', false, true, true],
    ['FIX_ACCESS_PHYS_ONE_PAGE', false, false, true],
    ['FIX_ZAP_NO_MMAP_ASSERT', false, false, true],
    ['FIX_KVM_ARM64_HOST_LEAF', false, true, true],
    ['FIX_ARM64_MKWRITE_CLEAN', false, true, true],
    ['ARM64_IOREMAP_USER_ONLY', false, true, true],
    ['FIX_MBIND_PMD_PFNMAP', false, false, true],
    ['THP_UNMAPPED_AREA_FILES', true, true, false],
    ['FOLLOW_ADDR_MASK', false, false, true],
    ['TYPE1_BATCH', false, false, true],
    ['PAT_TRACK_CTX', false, false, true],
    ['NO_DEVMAP', false, false, true],
    ['VM_NORMAL_PAGE_PUD', false, false, true],
    ['MEMORY_FAILURE_PFN', false, false, true],
    ['HUGE_ZERO_SPECIAL', false, false, true],
    ['PGPROT_WRITECOMBINE_REPLACES', false, false, true],
    ['ARM64_TABLE_AF', false, false, true],
  ];
  for (const [symbol, ...wanted] of states)
    test(`${symbol} is ${wanted.map((each) => (each ? 'in' : 'out')).join(', ')} of 6.12, 6.12.117, 7.3`, () => {
      const found = ['6.12', '6.12.117', '7.3'].map((name) => selectsOf(name).includes(symbol));
      expect(found).toEqual(wanted);
    });

  test('6.12-rc1 is the series as merged, without any later fix', () => {
    const fixes = selectsOf('6.12-rc1').filter((symbol) => symbol.startsWith('FIX_'));
    expect(fixes).toEqual(['FIX_FOLIO_WALK_PRESENT_PMD']);
  });

  test('the version of the profile is the version code of the kernel', () => {
    const code = (profile: string) =>
      resolveKernel({ profile, arch: 'x86' }).value('LINUX_VERSION_CODE');
    expect(code('6.11')).toBe(0x60b00n);
    expect(code('6.12.117')).toBe(0x60c75n);
    expect(code('7.3')).toBe(0x70304n);
  });
});

describe('with and without', () => {
  const x86 = { arch: 'x86' } as const;

  test('with adds a change to a profile', () => {
    const config = resolveKernel({ ...x86, profile: 'posted-19', with: ['FIX_VFIO_PFN_ALIGNED'] });
    expect(config.enabled('FIX_VFIO_PFN_ALIGNED')).toBe(true);
    expect(config.enabled('FIX_VFIO_ALIGN_TO_ORDER')).toBe(false);
    expect(config.why('FIX_VFIO_PFN_ALIGNED')).toBe(
      'FIX_VFIO_PFN_ALIGNED=y, set by the request (with)',
    );
  });

  test('without takes a change out of a profile', () => {
    const config = resolveKernel({ ...x86, profile: '7.3', without: ['FIX_PUD_CACHEMODE'] });
    expect(config.enabled('FIX_PUD_CACHEMODE')).toBe(false);
    expect(config.overruled).toEqual([]);
  });

  test('what depends on something in without goes with it, and is told', () => {
    const config = resolveKernel({ ...x86, profile: '6.12.117', without: ['SERIES_PATCH_18'] });
    expect(config.overruled.map(({ assignment }) => assignment.symbol)).toEqual([
      'SERIES_PATCH_19',
      'FIX_VFIO_PFN_ALIGNED',
      'FIX_VFIO_ALIGN_TO_ORDER',
    ]);
    expect(config.overruled[0]!.why).toBe(
      'SERIES_PATCH_19=n (where profile 6.12.117 asks for y) because it depends on SERIES_PATCH_18; SERIES_PATCH_18=n, set by the request (without)',
    );
  });

  test('with fails when what it rests on is missing', () => {
    const request = { ...x86, profile: 'posted-18', with: ['FIX_VFIO_PFN_ALIGNED'] };
    expect(() => resolveKernel(request)).toThrow(ContradictionError);
    expect(() => resolveKernel(request)).toThrow(
      'the request (with) asks for FIX_VFIO_PFN_ALIGNED=y, but the rules make it n\n' +
        '  FIX_VFIO_PFN_ALIGNED=n because it depends on SERIES_PATCH_19\n' +
        '  SERIES_PATCH_19=n, set by profile posted-18',
    );
  });

  test('with and without of the same symbol contradict each other', () => {
    const request = { ...x86, profile: 'base', with: ['DEBUG_VM'], without: ['CONFIG_DEBUG_VM'] };
    expect(() => resolveKernel(request)).toThrow(
      'the request (with) asks for DEBUG_VM=y, and the request (without) for n; leave one out',
    );
  });

  test('with takes values', () => {
    const config = resolveKernel({
      profile: '6.12',
      arch: 'arm64',
      with: ['NR_CPUS=2', 'CONFIG_ARM64_VA_BITS_48', 'MODULES', 'VIRTUALIZATION', 'KVM=m'],
    });
    expect(['NR_CPUS', 'ARM64_VA_BITS', 'KVM'].map((name) => config.value(name))).toEqual([
      2,
      48,
      'm',
    ]);
    expect(config.enabled('SPLIT_PTE_PTLOCKS')).toBe(false);
  });

  test('a value that the symbol cannot hold is an error', () => {
    const request = { profile: '6.12', arch: 'arm64', without: ['NR_CPUS'] };
    expect(() => resolveKernel(request)).toThrow(InvalidValueError);
  });

  test('an unknown symbol is an error with the nearest name', () => {
    const request = { ...x86, profile: '6.12', with: ['FIX_VFIO_PFN_ALIGN'] };
    expect(() => resolveKernel(request)).toThrow(UnknownSymbolError);
    expect(() => resolveKernel(request)).toThrow('did you mean FIX_VFIO_PFN_ALIGNED');
  });

  test('random wishes come out as asked or are contradictions', () => {
    const symbols = [...seriesPatches, ...kernelChanges].map(({ symbol }) => symbol);
    const wishes = fc.record({
      profile: fc.constantFrom(...kernelProfiles.map(({ name }) => name)),
      arch: fc.constantFrom(...kernelArchs),
      chosen: fc.subarray(symbols, { maxLength: 6 }),
      split: fc.nat(6),
    });
    fc.assert(
      fc.property(wishes, ({ profile, arch, chosen, split }) => {
        const [on, off] = [chosen.slice(0, split), chosen.slice(split)];
        try {
          const config = resolveKernel({ profile, arch, with: on, without: off });
          for (const symbol of on) expect(config.enabled(symbol)).toBe(true);
          for (const symbol of off) expect(config.enabled(symbol)).toBe(false);
          expect(config.enabled('ARCH_SUPPORTS_PMD_PFNMAP')).toBe(
            config.enabled('ARCH_SUPPORTS_HUGE_PFNMAP'),
          );
        } catch (error) {
          expect(error).toBeInstanceOf(ContradictionError);
          const { symbol } = error as ContradictionError;
          expect(chosen).toContain(symbol);
        }
      }),
      { seed, numRuns: 150 },
    );
  });
});

describe('the request', () => {
  test('an unknown profile is an error that lists the known ones', () => {
    const request = { profile: '6.13', arch: 'x86' };
    expect(() => resolveKernel(request)).toThrow(UnknownKernelError);
    expect(() => resolveKernel(request)).toThrow(
      /^there is no profile "6\.13"; did you mean .*known are 6\.11, base, posted-01, .*, 7\.3$/,
    );
  });

  test('an unknown architecture is an error that knows other names of the known ones', () => {
    const request = { profile: '6.12', arch: 'x86_64' };
    expect(() => resolveKernel(request)).toThrow(
      'there is no architecture "x86_64"; the kernel tree calls it x86; known are x86, arm64, riscv, powerpc, s390, sparc',
    );
    expect(() => resolveKernel({ profile: '6.12', arch: 'mips' })).toThrow(UnknownKernelError);
  });

  test('a configuration of another architecture is a contradiction', () => {
    const dotConfig = parseDotConfig('# Linux/arm64 6.12.117 Kernel Configuration\n', 'config');
    expect(() => resolveKernel({ profile: '6.12', arch: 'x86', dotConfig })).toThrow(
      'config:1:1: this is a configuration of Linux/arm64, and the architecture asked for is x86',
    );
  });

  test('the answer is frozen, and takes names with and without CONFIG_', () => {
    const config = resolveKernel({ profile: '6.12', arch: 'x86' });
    expect(Object.isFrozen(config)).toBe(true);
    expect([config.profile, config.arch]).toEqual(['6.12', 'x86']);
    expect(config.enabled('CONFIG_X86_64')).toBe(config.enabled('X86_64'));
    expect(config.value('CONFIG_PGTABLE_LEVELS')).toBe(5);
    expect(config.value('SRCARCH')).toBe('x86');
    expect(config.why('CONFIG_X86')).toBe(config.why('X86'));
    expect(() => config.enabled('ARCH_SUPPORTS_PMD_PFNMAPS')).toThrow(
      'there is no symbol ARCH_SUPPORTS_PMD_PFNMAPS; did you mean ARCH_SUPPORTS_PMD_PFNMAP',
    );
  });
});
