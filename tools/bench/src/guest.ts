import type { Machine, MachineOptions } from '@pfnmap/machine';
import { BAR_BYTES, expectZero, GiB, machineWithBar, mapBar, nanoseconds } from './bar.ts';
import { best, type Timings } from './timings.ts';

/** Guest-physical start of the BAR: a multiple of 1 GiB. */
const GPA = 4 * GiB;

/** 8 GiB of second stage, read by a guest entry by entry, or by the host alone. */
interface GuestCase {
  readonly name: string;
  readonly arch: MachineOptions['arch'];
  /** Bytes of an entry, of the host and of the second stage. */
  readonly bytes: number;
  /** Bytes past a gigabyte where the BAR lies for host and guest, so that it gets such entries. */
  readonly phase: number;
  readonly times: number;
}

const CASES: readonly GuestCase[] = [
  { name: '2M', arch: 'x86_64', bytes: 2 ** 21, phase: 2 ** 21, times: 60 },
  { name: '1G', arch: 'x86_64', bytes: GiB, phase: 0, times: 2000 },
  { name: '2M, arm64', arch: 'arm64', bytes: 2 ** 21, phase: 2 ** 21, times: 60 },
];

/** Host faults in a fresh address space, by reads; nanoseconds. */
function touchAll(machine: Machine, { bytes, phase }: GuestCase): number {
  const process = machine.spawn();
  const start = mapBar(machine, process, phase);
  const taken = nanoseconds(() => {
    for (let at = start; at < start + BAR_BYTES; at += bytes) {
      expectZero('touch', process.touch(at, false));
    }
  });
  process.exit();
  return taken;
}

/** Guest reads in a fresh VM over a fresh address space, so that each faults in both stages; nanoseconds. */
function accessAll(machine: Machine, { name, bytes, phase }: GuestCase): number {
  const process = machine.spawn();
  const userspace_addr = mapBar(machine, process, phase);
  const vm = machine.kvm.createVm(process.mm);
  const region = { slot: 0, flags: 0, guest_phys_addr: GPA + phase, memory_size: BAR_BYTES };
  const made = machine.kvm.kvm_set_memory_region(vm, { ...region, userspace_addr });
  expectZero('kvm_set_memory_region', made);
  const { mmu } = vm;
  const end = GPA + phase + BAR_BYTES;
  const taken = nanoseconds(() => {
    for (let gpa = GPA + phase; gpa < end; gpa += bytes) {
      expectZero('access', mmu.access(gpa, 'read'));
    }
  });
  if (mmu.leaves().length !== BAR_BYTES / bytes) throw new Error(`stage 2 is not of ${name}`);
  process.exit();
  return taken;
}

/** Host faults and guest accesses of each case in turn, so that a noisy moment meets both; nanoseconds an entry. */
export function timeGuests(): Timings {
  const rounds: Timings[] = [];
  for (const one of CASES) {
    const machine = machineWithBar(one.arch, '6.12.117');
    const entries = BAR_BYTES / one.bytes;
    for (let time = 0; time < one.times; time++) {
      rounds.push({
        [`host fault ${one.name}`]: touchAll(machine, one) / entries,
        [`guest fault ${one.name}`]: accessAll(machine, one) / entries,
      });
    }
  }
  return best(rounds);
}
