import { createArchArm64 } from '@pfnmap/arch-arm64';
import { createArchX86 } from '@pfnmap/arch-x86';
import { resolveKernel } from '@pfnmap/kconfig';
import type { ArchPgtable } from '@pfnmap/pgtable-core';

const profile = '6.12.117';
/** The x86-64 of the captures. */
export const x86_64: ArchPgtable = createArchX86({
  config: resolveKernel({ profile, arch: 'x86' }),
  levels: 4,
  cpu: {
    pat: 'full',
    nx: true,
    shstk: false,
    l1tf: false,
    physBits: 48,
    encryption: { kind: 'none' },
  },
});

/** The arm64 of the captures. */
export const arm64: ArchPgtable = createArchArm64({
  config: resolveKernel({ profile, arch: 'arm64' }),
  cpu: {
    lpa2: true,
    va52: true,
    hafdbs: true,
    bti: false,
    mte: false,
    epan: false,
    poe: false,
  },
});
