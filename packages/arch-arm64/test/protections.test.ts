// Goal: the composite protections and the protection map have Linux's values. Method: the tables, without and with LPA2.
import { VM_ARM64_BTI, VM_MTE_HIGH, VM_SHADOW_STACK_HIGH } from '@pfnmap/arch-arm64';
import { describe, expect, test } from 'vitest';
import { hex } from './entries.ts';
import { arm64, BY_GRANULE, PLAIN_CPU } from './kernels.ts';

const SH = 0x300n;

const plain = arm64();
const lpa2 = arm64(BY_GRANULE.L4);

const COMPOSITES = [
  ['PAGE_NONE', '0x0060000000000f82'],
  ['PAGE_READONLY', '0x0060000000000fc3'],
  ['PAGE_READONLY_EXEC', '0x0020000000000fc3'],
  ['PAGE_EXECONLY', '0x0020000000000f83'],
  ['PAGE_SHARED', '0x0068000000000fc3'],
  ['PAGE_SHARED_EXEC', '0x0028000000000fc3'],
  ['PAGE_KERNEL', '0x00e8000000000703'],
  ['PAGE_KERNEL_RO', '0x00e0000000000783'],
  ['PAGE_KERNEL_ROX', '0x00c0000000000783'],
  ['PAGE_KERNEL_EXEC', '0x00c8000000000703'],
  ['PROT_DEVICE_nGnRE', '0x0068000000000713'],
  ['PROT_DEVICE_nGnRnE', '0x006800000000070f'],
  ['PROT_SECT_NORMAL', '0x0068000000000701'],
  ['PROT_SECT_DEVICE_nGnRE', '0x0060000000000711'],
  ['PAGE_GCS', '0x0048000000000f43'],
  ['PAGE_GCS_RO', '0x0040000000000f43'],
] as const;

test.each(COMPOSITES)('%s is %s, and has no SH with LPA2', (name, value) => {
  expect(hex(plain.pgprot_val(plain[name]))).toBe(value);
  expect(hex(lpa2.pgprot_val(lpa2[name]))).toBe(hex(BigInt(value) & ~SH));
});

test('KPTI makes kernel protections not global', () => {
  const kpti = arm64({ cpu: { ...PLAIN_CPU, kpti: true } });
  expect(hex(kpti.pgprot_val(kpti.PAGE_KERNEL))).toBe('0x00e8000000000f03');
  expect(kpti.PAGE_SHARED).toBe(plain.PAGE_SHARED);
});

// [vm_flags & 15, the protection, the same after pgprot_noncached() for the shared half]
const PROTECTION_MAP: ReadonlyArray<readonly [number, string, string?]> = [
  [0, '0x0060000000000f82'],
  [1, '0x0060000000000fc3'],
  [2, '0x0060000000000fc3'],
  [3, '0x0060000000000fc3'],
  [4, '0x0020000000000fc3'],
  [5, '0x0020000000000fc3'],
  [6, '0x0020000000000fc3'],
  [7, '0x0020000000000fc3'],
  [8, '0x0060000000000f82', '0x0060000000000f8e'],
  [9, '0x0060000000000fc3', '0x0060000000000fcf'],
  [10, '0x0068000000000fc3', '0x0068000000000fcf'],
  [11, '0x0068000000000fc3', '0x0068000000000fcf'],
  [12, '0x0020000000000fc3', '0x0060000000000fcf'],
  [13, '0x0020000000000fc3', '0x0060000000000fcf'],
  [14, '0x0028000000000fc3', '0x0068000000000fcf'],
  [15, '0x0028000000000fc3', '0x0068000000000fcf'],
];

for (const [flags, value, noncached] of PROTECTION_MAP) {
  test(`vm_get_page_prot(${flags}) is ${value}`, () => {
    for (const [arch, sh] of [
      [plain, 0n],
      [lpa2, SH],
    ] as const) {
      const prot = arch.vm_get_page_prot(flags);
      expect(hex(arch.pgprot_val(prot))).toBe(hex(BigInt(value) & ~sh));
      if (noncached === undefined) continue;
      expect(hex(arch.pgprot_val(arch.pgprot_noncached(prot)))).toBe(hex(BigInt(noncached) & ~sh));
    }
  });
}

test('flags above the low four do not choose the protection', () => {
  expect(plain.vm_get_page_prot(0x44400 | 11)).toBe(plain.PAGE_SHARED);
});

test('Enhanced PAN makes PROT_EXEC alone execute-only, private and shared', () => {
  const arch = arm64({ cpu: { ...PLAIN_CPU, epan: true } });
  for (const flags of [4, 12]) {
    expect(hex(arch.pgprot_val(arch.vm_get_page_prot(flags)))).toBe('0x0020000000000f83');
  }
  expect(arch.vm_get_page_prot(5)).toBe(plain.vm_get_page_prot(5));
});

describe('flags with bits of their own', () => {
  test('VM_ARM64_BTI adds bit 50', () => {
    const prot = plain.vm_get_page_prot(5 | VM_ARM64_BTI);
    expect(hex(plain.pgprot_val(prot))).toBe('0x0024000000000fc3');
  });

  test('VM_MTE selects Normal-Tagged', () => {
    const prot = plain.vm_get_page_prot(3, VM_MTE_HIGH);
    expect(hex(plain.pgprot_val(prot))).toBe('0x0060000000000fc7');
  });

  test('a protection key reaches bits 62:60 with overlays and nothing without', () => {
    const poe = arm64({ cpu: { ...PLAIN_CPU, poe: true } });
    for (let key = 0; key < 8; key++) {
      const value = poe.pgprot_val(poe.vm_get_page_prot(11, key));
      expect(value).toBe(0x0068000000000fc3n | (BigInt(key) << 60n));
      expect(plain.vm_get_page_prot(11, key)).toBe(plain.PAGE_SHARED);
    }
  });

  test('a shadow stack starts as PAGE_GCS_RO where guarded control stacks exist', () => {
    const arch = arm64({ kernel: '7.3.4', cpu: { ...PLAIN_CPU, gcs: true } });
    expect(arch.vm_get_page_prot(3, VM_SHADOW_STACK_HIGH)).toBe(arch.PAGE_GCS_RO);
    expect(arch.pte_mkwrite(arch.PAGE_GCS_RO)).toBe(arch.PAGE_GCS);
    expect(plain.vm_get_page_prot(3, VM_SHADOW_STACK_HIGH)).toBe(plain.PAGE_READONLY);
  });
});
