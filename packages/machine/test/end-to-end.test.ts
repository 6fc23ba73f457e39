// Goal: whole computers go through the lives of a BAR as the specification tells them. Method: its end-to-end scenarios
// (section 29, E1 to E14), their entries, handler calls and table bytes expected.
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createMachine, type Machine, type Process, SIGBUS, SIGSEGV } from '@pfnmap/machine';
import { formatEvent } from '@pfnmap/mm-core';
import { wordAt } from '@pfnmap/pgtable-core';
import { beforeEach, expect, test } from 'vitest';

const MiB = 2 ** 20;
const GiB = 2 ** 30;
const VA = 0x7f0000000000;
const R = 1;
const RW = 3;
const MREMAP_MAYMOVE = 1;
const MREMAP_FIXED = 2;
const MADV_DONTFORK = 10;
const MADV_NOHUGEPAGE = 15;

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
let machine: Machine;
let program: Process;
let calls: string[] = [];

beforeEach(() => {
  const cpu = { arch: 'x86_64', levels: 4, vaBits: 48, pat: true, l1tf: false } as const;
  const size = { barBytes: 8 * GiB, ramBytes: 32 * MiB } as const;
  machine = createMachine({ ...cpu, ...size, config, thp: 'always' });
  program = machine.spawn();
  machine.watchFaults(({ order, ret }) => calls.push(`${order} 0x${ret.toString(16)}`));
  calls = [];
});

function mapBar(length = 8 * GiB, at = VA, prot = RW, process = program): number {
  const { file } = machine.device;
  return process.mmap({ address: at, length, prot, shared: true, file, offset: 2 * 2 ** 40 });
}

/** What the handler was asked and answered since the last call, runs of the same as `8 × …`. */
function handlerCalls(): string[] {
  const runs: { call: string; times: number }[] = [];
  for (const call of calls.splice(0)) {
    const last = runs.at(-1);
    if (last?.call === call) last.times++;
    else runs.push({ call, times: 1 });
  }
  return runs.map(({ call, times }) => (times === 1 ? call : `${times} × ${call}`));
}

function touchEach(process = program, { write = false, step = GiB, end = VA + 8 * GiB } = {}) {
  for (let at = VA; at < end; at += step) expect(process.touch(at, write)).toBe(0);
}

/** The last 12 bits of the PUD entries of the eight gigabytes; the frames must be those of the BAR. */
function puds(process = program): string[] {
  const { pt, mem } = machine.kernel;
  return Array.from({ length: 8 }, (_, gigabyte) => {
    const slot = pt.walk(process.mm, VA + gigabyte * GiB);
    const word = wordAt(mem.lanes, slot);
    if (pt.walked.level !== 2) return word === 0n && pt.walked.level > 2 ? 'none' : 'table';
    if (word === 0n) return 'none';
    expect(word - (word & 0xfffn)).toBe(0x8000000200000000n + BigInt(gigabyte * GiB));
    return (word & 0xfffn).toString(16);
  });
}

const eight = (flags: string): string[] => Array(8).fill(flags);
const splits = (): number => machine.kernel.events.counts.thp_split_pud;
const log = (): string[] =>
  machine.kernel.events
    .take()
    .filter((event) => event.kind === 'printk')
    .map(formatEvent);

test('E1: a touch in each GiB is a PUD, and no table is added', () => {
  mapBar();
  program.touch(VA, false);
  const before = program.mm.pgtables_bytes;
  touchEach();
  expect(handlerCalls()).toEqual(['8 × 18 0x100']);
  expect(puds()).toEqual(eight('2b7'));
  expect(program.mm.pgtables_bytes).toBe(before);
});

test('E2: a store sets accessed and dirty without a fault', () => {
  mapBar();
  touchEach();
  handlerCalls();
  touchEach(program, { write: true });
  expect(handlerCalls()).toEqual([]);
  expect(puds()).toEqual(eight('2f7'));
});

test('E3: a child has the same PUDs, not accessed; disabling memory takes both, enabling brings them back', () => {
  mapBar();
  touchEach(program, { write: true });
  const child = program.fork() as Process;
  expect(puds(child)).toEqual(eight('2d7'));
  expect(puds()).toEqual(eight('2f7'));
  handlerCalls();
  machine.device.writeCommand(0);
  expect([puds(), puds(child)]).toEqual([eight('none'), eight('none')]);
  expect([program.touch(VA, false), child.touch(VA, false)]).toEqual([SIGBUS, SIGBUS]);
  expect(handlerCalls()).toEqual(['2 × 18 0x2']);
  machine.device.writeCommand(2);
  expect(program.touch(VA, false)).toBe(0);
  expect(handlerCalls()).toEqual(['18 0x100']);
});

test('E4: unmapping 2 MiB inside a PUD clears the whole PUD, and the next touch makes a PMD', () => {
  mapBar();
  touchEach();
  handlerCalls();
  program.munmap(VA + 3 * GiB + 2 * MiB, 2 * MiB);
  expect(splits()).toBe(1);
  expect(puds()[3]).toBe('none');
  program.touch(VA + 3 * GiB, false);
  expect(handlerCalls()).toEqual(['18 0x800', '9 0x100']);
  expect(puds()).toEqual(['2b7', '2b7', '2b7', 'table', '2b7', '2b7', '2b7', '2b7']);
});

test('E5: mprotect changes the PUDs in place', () => {
  mapBar();
  touchEach();
  program.mprotect(VA, 8 * GiB, R);
  expect(puds()).toEqual(eight('2b5'));
  expect(program.touch(VA, true)).toBe(SIGSEGV);
  program.mprotect(VA, 8 * GiB, RW);
  expect(puds()).toEqual(eight('2b7'));
  handlerCalls();
  touchEach();
  expect(handlerCalls()).toEqual([]);
});

test('E6: reading smaps clears every PUD', () => {
  mapBar();
  touchEach();
  program.smaps();
  expect(splits()).toBe(8);
  handlerCalls();
  touchEach();
  expect(handlerCalls()).toEqual(['8 × 18 0x100']);
});

test('E7: 2 MiB off, the eight GiB are PMDs in nine tables', () => {
  const at = VA + 2 * MiB;
  mapBar(8 * GiB, at);
  program.touch(at, false);
  const before = program.mm.pgtables_bytes;
  for (let address = at; address < at + 8 * GiB; address += 2 * MiB) program.touch(address, false);
  const asked = calls.splice(0);
  expect(asked.filter((call) => call === '18 0x800')).toHaveLength(9);
  expect(asked.filter((call) => call === '9 0x100')).toHaveLength(4096);
  expect(program.mm.pgtables_bytes - before).toBe(8 * 4096);
});

test('E8: a read-only PUD becomes writable by mprotect', () => {
  mapBar(GiB, VA, R);
  program.touch(VA, false);
  expect(puds()[0]).toBe('2b5');
  program.mprotect(VA, GiB, RW);
  expect(puds()[0]).toBe('2b7');
});

test('E9: MADV_DONTFORK clears nothing here and keeps half from the child', () => {
  mapBar();
  touchEach();
  program.madvise(VA + 4 * GiB, 4 * GiB, MADV_DONTFORK);
  expect(puds()).toEqual(eight('2b7'));
  const child = program.fork() as Process;
  expect(puds(child).slice(0, 4)).toEqual(['297', '297', '297', '297']);
  expect(child.mm.vma_lookup(VA + 4 * GiB)).toBe(null);
});

test('E11: mremap leaves the PUDs behind, to be found bad', () => {
  mapBar();
  touchEach();
  log();
  const newAddress = VA + 64 * GiB;
  const lengths = { oldLength: 8 * GiB, newLength: 8 * GiB };
  const flags = MREMAP_MAYMOVE | MREMAP_FIXED;
  expect(program.mremap({ address: VA, ...lengths, flags, newAddress })).toBe(newAddress);
  expect(log().filter((line) => line.includes('bad pud'))).toHaveLength(8);
});

test('E12: MADV_NOHUGEPAGE leaves 4K pages', () => {
  mapBar();
  program.madvise(VA, 8 * GiB, MADV_NOHUGEPAGE);
  for (let page = 0; page < 5; page++) program.touch(VA + page * 4096, false);
  expect(handlerCalls()).toEqual(['5 × 0 0x100']);
  const { pt, mem } = machine.kernel;
  expect(wordAt(mem.lanes, pt.walk(program.mm, VA))).toBe(0x8000000200000237n);
});

test('E13: two programs have tables of their own, and disabling memory takes both', () => {
  const other = machine.spawn();
  mapBar();
  mapBar(8 * GiB, VA, RW, other);
  touchEach();
  expect(puds(other)).toEqual(eight('none'));
  touchEach(other);
  machine.device.writeCommand(0);
  expect([puds(), puds(other)]).toEqual([eight('none'), eight('none')]);
});

test('E14: a program that exits with eight PUDs leaves no log line and no frame', () => {
  const frames = machine.kernel.mem.framesInUse();
  const other = machine.spawn();
  mapBar(8 * GiB, VA, RW, other);
  touchEach(other);
  log();
  other.exit();
  expect(log()).toEqual([]);
  expect(machine.kernel.mem.framesInUse()).toBe(frames);
});
