// What `pfnmap translate` prints, and how it refuses. The words are those of the captures of scenario 29-stage2; tables lie where
// the model has them, so their addresses are left out.
import { describe, expect, test } from 'vitest';
import { runMain } from './run-main.ts';

const FILE = '29-stage2';

/** The lines of a command that succeeds, addresses of tables left out. */
async function lines(...args: string[]): Promise<string[]> {
  const { exitCode, out, err } = await runMain(['translate', ...args]);
  expect([exitCode, err]).toEqual([0, '']);
  return out.trimEnd().split('\n');
}

describe('for people', () => {
  test('every stage is a block: its way, its entries in columns, what limits it', async () => {
    const told = await lines(FILE, '--gpa', '0xc0001000', '--at', '23');
    expect(told[0]).toMatch(
      /29-stage2\.scn on Linux 6\.12\.117\+deb12-amd64, after line 23: stage2 gpa=0xc0001000$/,
    );
    expect(told).toContain(
      'memory slot of KVM    guest-physical 0xc0001000 → host-virtual 0x200100202000',
    );
    expect(told).toContain(
      'stage 2               guest-physical 0xc0001000 → physical 0x200001000, BAR 2 + 0x1000',
    );
    expect(told).toContain(
      '  1        4K      1  0x0000000200001e67  leaf at 0x200001000          P RW US A D HOST_WRITABLE MMU_WRITABLE MMU_PRESENT',
    );
    expect(told).toContain(
      '  no entry of 2M: guest-physical and host-virtual address differ modulo 2M',
    );
    expect(told.at(-1)).toBe(
      'TLB                   4K: the most that one entry for the guest-physical address can hold (leaf of stage 2)',
    );
  });

  test('stage 2 of arm64 is decoded as such', async () => {
    const told = await lines(FILE, '--gpa', '1G', '--at', '15', '--arch', 'arm64');
    expect(told).toContain(
      '  2        2M      0  0x0040008000000455  leaf at 0x8000000000  normal-nc  VALID S2AP_R AF XN',
    );
    expect(told).toContain("  no entry of 1G: the host's entry maps 2M");
  });

  test("the guest's own stage says that there is no paging", async () => {
    const told = await lines(FILE, '--gva', '0x80201000', '--at', '10');
    expect(told).toContain(
      "guest's own table     guest-virtual 0x80201000 → guest-physical 0x80201000",
    );
    expect(told).toContain(
      '  the guest runs without paging (CR0.PG = 0): no table, no translation',
    );
    expect(told.at(-1)).toMatch(
      /^TLB {19}1G: the most that one entry for the guest-virtual address/,
    );
    const arm = await lines(FILE, '--gva', '0x80201000', '--at', '10', '--arch', 'arm64');
    expect(arm).toContain(
      '  the guest runs with its MMU off (SCTLR_EL1.M = 0): no table, no translation',
    );
  });

  test('a way that ends says where, why, and what would map it', async () => {
    const told = await lines(FILE, '--gpa', '0x46000000', '--at', 'stage2 gpa=0x46000000');
    expect(told).toContain('stage 2               guest-physical 0x46000000 → nothing');
    expect(told).toContain('  2        2M     48  0x8000000000000000  none');
    expect(told).toContain(
      '  ends at level 2: the guest has not accessed it since KVM was last told to drop it',
    );
    expect(told.some((line) => line.startsWith('  to map it: an access of the guest'))).toBe(true);
    expect(told.at(-1)).toBe('TLB                   nothing: the walk ends before the memory');
  });

  test('an address of a device shows map, IOMMU and program', async () => {
    const told = await lines('19-dma', '--iova', '4G+4K', '--at', '4');
    expect(told).toContain('DMA map of VFIO       IOVA 0x100001000 → host-virtual 0x200000001000');
    expect(told).toContain(
      "IOMMU's page table    IOVA 0x100001000 → physical 0x200001000, BAR 2 + 0x1000",
    );
    expect(told.at(-1)).toMatch(/^TLB {19}1G: .* for the IOVA address .*IOMMU's page table/);
  });

  test('an address of the program may be said by its mapping', async () => {
    const told = await lines('01-bar-8g', '--hva', 'a+1G+4K');
    expect(told).toContain(
      "program's page table  host-virtual 0x200040001000 → physical 0x240001000, BAR 2 + 0x40001000",
    );
  });
});

test('--json has the same for programs', async () => {
  const { out } = await runMain(['translate', FILE, '--gpa', '0x80201000', '--at', '10', '--json']);
  const told = JSON.parse(out);
  expect(told).toMatchObject({
    format: 'pfnmap-translate/1',
    arch: 'x86_64',
    after: { line: 10, step: 'stage2 gpa=0x80201000' },
    from: 'gpa',
    address: '0x80201000',
    physical: '0x240201000',
    holder: 'BAR 2 + 0x40201000',
    tlb: { size: 2 ** 30, limitedBy: 'stage2' },
  });
  expect(told.stages.map((stage: { kind: string }) => stage.kind)).toEqual([
    'slot',
    'stage2',
    'host',
  ]);
  expect(told.stages[1].entries[1]).toMatchObject({
    level: '3',
    size: 2 ** 30,
    index: 2,
    entry: '0x0000000240000ee7',
    kind: 'leaf',
    address: '0x240000000',
  });
});

describe('what cannot be followed ends with 2 and says what to do', () => {
  test.each([
    [[], 'no address is given\n  Say one: --gpa'],
    [['--gpa', '0', '--hva', '0'], '--gpa and --hva exclude each other'],
    [['--gpa', '80201000h'], '--gpa: "80201000h" is not a number\n  Write a decimal'],
    [['--gpa', '8G8'], '--gpa: "8G8" is not a number'],
    [['--hva', 'a+x'], '--hva: "x" is not a number'],
    [['--hva', 'bb+1G'], '--hva: no mapping is named "bb" at that step\n  There are: a, b, n.'],
    [['--gpa', '0', '--at', '99'], '--at "99": no step is there'],
    [
      ['--gpa', '0', '--at', 'kvmslot'],
      '--at "kvmslot": 3 steps begin so\n  Say the number of a line, or the beginning of one step:\n     5  kvmslot a',
    ],
    [['--gpa', '0', '--at', '2'], '--gpa: there is no virtual machine at that step'],
    [['--gpa', '0', '--kernel', '9.9'], '9.9'],
  ])('%j', async (args, message) => {
    const { exitCode, out, err } = await runMain(['translate', FILE, ...args]);
    expect([exitCode, out]).toEqual([2, '']);
    expect(err).toContain(message);
  });

  test('a kernel that died has no tables, which is a difference to what was asked', async () => {
    const stdin = 'vfio\nmmap a bar2 length=1G align=1G\ntouch a\nmprotect a length=4K prot=r\n';
    const { exitCode, err } = await runMain(['translate', '-', '--hva', 'a'], { stdin });
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^pfnmap: the kernel dies in line 4, "mprotect a length=4K prot=r": /);
  });
});
