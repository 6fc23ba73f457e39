import { resolveKernel } from '@pfnmap/kconfig';
import {
  type File,
  MmStruct,
  VM_MAYREAD,
  VM_MAYSHARE,
  VM_MAYWRITE,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  VmAreaStruct,
} from '@pfnmap/mm-core';
import { createX86Pat, type X86Pat, type X86PatOptions } from '../src/index.ts';

/** The RAM of the captured machine: all pages below 1 GiB that its firmware calls usable. */
export const isLabRam = (pfn: number): boolean =>
  (pfn >= 1 && pfn < 0x9f) || (pfn >= 0x100 && pfn < 0x3ffdf);

/** Memory types with a log that a test can read. */
export interface TestPat extends X86Pat {
  readonly log: string[];
  readonly warnings: string[];
}

/** Memory types of the captured machine under a kernel, by the name of its profile. */
export function testPat(
  profile: string,
  options: Partial<Omit<X86PatOptions, 'config'>> = {},
): TestPat {
  const log: string[] = [];
  const warnings: string[] = [];
  const pat = createX86Pat({
    config: resolveKernel({ profile, arch: 'x86' }),
    patEnabled: true,
    isRam: isLabRam,
    max_pfn: 0x3ffdf,
    // 3 GiB to 4 GiB is uncached by an MTRR.
    mtrrIsWriteBack: (start, end) => end <= 0xc0000000 || start >= 0x100000000,
    follow: () => null,
    followPte: () => null,
    current: () => ({ comm: 'patrun', pid: 149 }),
    printk: (line) => void log.push(line.replace('patrun:149', 'patrun:PID')),
    warn: (where, what) => void warnings.push(`${where}: ${what}`),
    ...options,
  });
  return { ...pat, log, warnings };
}

const file = {} as File;

/** A mapping of device memory, shared or private. */
export function testVma(
  start: number,
  size: number,
  isPrivate = false,
  mm: MmStruct = new MmStruct(1, { pgd: 0, pgtables_bytes: 0 }),
): VmAreaStruct {
  const shared = isPrivate ? 0 : VM_SHARED | VM_MAYSHARE;
  return new VmAreaStruct({
    vm_mm: mm,
    vm_start: start,
    vm_end: start + size,
    vm_pgoff: 0,
    vm_flags: VM_READ | VM_WRITE | VM_MAYREAD | VM_MAYWRITE | VM_PFNMAP | shared,
    vm_page_prot: 0,
    vm_file: file,
  });
}

const SHORT = ['wb', 'wc', 'uc-', 'uc', 'wt', 'wp'] as const;
/** Numbers of the short names of cache modes. */
export const modeOf = (name: string): 0 | 1 | 2 | 3 | 4 | 5 =>
  SHORT.indexOf(name as (typeof SHORT)[number]) as 0 | 1 | 2 | 3 | 4 | 5;

/** The reserved ranges in the short form of the captures: page numbers and a type. */
export const shortList = (pat: X86Pat): string[] =>
  pat
    .nodes()
    .map(
      ({ start, end, type }) =>
        `${(start / 4096).toString(16)}-${(end / 4096).toString(16)} ${SHORT[type]}`,
    );
