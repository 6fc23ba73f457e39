// Every step of the language with its defaults, and how lines, words and comments are told apart.
import { describe, expect, test } from 'vitest';
import { DEFAULT_MACHINE, GRAMMAR, parseScenario } from '../src/index.ts';

/** The one step of a text, without its place. */
function step(text: string): unknown {
  const [first] = parseScenario(text, 'a.scn').steps;
  const { text: _, line: _line, column: _column, ...rest } = first!;
  return rest;
}

describe('steps', () => {
  const rw = { r: true, w: true, x: false };
  const at = { name: 'a', offset: 0 };
  const range = { ...at, length: undefined };
  test.each<[string, unknown]>([
    ['vfio', { op: 'vfio' }],
    [
      'lab',
      { op: 'lab', pages: 2 ** 21, mode: 'fault', maxorder: 18, pfn: undefined, access: false },
    ],
    [
      'lab pages=16 mode=mixed maxorder=9 pfn=0x200000',
      { op: 'lab', pages: 16, mode: 'mixed', maxorder: 9, pfn: 0x200000, access: false },
    ],
    [
      'mmap a bar2',
      {
        op: 'mmap',
        ...range,
        source: 'bar2',
        align: undefined,
        phase: 0,
        prot: rw,
        private: false,
        anywhere: false,
      },
    ],
    [
      'mmap a lab private prot=rx phase=4K align=1G length=2M offset=1G+2M',
      {
        op: 'mmap',
        name: 'a',
        source: 'lab',
        offset: 2 ** 30 + 2 ** 21,
        length: 2 ** 21,
        align: 2 ** 30,
        phase: 4096,
        prot: { r: true, w: false, x: true },
        private: true,
        anywhere: false,
      },
    ],
    [
      'mmap a anon shared prot=none',
      {
        op: 'mmap',
        ...range,
        source: 'anon',
        align: undefined,
        phase: 0,
        prot: { r: false, w: false, x: false },
        private: false,
        anywhere: false,
      },
    ],
    [
      'mmap a bar2 anywhere',
      {
        op: 'mmap',
        ...range,
        source: 'bar2',
        align: undefined,
        phase: 0,
        prot: rw,
        private: false,
        anywhere: true,
      },
    ],
    ['touch a', { op: 'touch', ...at, write: false }],
    ['touch a offset=2M write', { op: 'touch', name: 'a', offset: 2 ** 21, write: true }],
    ['touch a write offset=2M', { op: 'touch', name: 'a', offset: 2 ** 21, write: true }],
    ['touchall a', { op: 'touchall', ...at, length: undefined, step: undefined, write: false }],
    [
      'touchall a offset=4K length=1G step=2M write',
      { op: 'touchall', name: 'a', offset: 4096, length: 2 ** 30, step: 2 ** 21, write: true },
    ],
    [
      'hotdisable a',
      {
        op: 'hotdisable',
        ...at,
        length: undefined,
        step: undefined,
        rounds: 4,
        write: false,
      },
    ],
    ['table a', { op: 'table', name: 'a' }],
    ['walk a offset=5G', { op: 'walk', name: 'a', offset: 5 * 2 ** 30 }],
    ['gup a', { op: 'gup', ...at, write: false, how: 'fast' }],
    ['gup a write slow', { op: 'gup', ...at, write: true, how: 'slow' }],
    ['gup a fastonly', { op: 'gup', ...at, write: false, how: 'fastonly' }],
    ['gup a longterm offset=1', { op: 'gup', name: 'a', offset: 1, write: false, how: 'longterm' }],
    ['follow a', { op: 'follow', ...at }],
    ['zap a length=2M', { op: 'zap', ...at, length: 2 ** 21 }],
    ['unmaprange offset=8M', { op: 'unmaprange', offset: 2 ** 23, length: undefined }],
    ['munmap a', { op: 'munmap', ...range }],
    ['mprotect a prot=wr', { op: 'mprotect', ...range, prot: rw }],
    ['mprotect a', { op: 'mprotect', ...range, prot: { r: false, w: false, x: false } }],
    ['madvise a', { op: 'madvise', ...range, advice: 4 }],
    ['madvise a advice=14', { op: 'madvise', ...range, advice: 14 }],
    ['processmadvise a', { op: 'processmadvise', ...range, advice: 4 }],
    [
      'mbind a policy=bind strict move',
      { op: 'mbind', ...range, policy: 'bind', strict: true, move: true },
    ],
    ['mbind a', { op: 'mbind', ...range, policy: 'default', strict: false, move: false }],
    ['movepages a offset=4K', { op: 'movepages', name: 'a', offset: 4096 }],
    ['mincore a', { op: 'mincore', ...range }],
    ['uffd a', { op: 'uffd', ...range, mode: 'missing' }],
    ['uffd a mode=wp', { op: 'uffd', ...range, mode: 'wp' }],
    ['smapsrollup', { op: 'smapsrollup' }],
    ['numamaps a', { op: 'numamaps', name: 'a' }],
    ['clearrefs 4', { op: 'clearrefs', value: 4 }],
    ['mlock a', { op: 'mlock', ...range }],
    ['mremap a', { op: 'mremap', name: 'a', length: undefined, align: undefined, phase: 0 }],
    ['mm', { op: 'mm' }],
    ['watch', { op: 'watch' }],
    ['readv a', { op: 'readv', ...at }],
    ['procmem a', { op: 'procmem', ...at }],
    ['smaps a', { op: 'smaps', name: 'a' }],
    ['pagemap a', { op: 'pagemap', ...at }],
    ['dmamap a iova=4G', { op: 'dmamap', ...range, iova: 2 ** 32 }],
    ['dmaunmap', { op: 'dmaunmap', iova: 0, length: undefined }],
    ['command 0x6', { op: 'command', value: 6 }],
    ['reset', { op: 'reset' }],
    ['kvm', { op: 'kvm' }],
    ['kvmslot a gpa=1G', { op: 'kvmslot', ...range, gpa: 2 ** 30, readonly: false }],
    ['kvmslot a gpa=1G readonly', { op: 'kvmslot', ...range, gpa: 2 ** 30, readonly: true }],
    ['kvmaccess gpa=1G', { op: 'kvmaccess', gpa: 2 ** 30, write: false }],
    ['kvmstat', { op: 'kvmstat' }],
    ['stage2', { op: 'stage2', gpa: 0 }],
    ['stage2 gpa=1G+4K', { op: 'stage2', gpa: 2 ** 30 + 4096 }],
  ])('%s', (text, expected) => {
    expect(step(text)).toEqual(expected);
  });

  test('fork and endfork stay steps of their own', () => {
    const { steps } = parseScenario('fork\ntable a\nendfork\n', 'a.scn');
    expect(steps.map(({ op }) => op)).toEqual(['fork', 'table', 'endfork']);
  });

  test('in has the peer do a step, which keeps its own place', () => {
    const { steps } = parseScenario('peer\n in  touch a write\nendpeer', 'a.scn');
    expect(steps.map(({ op, text }) => [op, text])).toEqual([
      ['peer', 'peer'],
      ['in', 'in  touch a write'],
      ['endpeer', 'endpeer'],
    ]);
    expect(steps[1]).toMatchObject({
      line: 2,
      column: 2,
      step: { op: 'touch', name: 'a', write: true, text: 'touch a write', line: 2, column: 6 },
    });
  });

  test('a fork may stand in a fork', () => {
    const text = 'fork\nfork\nmm\nendfork\nendfork';
    expect(parseScenario(text, 'a.scn').steps).toHaveLength(5);
  });
});

describe('machine line', () => {
  test('without one the machine is the default', () => {
    expect(parseScenario('vfio', 'a.scn').machine).toEqual(DEFAULT_MACHINE);
    expect(DEFAULT_MACHINE).toEqual({
      bar: 8 * 2 ** 30,
      thp: 'always',
      levels: 4,
      cpu: undefined,
      el2: false,
      va: undefined,
      cpus: 1,
      pat: true,
      dyndbg: false,
    });
  });

  test('every option is read', () => {
    const text = 'machine bar=64M thp=never levels=5 cpu=EPYC el2=on va=48 cpus=2 pat=off dyndbg';
    expect(parseScenario(text, 'a.scn').machine).toEqual({
      bar: 2 ** 26,
      thp: 'never',
      levels: 5,
      cpu: 'EPYC',
      el2: true,
      va: 48,
      cpus: 2,
      pat: false,
      dyndbg: true,
    });
  });

  test('it is a step too, as in captures, and may follow comments', () => {
    const { steps, machine } = parseScenario('# a BAR\n\nmachine bar=2G\nvfio\n', 'a.scn');
    expect(steps.map(({ text }) => text)).toEqual(['machine bar=2G', 'vfio']);
    expect(machine.bar).toBe(2 ** 31);
  });
});

describe('lines', () => {
  test('comments, empty lines, tabs and carriage returns are no part of a step', () => {
    const text = '\n# all\n  touch a\toffset=4K  # why\r\n\t\r\nmm#end';
    expect(
      parseScenario(text, 'a.scn').steps.map(({ text, line, column }) => [text, line, column]),
    ).toEqual([
      ['touch a\toffset=4K', 3, 3],
      ['mm', 5, 1],
    ]);
  });

  test('an empty text is a scenario without steps', () => {
    expect(parseScenario('', 'a.scn')).toEqual({
      file: 'a.scn',
      machine: DEFAULT_MACHINE,
      steps: [],
    });
  });

  test('a name may be any word that the step has no other use for', () => {
    expect(step('touch vfio-2.b_C')).toMatchObject({ name: 'vfio-2.b_C' });
    expect(step('touch private')).toMatchObject({ name: 'private' });
  });
});

test('every step of the grammar says what it does and is parsed', () => {
  for (const [op, { does, fields }] of Object.entries(GRAMMAR)) {
    expect(does).toMatch(/^[a-z].*[^.]$/);
    const fixed = Object.values<{ kind: string; what?: string }>(fields)
      .filter(({ kind }) => kind === 'word')
      .map(({ what }) => (what === 'what to map' ? 'bar0' : '1'));
    const text = [op, ...fixed].join(' ');
    const around = op === 'fork' ? `${text}\nendfork` : op === 'endfork' ? `fork\n${text}` : text;
    expect(parseScenario(around, 'a.scn').steps.some((each) => each.op === op)).toBe(true);
  }
});
