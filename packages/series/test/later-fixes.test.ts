// The fix replay: what each later fix changes, and nothing else of the same question.
import { resolveKernel } from '@pfnmap/kconfig';
import { EINVAL } from '@pfnmap/mm-core';
import { playScenario } from '@pfnmap/scenario';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  playBeforeAfter,
  replayQuestions,
  seriesPoint,
  seriesScenario,
  seriesScenarioNames,
} from '../src/index.ts';
import { bootWith, computerWith, followed, VA } from '../src/replay/computer.ts';
import { play, playText, scenarioOf, tableOf } from './playing.ts';

const question = (id: string) => replayQuestions.find((each) => each.id === id)!;
const both = (id: string) => {
  const { before, after } = seriesPoint(id);
  return [
    { arch: 'x86_64', ...before },
    { arch: 'x86_64', ...after },
  ] as const;
};

describe('R7: fix by fix', () => {
  test('F1: a PMD migration entry is no longer copied by fork', () => {
    const [before, after] = both('F1').map((asked) => question('Q21').ask(asked));
    expect([before, after]).toEqual(['broken: copied as it is', 'left to anonymous memory']);
  });

  test('F2: with LOCKDEP, a VMA without a file is checked instead of crashing', () => {
    const [before, after] = both('F2').map((asked) => {
      const { machine, vma } = computerWith('pmd', {
        ...asked,
        with: [...asked.with, 'PROVE_LOCKING'],
      });
      vma.vm_file = null;
      return () => followed(machine, vma, VA);
    });
    expect(before).toThrow('the VMA has no file');
    expect(after!()).toMatchObject({ pfn: 0xe0000 });
  });

  test('F3: an odd BAR offset is mapped by PTEs in place of the wrong memory', () => {
    const [before, after] = both('F3').map((asked) => tableOf('F3-unaligned-pfn', asked)[0]!);
    // BAR 2 lies at 0xfe000000 below 4 GiB; the mapping begins a page into it.
    expect(before).toMatchObject({ level: 'pmd', entry: '0x80000000fe0002b7' });
    expect(after).toMatchObject({ level: 'pte', entry: '0x80000000fe001237' });
  });

  test('F4: a first touch anywhere gives a PMD leaf in place of PTEs', () => {
    const [before, after] = both('F4').map((asked) => tableOf('F4-unaligned-touch', asked));
    expect(before!.map(({ level }) => level)).toContain('pte');
    expect(after!.map(({ level, count }) => `${count} ${level}`)).toEqual(['2 pmd']);
  });

  test('F5: a PUD leaf of a write-combining BAR is write-combining in place of UC-', () => {
    const [before, after] = both('F5').map((asked) => {
      const computer = computerWith('pud', asked);
      const { machine, process } = computer;
      const { arch, tracking } = machine.kernel;
      Object.assign(tracking, {
        insert: (_pfn: number, prot: number) => arch.pgprot_writecombine(prot & ~0x18),
      });
      machine.layers.memory.zap_vma_ptes(computer.vma, VA, 2 ** 30);
      process.touch(VA, false);
      return computer.entry(process, VA).word & 0x18n;
    });
    expect([before, after]).toEqual([0x10n, 0x08n]);
  });

  test.each([
    ['P09-S6: a zapped leaf', false],
    ['P09-S7: PTEs in place of the leaf', true],
  ])('F8, %s: the stale frame is no longer told', (_title, refault) => {
    const [before, after] = both('F8').map((asked) => {
      const { machine, process, vma } = computerWith('pmd', asked);
      const { events } = machine.kernel;
      events.recording = true;
      events.listener = (event) => {
        if (event.kind !== 'lock' || event.action !== 'acquire') return;
        events.listener = undefined;
        machine.layers.memory.zap_vma_ptes(vma, VA, 2 ** 21);
        if (!refault) return;
        process.madvise(VA, 2 ** 21, 15);
        process.touch(VA + 0x3000, false);
      };
      return followed(machine, vma, VA + 0x3000);
    });
    expect(before).toMatchObject({ pfn: 0xe0003 });
    if (refault) expect(after).toMatchObject({ pfn: 0xe0003, special: true });
    else expect(after).toBe(-EINVAL);
  });

  test('F9: a walker that meets a refault splits again in place of walking garbage', () => {
    const [before, after] = both('F9').map((asked) => {
      const { machine, process } = computerWith('pud', asked);
      const { events } = machine.kernel;
      events.recording = true;
      events.listener = (event) => {
        if (event.kind !== 'notifier' || event.phase !== 'end') return;
        events.listener = undefined;
        process.touch(VA, false);
      };
      return () => {
        process.smaps();
        return machine.kernel.events.counts.thp_split_pud;
      };
    });
    expect(before).toThrow('a PUD leaf is read as a PMD table');
    expect(after!()).toBe(2);
  });

  test('F7: arm64 has no special PUDs, with the macros and without', () => {
    const words = fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 20 });
    const archs = both('F7').map(
      (asked) => bootWith('bar=2M', { ...asked, arch: 'arm64' }, 0xe0000000n).kernel.arch,
    );
    const alike = fc.property(words, (puds) => {
      for (const { pud_special, pud_mkspecial } of archs)
        expect(puds.map((pud) => [pud_special(pud), pud_mkspecial(pud)])).toEqual(
          puds.map((pud) => [false, pud]),
        );
    });
    fc.assert(alike, { seed: 7 });
  });

  test('F11: powerpc can have huge pfn mappings only with it', () => {
    const pfnmaps = (without: readonly string[]) =>
      resolveKernel({
        profile: '7.3',
        arch: 'powerpc',
        with: ['TRANSPARENT_HUGEPAGE'],
        without,
      }).enabled('ARCH_SUPPORTS_HUGE_PFNMAP');
    expect([pfnmaps(['FIX_VFIO_POWERPC_BUILD']), pfnmaps([])]).toEqual([false, true]);
  });

  test.each(['F7', 'F11', 'F16'])('%s changes no answer of any scenario', (id) => {
    for (const arch of ['x86_64', 'arm64'] as const)
      for (const name of seriesScenarioNames) {
        const scenario = seriesScenario(name);
        const { comparison } = playBeforeAfter(playScenario, seriesPoint(id), scenario, { arch });
        expect(comparison.differences).toEqual([]);
      }
  });

  test('F12: with sysfs "never" a BAR is mapped huge in place of 4K pages', () => {
    const [before, after] = both('F12').map((asked) => tableOf('F12-thp-never', asked)[0]!.level);
    expect([before, after]).toEqual(['pte', 'pmd']);
  });

  test('F13: generic_access_phys of 8192 bytes ends at the page', () => {
    const [before, after] = both('F13').map((asked) => {
      const { machine, vma } = computerWith('pmd', asked);
      return [0, 0x800].map((offset) =>
        machine.layers.access.generic_access_phys(vma, VA + offset, 8192, false),
      );
    });
    expect(before).toEqual([8192, 8192]);
    expect(after).toEqual([4096, 2048]);
  });

  test('F14: a partial unmap by way of the file no longer asserts the mmap lock', () => {
    const [before, after] = both('F14').map(
      (asked) => play('F14-partial-unmap', asked).capture.log,
    );
    expect(before!.join()).toContain('WARNING');
    expect(after).toEqual([]);
  });

  test('U5: the DMA map of an 8 GiB BAR takes 8 lookups in place of 2097152', () => {
    const text = 'vfio\nmmap a bar2 length=8G align=1G\ndmamap a length=8G iova=16G\n';
    const [before, after] = both('TYPE1_BATCH').map(
      (asked) => playText(text, asked).summary.dma!.lookups,
    );
    expect([before, after]).toEqual([2097152, 8]);
  });

  test('U8: folio_walk finds nothing at a PUD leaf, by whichever way', () => {
    const answers = both('VM_NORMAL_PAGE_PUD').map((asked) => question('Q7').ask(asked));
    expect(answers).toEqual(['NULL', 'NULL']);
  });
});

describe('R4: DEBUG_VM', () => {
  const debug = { arch: 'x86_64', kernel: 'posted-12', with: ['DEBUG_VM'] } as const;

  test('follow_pte() of a PMD leaf stops the kernel: Q12, Q14, Q15, Q16', () => {
    expect(play('13-dma', debug).bug?.where).toBe('follow_pte');
    expect(play('10-kvm', { ...debug, kernel: 'posted-09' }).bug?.where).toBe('follow_pte');
    for (const id of ['Q15', 'Q16'])
      expect(() => question(id).ask(debug)).toThrow('a PMD leaf where only a table may be');
  });

  test('a PUD leaf is only a bad entry: -EINVAL', () => {
    const { machine, process } = computerWith('pud', debug);
    const request = { iova: 2 ** 32, vaddr: VA, size: 4096, read: true, write: true };
    expect(machine.dma.mapDma(process.mm, request)).toBe(-EINVAL);
  });
});

describe('R5: the sysfs setting', () => {
  test.each(['never', 'madvise'])('%s: nothing is huge until F12', (thp) => {
    const text = `machine bar=1G thp=${thp}\nlab pages=0x40000 mode=fault\nmmap a lab length=1G align=1G\ntouch a\ntable a\n`;
    const levels = (kernel: string) =>
      playText(text, { arch: 'x86_64', kernel }).summary.mapped.map(({ level }) => level);
    expect(levels('posted-19')).toEqual(['pte']);
    expect(levels('6.12')).toEqual(['pte']);
    expect(levels('6.12.117')).toEqual(['pud']);
  });

  test('madvise with advice: huge also before F12', () => {
    const text =
      'machine bar=1G thp=madvise\nlab pages=0x40000 mode=fault\nmmap a lab length=1G align=1G\nmadvise a length=1G advice=14\ntouch a\n';
    const { mapped } = playText(text, { arch: 'x86_64', kernel: 'posted-19' }).summary;
    expect(mapped.map(({ level }) => level)).toEqual(['pud']);
  });
});

test('the machine of a scenario line is the one that the replay boots', () => {
  const machine = bootWith('bar=2M', { arch: 'x86_64', kernel: '6.12' }, 0xe0000000n);
  expect(machine.bar2Pfn).toBe(0xe0000);
  expect(scenarioOf('19-first-touch').machine.bar).toBe(2 ** 23);
});
