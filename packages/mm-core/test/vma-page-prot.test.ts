// Goal: a VMA's protection follows its flags, keeps its memory type, and loses write permission exactly where the first write
// must be seen (11.7, 11.8, 15.8). Method: all flag combinations on both architectures.
import {
  VM_SHARED,
  VM_SOFTDIRTY,
  VM_WRITE,
  type VmOperations,
  vma_set_page_prot,
  vma_wants_writenotify,
} from '@pfnmap/mm-core';
import { describe, expect, test } from 'vitest';
import { arm64, x86 } from './architectures.ts';
import { mapping, SHARED_RW } from './mappings.ts';

const nothing = (): number => 0;
const OPERATIONS: ReadonlyArray<readonly [string, VmOperations | null, mkwrite: boolean]> = [
  ['no operations', null, false],
  ['a fault handler', { fault: nothing }, false],
  ['pfn_mkwrite', { fault: nothing, pfn_mkwrite: nothing }, true],
  ['page_mkwrite', { fault: nothing, page_mkwrite: nothing }, true],
];

describe.each([
  ['x86_64', x86(), true],
  ['arm64', arm64(), false],
] as const)('%s', (_name, arch, hasSoftDirty) => {
  const uncached = (flags: number): number => arch.pgprot_noncached(arch.vm_get_page_prot(flags));

  test.each(OPERATIONS)('write-notify with %s', (_what, vm_ops, hasMkwrite) => {
    for (let low = 0; low < 16; low++) {
      for (const softDirty of [0, VM_SOFTDIRTY]) {
        const vm_flags = low | softDirty;
        const vma = mapping(0, 4096, { vm_flags, vm_page_prot: uncached(vm_flags) });
        vma.vm_ops = vm_ops;
        const sharedWritable = (low & (VM_WRITE | VM_SHARED)) === (VM_WRITE | VM_SHARED);
        const tracks = hasSoftDirty && softDirty === 0;
        expect(vma_wants_writenotify(arch, vma, vma.vm_page_prot)).toBe(
          sharedWritable && (hasMkwrite || tracks),
        );
      }
    }
  });

  test('a driver that chose a protection of its own is not notified for soft-dirty', () => {
    const vma = mapping(0, 4096, { vm_flags: SHARED_RW });
    const readOnly = arch.vm_get_page_prot(SHARED_RW & ~VM_WRITE);
    expect(vma_wants_writenotify(arch, vma, readOnly)).toBe(false);
  });

  test('the protection follows every change of flags and keeps the memory type', () => {
    for (let before = 0; before < 16; before++) {
      for (let after = 0; after < 16; after++) {
        const vma = mapping(0, 4096, { vm_page_prot: uncached(before) });
        vma.vm_flags = after | VM_SOFTDIRTY;
        vma_set_page_prot(arch, vma);
        expect(arch.pgprot_val(vma.vm_page_prot)).toBe(arch.pgprot_val(uncached(after)));
      }
    }
  });
});

test('15.8: after clear_refs new entries of a BAR start read-only on x86_64', () => {
  const arch = x86();
  const vm_page_prot = arch.pgprot_noncached(arch.vm_get_page_prot(SHARED_RW));
  const vma = mapping(0, 4096, { vm_flags: SHARED_RW | VM_SOFTDIRTY, vm_page_prot });
  vma_set_page_prot(arch, vma);
  expect(arch.pgprot_val(vma.vm_page_prot)).toBe(0x8000000000000037n);
  vma.vm_flags &= ~VM_SOFTDIRTY;
  vma_set_page_prot(arch, vma);
  expect(arch.pgprot_val(vma.vm_page_prot)).toBe(0x8000000000000035n);
});
