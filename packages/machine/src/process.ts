import type { AccessProcessVm } from '@pfnmap/access-process-vm';
import type { FollowApi } from '@pfnmap/follow-pfnmap';
import { type Kernel, MmStruct } from '@pfnmap/mm-core';
import type { MmFork } from '@pfnmap/mm-fork';
import type { MmGup } from '@pfnmap/mm-gup';
import type { MmHuge } from '@pfnmap/mm-huge';
import type { MmMemory } from '@pfnmap/mm-memory';
import {
  type MmapRequest,
  type MmMmap,
  type MremapRequest,
  PROT_READ,
  PROT_WRITE,
} from '@pfnmap/mm-mmap';
import type { MmPagewalk, SmapsEntry } from '@pfnmap/mm-pagewalk';
import type { Cpu } from './cpu.ts';

/** Every layer of a machine's kernel. */
export interface MachineLayers {
  readonly huge: MmHuge;
  readonly memory: MmMemory;
  readonly pagewalk: MmPagewalk;
  readonly mmap: MmMmap;
  readonly gup: MmGup;
  readonly fork: MmFork;
  readonly follow: FollowApi;
  readonly access: AccessProcessVm;
}

/** A process: what a user program can do, and what /proc shows of it. Results are as the system calls give them. */
export interface Process {
  readonly mm: MmStruct;
  /** Reads or writes one byte: 0, or the signal. */
  touch(address: number, write: boolean): number;
  mmap(request: MmapRequest): number;
  munmap(address: number, length: number): number;
  mprotect(address: number, length: number, prot: number): number;
  mremap(request: MremapRequest): number;
  madvise(address: number, length: number, advice: number): number;
  /** process_madvise() on itself. */
  process_madvise(address: number, length: number, advice: number): number;
  mlock(address: number, length: number): number;
  /** A child with a copy of the address space, or a negative error number. */
  fork(): Process | number;
  exit(): void;
  process_vm_readv(address: number, length: number): number;
  readMem(address: number, length: number): number;
  smaps(): SmapsEntry[];
  pagemap(address: number): bigint;
}

/** The top of a program's own memory, far from every mapping of a scenario: its stack. */
const STACK_PAGES = 33;

/** Between the stack and what mmap() places: 128 MiB, and a random number of pages below 2^28. */
const STACK_GAP = 2 ** 27;

/** Makes processes of a machine. `randomPages` is what chance adds to the gap below the stack. */
export function createProcesses(
  kernel: Kernel,
  cpu: Cpu,
  layers: MachineLayers,
  randomPages: number,
): { spawn(): Process } {
  const { pageSize } = kernel.arch.geometry;
  let nextId = 1;
  const emptyMm = (): MmStruct => new MmStruct(nextId++, kernel.pt.pgd_alloc());

  const processOf = (mm: MmStruct): Process => ({
    mm,
    touch: (address, write) => cpu.access(mm, address, write),
    mmap: (request) => layers.mmap.mmap(mm, request),
    munmap: (address, length) => layers.mmap.munmap(mm, address, length),
    mprotect: (address, length, prot) => layers.mmap.mprotect(mm, address, length, prot),
    mremap: (request) => layers.mmap.mremap(mm, request),
    madvise: (address, length, advice) => layers.mmap.madvise(mm, address, length, advice),
    process_madvise: (address, length, advice) =>
      layers.mmap.process_madvise(mm, address, length, advice),
    mlock: (address, length) => layers.mmap.mlock(mm, address, length),
    fork() {
      const child = emptyMm();
      child.mmap_base = mm.mmap_base;
      const error = layers.fork.dup_mmap(child, mm);
      if (error === 0) return processOf(child);
      layers.mmap.exit_mmap(child);
      return error;
    },
    exit: () => layers.mmap.exit_mmap(mm),
    process_vm_readv: (address, length) => layers.access.process_vm_readv(mm, address, length),
    readMem: (address, length) => layers.access.mem_rw(mm, address, length, false),
    smaps: () => layers.pagewalk.smaps(mm),
    pagemap: (address) => layers.pagewalk.pagemap(mm, address),
  });

  return {
    /** A program that just started: a stack, touched, at the top of the lower 128 TiB. */
    spawn() {
      const process = processOf(emptyMm());
      const top = Math.min(kernel.taskSize, 2 ** 47 - pageSize) - pageSize;
      const stack = top - STACK_PAGES * pageSize;
      process.mm.mmap_base = stack - STACK_GAP - randomPages * pageSize;
      process.mmap({
        address: stack,
        length: STACK_PAGES * pageSize,
        prot: PROT_READ | PROT_WRITE,
        shared: false,
        file: null,
        offset: 0,
      });
      process.touch(top - pageSize, true);
      return process;
    },
  };
}
