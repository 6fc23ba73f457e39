import { createArchArm64 } from '@pfnmap/arch-arm64';
import { createArchX86 } from '@pfnmap/arch-x86';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import type { ArchPgtable } from '@pfnmap/pgtable-core';

/** x86_64 with four levels, as 6.12.117 of a distribution has it. */
export function x86(): ArchPgtable {
  const { dotConfig } = configForRelease('6.12.117+deb12-amd64');
  return createArchX86({
    config: resolveKernel({ profile: '6.12.117', arch: 'x86', dotConfig }),
    levels: 4,
    cpu: {
      pat: 'full',
      nx: true,
      shstk: false,
      l1tf: false,
      physBits: 46,
      encryption: { kind: 'none' },
    },
  });
}

/** arm64 with 4K pages and 48-bit addresses, the same. */
export function arm64(): ArchPgtable {
  const { dotConfig } = configForRelease('6.12.117+deb12-arm64');
  return createArchArm64({
    config: resolveKernel({
      profile: '6.12.117',
      arch: 'arm64',
      dotConfig,
      with: ['ARM64_VA_BITS_48'],
    }),
    cpu: {
      lpa2: false,
      va52: false,
      hafdbs: true,
      bti: false,
      mte: false,
      epan: false,
      poe: false,
    },
  });
}
