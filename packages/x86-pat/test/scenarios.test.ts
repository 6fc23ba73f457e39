import { EINVAL, ENOMEM, VM_PAT } from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { Replay } from './replay.ts';
import { testPat, testVma } from './test-machine.ts';

const BAR_UNCACHED = 'ioremap 1 phys=0x200000000 size=8G type=uc-';
const NODE = '200000-400000 uc-';
/** Before patch 12, with it, as released with the fork fix, and with contexts. */
const ALL = ['base', 'posted-12', '6.12.117', '7.3'] as const;
const BY_FLAG = ['base', 'posted-12', '6.12', '6.12.117'] as const;

describe('remap_pfn_range over a BAR', () => {
  test.each(ALL)('C14-1, M6-1: same type as the BAR adds a second node (%s)', (profile) => {
    const lab = new Replay(profile).after(BAR_UNCACHED, 'map a pfn=0x200200 len=4M type=uc-');
    expect(lab.list()).toEqual([NODE, '200200-200600 uc-']);
    expect(lab.ask('pte a').entry).toBe('200200 10');
    expect(lab.ask('pte a off=4M').entry).toBe('none');
    expect(lab.ask('flags a').pat).toBe(profile !== '7.3');
    expect(lab.takeLog()).toEqual([]);
  });

  test.each(ALL)(
    'C14-2: write-combining asked over uncached-minus becomes that (%s)',
    (profile) => {
      const lab = new Replay(profile).after(BAR_UNCACHED, 'map a pfn=0x200200 len=4M type=wc');
      expect(lab.ask('pte a').entry).toBe('200200 10');
      expect(lab.list()).toEqual([NODE, '200200-200600 uc-']);
    },
  );

  test.each(ALL)('C14-3: uncached-minus asked over write-back is refused (%s)', (profile) => {
    const lab = new Replay(profile).after('ioremap 1 phys=0x200000000 size=8G type=wb');
    expect(lab.ask('map a pfn=0x200200 len=4M type=uc-').ret).toBe(-EINVAL);
    expect(lab.takeLog()).toEqual([
      'x86/PAT: patrun:PID map pfn expected mapping type uncached-minus for [mem 0x200200000-0x2005fffff], got write-back',
    ]);
    expect(lab.list()).toEqual(['200000-400000 wb']);
  });

  test.each(BY_FLAG)(
    'C14-4, M6-2: a hole leaves two complaints and a node for ever (%s)',
    (profile) => {
      const lab = new Replay(profile).after(BAR_UNCACHED, 'map a pfn=0x200200 len=4M type=uc-');
      lab.after('munmap a off=2M len=4K');
      expect(lab.takeLog()).toEqual([
        'x86/PAT: patrun:PID freeing invalid memtype [mem 0x200400000-0x200400fff]',
      ]);
      lab.after('munmap a');
      expect(lab.takeLog()).toEqual([
        'x86/PAT: patrun:PID freeing invalid memtype [mem 0x200200000-0x2003fffff]',
      ]);
      expect(lab.list()).toEqual([NODE, '200200-200401 uc-']);
    },
  );

  test('C14-4, M6-2: from 6.16 on a hole leaves neither complaint nor node', () => {
    const lab = new Replay('7.3').after(BAR_UNCACHED, 'map a pfn=0x200200 len=4M type=uc-');
    lab.after('munmap a off=2M len=4K');
    expect(lab.list()).toEqual([NODE, '200200-200600 uc-']);
    lab.after('munmap a');
    expect(lab.list()).toEqual([NODE]);
    expect(lab.takeLog()).toEqual([]);
  });

  test('C14-5: the tail of a mapping goes first and shortens its node', () => {
    const lab = new Replay('6.12.117').after('map a pfn=0x200200 len=4M type=uc-');
    expect(lab.after('munmap a off=2M').list()).toEqual(['200200-200400 uc-']);
    expect(lab.after('munmap a len=2M').list()).toEqual([]);
    expect(lab.takeLog()).toEqual([]);
  });

  test('M6-4: half of a mapping takes the type that is there and owns nothing', () => {
    const lab = new Replay('6.12.117').after(BAR_UNCACHED);
    expect(lab.ask('map a pfn=0x200200 len=4M mode=2 off=2M part=2M private').ret).toBe(-EINVAL);
    expect(lab.ask('map b pfn=0x200200 len=4M type=wb mode=2 off=2M part=2M').ret).toBe(0);
    expect(lab.ask('pte b off=2M').entry).toBe('200200 10');
    expect(lab.ask('flags b').pat).toBe(false);
    expect(lab.list()).toEqual([NODE]);
  });
});

describe('fork', () => {
  test.each(['posted-12', '6.12.117'])(
    'C14-6: reserves once more for the child (%s)',
    (profile) => {
      const lab = new Replay(profile).after('map a pfn=0x200200 len=4M type=uc-', 'fork');
      expect(lab.list()).toEqual(['200200-200600 uc-', '200200-200600 uc-']);
      expect(lab.after('endfork').list()).toEqual(['200200-200600 uc-']);
    },
  );

  test('C14-6: shares the one reservation from 6.16 on', () => {
    const lab = new Replay('7.3').after('map a pfn=0x200200 len=4M type=uc-', 'fork');
    expect(lab.list()).toEqual(['200200-200600 uc-']);
    expect(lab.after('munmap a', 'endfork').list()).toEqual(['200200-200600 uc-']);
    expect(lab.after('munmap a').list()).toEqual([]);
  });

  test.each(['posted-11', 'posted-12', '6.12.117'])(
    'C14-7, P12-S2: fails when the first page of a private mapping was copied (%s)',
    (profile) => {
      const vma = testVma(0x200000000000, 0x3000, true);
      const child = testVma(0x200000000000, 0x3000, true);
      const copy = { pfn: 0x100, pgprot: 0x67, special: false, normal: true };
      const pat = testPat(profile, { follow: () => copy, followPte: () => copy });
      pat.tracking.remap(vma, 0x200000, vma.vm_start, 0x3000, 0x10);
      pat.tracking.clear(child);
      expect(pat.tracking.copy(child, vma)).toBe(-EINVAL);
    },
  );

  test('C14-7, P12-S2: the process sees ENOMEM, and unmapping frees the range by vm_pgoff', () => {
    const lab = new Replay('6.12.117').after('map a pfn=0x200200 len=12K private', 'touch a write');
    expect(lab.ask('pte a').entry).toBe('anon');
    expect(lab.ask('fork').ret).toBe(-ENOMEM);
    expect(lab.list()).toEqual(['200200-200203 uc-']);
    expect(lab.after('munmap a').list()).toEqual([]);
    expect(lab.takeLog()).toEqual([]);
  });

  test('C14-7: works from 6.16 on whatever page was copied', () => {
    const lab = new Replay('7.3').after('map a pfn=0x200200 len=12K private', 'touch a write');
    expect(lab.ask('fork').ret).toBe(0);
    expect(lab.after('endfork', 'munmap a').list()).toEqual([]);
  });

  test.each(ALL)('M6-3: works when another page than the first was copied (%s)', (profile) => {
    const lab = new Replay(profile).after('map a pfn=0x200200 len=12K private');
    lab.after('touch a off=4K write');
    expect(lab.ask('fork').ret).toBe(0);
    expect(['pte a', 'pte a off=4K'].map((op) => lab.ask(op).entry)).toEqual(['200200 10', 'anon']);
    expect(lab.after('endfork', 'munmap a').list()).toEqual([]);
  });
});

describe('the first entry of a tracked mapping', () => {
  test.each(ALL)('P12-S1: leads munmap to the range, which is freed (%s)', (profile) => {
    const lab = new Replay(profile).after('map a pfn=0x200200 len=4M type=uc-', 'munmap a');
    expect(lab.list()).toEqual([]);
    expect(lab.takeLog()).toEqual([]);
  });

  test.each(['posted-11', 'posted-12'])(
    'P12-S3: is missed by fork when it is gone (%s)',
    (profile) => {
      const pat = testPat(profile);
      const [vma, child] = [testVma(0x200000000000, 0x2000), testVma(0x200000000000, 0x2000)];
      pat.tracking.remap(vma, 0x200000, vma.vm_start, 0x2000, 0x10);
      expect(pat.tracking.copy(child, vma)).toBe(-EINVAL);
      expect(pat.tracking.copy(child, vma)).toBe(-EINVAL);
      pat.tracking.untrack(vma, 0, 0);
      expect(vma.vm_flags & VM_PAT).toBe(VM_PAT);
      expect(pat.nodes()).toHaveLength(1);
      expect(pat.warnings).toEqual([
        'get_pat_info: a tracked shared mapping has lost its first entry',
      ]);
    },
  );

  test('P12-S4: may be a huge leaf from patch 12 on', () => {
    const leaf = { pfn: 0x200345, pgprot: 0x80000297 | 0, special: true };
    const forkWith = (profile: string): number => {
      const pat = testPat(profile, { follow: () => leaf, followPte: () => null });
      const [vma, child] = [testVma(0x200000145000, 0x2000), testVma(0x200000145000, 0x2000)];
      pat.tracking.remap(vma, 0x200345, vma.vm_start, 0x2000, 0x10);
      const error = pat.tracking.copy(child, vma);
      if (error === 0)
        expect(pat.nodes().map(({ start }) => start)).toEqual([0x200345000, 0x200345000]);
      return error;
    };
    expect(forkWith('posted-11')).toBe(-EINVAL);
    expect(forkWith('posted-12')).toBe(0);
  });

  test('P12.5: before patch 12 may be an entry that is not special, if no page is behind it', () => {
    const entry = { pfn: 0x200000, pgprot: 0x37, special: false, normal: false };
    const forkWith = (profile: string): number => {
      const pat = testPat(profile, { follow: () => entry, followPte: () => entry });
      const [vma, child] = [testVma(0x200000000000, 0x2000), testVma(0x200000000000, 0x2000)];
      pat.tracking.remap(vma, 0x200000, vma.vm_start, 0x2000, 0x10);
      return pat.tracking.copy(child, vma);
    };
    expect(forkWith('posted-11')).toBe(0);
    expect(forkWith('posted-12')).toBe(-EINVAL);
  });
});

describe('inserting a frame', () => {
  test('C14-8: keeps every protection without PAT', () => {
    const lab = new Replay('6.12.117', false).after('ioremap 1 phys=0x200000000 size=8G type=wc');
    for (const [type, bits] of [
      ['wb', '0'],
      ['wc', '8'],
      ['uc-', '10'],
      ['uc', '18'],
      ['wt', '98'],
      ['wp', '88'],
    ]) {
      lab.after(`map ${type} pfn=0x200200 len=4M type=${type}`);
      expect(lab.ask(`pte ${type}`).entry).toBe(`200200 ${bits}`);
      expect(lab.ask(`flags ${type}`).pat).toBe(true);
    }
    expect(lab.lab.pat.tracking.insert(0x200200, 0x37)).toBe(0x37);
    expect(lab.list()).toEqual([]);
  });

  test.each(ALL)(
    'C14-9: takes write-combining from the BAR over the uncached of the VMA (%s)',
    (profile) => {
      const pat = testPat(profile);
      pat.ioremap(0x200000000, 2 ** 33, 1);
      expect(pat.tracking.insert(0x240000, 0x80000037 | 0)).toBe(0x8000002f | 0);
      expect(pat.tracking.insert(0x3fffff, 0x37)).toBe(0x2f);
      expect(pat.tracking.insert(0x400000, 0x2f)).toBe(0x37);
    },
  );
});
