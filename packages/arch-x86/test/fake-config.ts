import { type ArchX86, type ArchX86Options, createArchX86, type X86Cpu } from '@pfnmap/arch-x86';
import type { KernelConfig } from '@pfnmap/kconfig';

/** A configuration that answers from a list of symbols. */
export function configOf(symbols: Iterable<string>): KernelConfig {
  const set = new Set(symbols);
  return { enabled: (symbol: string) => set.has(symbol) } as KernelConfig;
}

/** Options of 6.12 that page tables depend on, all on, without encryption and device-private memory. */
export const SYMBOLS_6_12: readonly string[] = [
  'ARCH_HAS_PTE_DEVMAP',
  'ARCH_SUPPORTS_HUGE_PFNMAP',
  'ARCH_SUPPORTS_PMD_PFNMAP',
  'ARCH_SUPPORTS_PUD_PFNMAP',
  'AMD_MEM_ENCRYPT',
  'HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD',
  'HAVE_ARCH_USERFAULTFD_WP',
  'INTEL_TDX_GUEST',
  'MEMORY_FAILURE',
  'MEM_SOFT_DIRTY',
  'MIGRATION',
  'NUMA_BALANCING',
  'SERIES_PATCH_17',
  'TRANSPARENT_HUGEPAGE',
  'X86_5LEVEL',
  'X86_INTEL_MEMORY_PROTECTION_KEYS',
];

/** The same of 7.3. */
export const SYMBOLS_7_3: readonly string[] = [
  ...SYMBOLS_6_12.filter((symbol) => !['ARCH_HAS_PTE_DEVMAP', 'X86_5LEVEL'].includes(symbol)),
  'X86_5LEVEL_ALWAYS',
  'ARCH_HAS_PTE_PROTNONE',
  'NO_DEVMAP',
  'SWAP_THREE_DEVICE_TYPES',
  'PGPROT_WRITECOMBINE_REPLACES',
];

/** A CPU with everything of page tables, without shadow stacks, faults and encryption. */
export const PLAIN_CPU: X86Cpu = {
  pat: 'full',
  nx: true,
  shstk: false,
  l1tf: false,
  physBits: 46,
  encryption: { kind: 'none' },
};

/** The model for a test: 6.12 with four levels unless told. */
export function archOf(
  options: {
    symbols?: readonly string[];
    levels?: ArchX86Options['levels'];
    cpu?: Partial<X86Cpu>;
  } = {},
): ArchX86 {
  return createArchX86({
    config: configOf(options.symbols ?? SYMBOLS_6_12),
    levels: options.levels ?? 4,
    cpu: { ...PLAIN_CPU, ...options.cpu },
  });
}
