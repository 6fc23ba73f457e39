import {
  ARM64_GATES,
  type ArchArm64,
  type Arm64Cpu,
  type Arm64Gate,
  createArchArm64,
} from '@pfnmap/arch-arm64';
import type { KernelConfig } from '@pfnmap/kconfig';

/** A CPU with nothing optional but hardware management of the access flag and dirty state. */
export const PLAIN_CPU: Arm64Cpu = {
  lpa2: false,
  va52: false,
  hafdbs: true,
  bti: false,
  mte: false,
  epan: false,
  poe: false,
};

/** A CPU with 52-bit addresses at every page size. */
export const WIDE_CPU: Arm64Cpu = { ...PLAIN_CPU, lpa2: true, va52: true };

const OF_BOTH: readonly Arm64Gate[] = [
  'TRANSPARENT_HUGEPAGE',
  'ARCH_SUPPORTS_PMD_PFNMAP',
  'NUMA_BALANCING',
  'HAVE_ARCH_USERFAULTFD_WP',
  'ARM64_HW_AFDBM',
  'ARM64_MTE',
  'ARM64_POE',
  'SERIES_PATCH_18',
  'FIX_ARM64_MKWRITE_CLEAN',
];

/** What the two kernels have on besides page size and address widths. */
export const KERNEL_GATES: Readonly<Record<Kernel, readonly Arm64Gate[]>> = {
  '6.12.117': [...OF_BOTH, 'ARCH_HAS_PTE_DEVMAP'],
  '7.3.4': [
    ...OF_BOTH,
    'ARCH_HAS_PTE_PROTNONE',
    'ARM64_GCS',
    'ARM64_TABLE_AF',
    'ARM64_TABLE_TYPE_FIELD',
    'ARM64_MKCONT_ONLY_CONT',
    'ARM64_CONT_LIVE_CHANGE',
    'ARM64_NEEDS_FLUSH',
  ],
};

/** The kernels that the model is compared with. */
export type Kernel = '6.12.117' | '7.3.4';
export const KERNELS: readonly Kernel[] = ['6.12.117', '7.3.4'];

/** One kernel to build. */
export interface Build {
  readonly kernel?: Kernel;
  readonly page?: '4K' | '16K' | '64K';
  readonly va?: number;
  readonly pa?: 48 | 52;
  readonly cpu?: Arm64Cpu;
  /** Symbols to turn off again. */
  readonly without?: readonly Arm64Gate[];
}

/** A resolved configuration in miniature: unknown symbols are errors, as in the real one. */
export function configOf(on: ReadonlySet<string>): KernelConfig {
  const enabled = (symbol: string): boolean => {
    if (!(ARM64_GATES as readonly string[]).includes(symbol)) {
      throw new RangeError(`${symbol} is not listed in ARM64_GATES`);
    }
    return on.has(symbol);
  };
  return { enabled } as KernelConfig;
}

/** arm64 for one build; 6.12.117 with 4K pages and 48-bit addresses when nothing is said. */
export function arm64(build: Build = {}): ArchArm64 {
  const { kernel = '6.12.117', page = '4K', va = 48, pa = 48, cpu = PLAIN_CPU } = build;
  const on = new Set<string>([
    ...KERNEL_GATES[kernel],
    `ARM64_${page}_PAGES`,
    `ARM64_VA_BITS_${va}`,
    ...(pa === 52 ? ['ARM64_PA_BITS_52'] : []),
  ]);
  for (const symbol of build.without ?? []) on.delete(symbol);
  return createArchArm64({ config: configOf(on), cpu });
}

/** The configurations of the vectors by granule, under the names that the files use. */
export const BY_GRANULE: Readonly<Record<string, Build>> = {
  L4: { page: '4K', va: 52, pa: 52, cpu: WIDE_CPU },
  L4n: { page: '4K', va: 52, pa: 52 },
  L16: { page: '16K' },
  L16x: { page: '16K', va: 52, pa: 52, cpu: WIDE_CPU },
  L64a: { page: '64K' },
  L64: { page: '64K', va: 52, pa: 52, cpu: WIDE_CPU },
};
