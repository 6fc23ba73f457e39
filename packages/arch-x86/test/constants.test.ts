// Goal: composite values have the bits that Linux gives them. Method: values of section "composite constants" of the x86
// facts, which were compared with both kernels' headers.
import {
  __PAGE_KERNEL,
  __PAGE_KERNEL_LARGE,
  __PAGE_KERNEL_LARGE_EXEC,
  __PAGE_KERNEL_RO,
  __PAGE_KERNEL_VVAR,
  _KERNPG_TABLE,
  _PAGE_DIRTY_BITS,
  _PAGE_KNL_ERRATUM_MASK,
  _PAGE_PKEY_MASK,
  _PAGE_TABLE,
  PAGE_NONE,
  PAGE_READONLY,
  PAGE_READONLY_EXEC,
  PAGE_SHARED,
  PAGE_SHARED_EXEC,
} from '@pfnmap/arch-x86';
import { expect, test } from 'vitest';
import { archOf, SYMBOLS_7_3 } from './fake-config.ts';

const values: ReadonlyArray<readonly [string, number, bigint]> = [
  ['_PAGE_TABLE', _PAGE_TABLE, 0x67n],
  ['_KERNPG_TABLE', _KERNPG_TABLE, 0x63n],
  ['PAGE_NONE', PAGE_NONE, 0x120n],
  ['PAGE_SHARED', PAGE_SHARED, 0x8000000000000027n],
  ['PAGE_SHARED_EXEC', PAGE_SHARED_EXEC, 0x27n],
  ['PAGE_READONLY', PAGE_READONLY, 0x8000000000000025n],
  ['PAGE_READONLY_EXEC', PAGE_READONLY_EXEC, 0x25n],
  ['__PAGE_KERNEL', __PAGE_KERNEL, 0x8000000000000163n],
  ['__PAGE_KERNEL_RO', __PAGE_KERNEL_RO, 0x8000000000000121n],
  ['__PAGE_KERNEL_VVAR', __PAGE_KERNEL_VVAR, 0x8000000000000125n],
  ['__PAGE_KERNEL_LARGE', __PAGE_KERNEL_LARGE, 0x80000000000001e3n],
  ['__PAGE_KERNEL_LARGE_EXEC', __PAGE_KERNEL_LARGE_EXEC, 0x1e3n],
  ['DIRTY_BITS', _PAGE_DIRTY_BITS, 0x0400000000000040n],
  ['KNL_ERRATUM_MASK', _PAGE_KNL_ERRATUM_MASK, 0x60n],
  ['PKEY_MASK', _PAGE_PKEY_MASK, 0x7800000000000000n],
];

test.each(values)('%s is the value of Linux', (_name, prot, value) => {
  expect(archOf().pgprot_val(prot)).toBe(value);
});

test.each([
  ['6.12', archOf(), 0xf9f0000000000107n],
  ['7.3', archOf({ symbols: SYMBOLS_7_3 }), 0xfbf0000000000107n],
])(
  'pte_modify and pgprot_modify of %s take just P, RW, US, G, PKEY, NX and unnamed bits',
  (_name, arch, taken) => {
    const all = arch.protOf(0xffffffffffffffffn);
    expect(arch.pgprot_val(arch.pgprot_modify(0, all))).toBe(taken);
    expect(arch.pgprot_val(arch.pgprot_modify(all, 0))).toBe(~taken & 0xfff0000000001fffn);
    expect(arch.pgprot_val(arch.pmd_modify(arch.protOf(0x1n), all))).toBe(taken);
  },
);
