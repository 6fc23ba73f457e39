import { createArchArm64 } from '@pfnmap/arch-arm64';
import { createArchX86 } from '@pfnmap/arch-x86';
import { configForRelease, type KernelConfig, resolveKernel } from '@pfnmap/kconfig';
import {
  type ArchPgtable,
  createPgtable,
  createPhysMem,
  type Pgtable,
  type PhysMem,
} from '@pfnmap/pgtable-core';

const dotConfigs = {
  x86: configForRelease('6.12.117+deb12-amd64').dotConfig,
  arm64: configForRelease('6.12.117+deb12-arm64').dotConfig,
};

/** A profile on the configuration of a distribution's kernel. */
export const configOf = (
  arch: 'x86' | 'arm64',
  profile = '6.12.117',
  changes: { with?: readonly string[]; without?: readonly string[] } = {},
): KernelConfig => resolveKernel({ profile, arch, dotConfig: dotConfigs[arch], ...changes });

/** x86_64 with four or five levels; `l1tf` inverts the address of what is not present. */
export const x86 = (levels: 4 | 5, config = configOf('x86'), l1tf = true): ArchPgtable =>
  createArchX86({
    config,
    levels,
    cpu: {
      pat: 'full',
      nx: true,
      shstk: false,
      l1tf,
      physBits: 46,
      encryption: { kind: 'none' },
    },
  });

/** arm64 with the symbols of a page size and an address width, on a CPU that has all of them. */
export const arm64 = (...symbols: string[]): ArchPgtable =>
  createArchArm64({
    config: configOf('arm64', '6.12.117', { with: symbols }),
    cpu: { lpa2: true, va52: true, hafdbs: true, bti: false, mte: false, epan: false, poe: false },
  });

/** Every shape of page table that the two architectures have, by the number of levels that exist. */
export const EVERY_SHAPE: ReadonlyArray<readonly [name: string, make: () => ArchPgtable]> = [
  ['x86_64, four levels', () => x86(4)],
  ['x86_64, five levels', () => x86(5)],
  ['arm64, 4K pages, 39 bits, three levels', () => arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_39')],
  ['arm64, 4K pages, 48 bits, four levels', () => arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_48')],
  ['arm64, 4K pages, 52 bits, five levels', () => arm64('ARM64_4K_PAGES', 'ARM64_VA_BITS_52')],
  ['arm64, 16K pages, 36 bits, two levels', () => arm64('ARM64_16K_PAGES', 'ARM64_VA_BITS_36')],
  ['arm64, 16K pages, 47 bits, three levels', () => arm64('ARM64_16K_PAGES', 'ARM64_VA_BITS_47')],
  ['arm64, 16K pages, 52 bits, four levels', () => arm64('ARM64_16K_PAGES', 'ARM64_VA_BITS_52')],
  ['arm64, 64K pages, 42 bits, two levels', () => arm64('ARM64_64K_PAGES', 'ARM64_VA_BITS_42')],
  ['arm64, 64K pages, 52 bits, three levels', () => arm64('ARM64_64K_PAGES', 'ARM64_VA_BITS_52')],
];

/** Page tables in a RAM of their own, which does not start at 0. */
export function pageTables(
  arch: ArchPgtable,
  frames = 64,
  basePfn = 0x1000,
): { readonly pt: Pgtable; readonly mem: PhysMem } {
  const mem = createPhysMem({ pageShift: arch.geometry.pageShift, frames, basePfn });
  return { pt: createPgtable(arch, mem), mem };
}
