// Goal: memory types have Linux's indexes and attribute bytes, and pgprot_*() changes only what it should. Method: the
// tables of MAIR_EL1 and of the pgprot family, and every protection of the protection map.
import {
  MAIR_EL1_SET,
  MAIR_EL1_SET_MTE,
  MT_DEVICE_nGnRE,
  MT_DEVICE_nGnRnE,
  MT_NORMAL,
  MT_NORMAL_NC,
  MT_NORMAL_TAGGED,
  PTE_ATTRINDX,
} from '@pfnmap/arch-arm64';
import { describe, expect, test } from 'vitest';
import { hex } from './entries.ts';
import { arm64, PLAIN_CPU } from './kernels.ts';

test.each([
  [MT_NORMAL, 0, 0xffn, 0x00],
  [MT_NORMAL_TAGGED, 1, 0xffn, 0x04],
  [MT_NORMAL_NC, 2, 0x44n, 0x08],
  [MT_DEVICE_nGnRnE, 3, 0x00n, 0x0c],
  [MT_DEVICE_nGnRE, 4, 0x04n, 0x10],
] as const)(
  'memory type %i has index %i, attribute %s and field %s',
  (type, index, byte, field) => {
    expect(type).toBe(index);
    expect((MAIR_EL1_SET >> BigInt(8 * type)) & 0xffn).toBe(byte);
    expect(PTE_ATTRINDX(type)).toBe(field);
  },
);

test('MTE makes index 1 Tagged, attribute 0xf0', () => {
  expect(arm64().MAIR_EL1).toBe(MAIR_EL1_SET);
  expect(hex(MAIR_EL1_SET)).toBe('0x000000040044ffff');
  const withMte = arm64({ cpu: { ...PLAIN_CPU, mte: true } });
  expect(withMte.MAIR_EL1).toBe(MAIR_EL1_SET_MTE);
  expect(hex(withMte.MAIR_EL1)).toBe('0x000000040044f0ff');
});

const PXN_UXN = 0x0060000000000000n;
const ATTRINDX = 0x1cn;

describe('the pgprot family', () => {
  const arch = arm64();
  const cases = [
    ['pgprot_noncached', arch.pgprot_noncached, 0x0cn | PXN_UXN],
    ['pgprot_writethrough', arch.pgprot_writethrough, 0x0cn | PXN_UXN],
    ['pgprot_writecombine', arch.pgprot_writecombine, 0x08n | PXN_UXN],
    ['pgprot_dmacoherent', arch.pgprot_dmacoherent, 0x08n | PXN_UXN],
    ['pgprot_device', arch.pgprot_device, 0x10n | PXN_UXN],
    ['pgprot_tagged', arch.pgprot_tagged, 0x04n],
    ['pgprot_mhp', arch.pgprot_mhp, 0x04n],
  ] as const;
  test.each(cases)('%s replaces AttrIndx and adds its bits', (_name, helper, sets) => {
    for (const value of [0n, 0x0028000000000fdfn, 0xfffc000000000fffn]) {
      expect(arch.pgprot_val(helper(arch.protOf(value)))).toBe((value & ~ATTRINDX) | sets);
    }
  });

  test('pgprot_nx sets PXN and drops GP only where the kernel runs with BTI', () => {
    const value = 0x0014000000000fc3n;
    expect(hex(arch.pgprot_val(arch.pgprot_nx(arch.protOf(value))))).toBe('0x0034000000000fc3');
    const bti = arm64({ cpu: { ...PLAIN_CPU, bti: true } });
    expect(hex(bti.pgprot_val(bti.pgprot_nx(bti.protOf(value))))).toBe('0x0030000000000fc3');
  });

  test('pgprot_decrypted and pgprot_encrypted change nothing outside a realm', () => {
    expect(arch.pgprot_decrypted(arch.PAGE_SHARED)).toBe(arch.PAGE_SHARED);
    expect(arch.pgprot_encrypted(arch.PAGE_SHARED)).toBe(arch.PAGE_SHARED);
  });

  test('pgprot_modify keeps an uncached memory type and takes all else from the new protection', () => {
    const { PAGE_SHARED: rw, PAGE_READONLY: ro } = arch;
    for (const type of [arch.pgprot_noncached, arch.pgprot_writecombine, arch.pgprot_device]) {
      expect(arch.pgprot_modify(type(rw), ro)).toBe(type(ro));
    }
    expect(arch.pgprot_modify(rw, ro)).toBe(ro);
    expect(arch.pgprot_modify(arch.pgprot_tagged(rw), ro)).toBe(ro);
  });

  test('frames are never refused for L1TF', () => {
    expect(arch.arch_has_pfn_modify_check()).toBe(false);
    expect(arch.pfn_modify_allowed(2 ** 40 - 1, 0)).toBe(true);
  });
});
