import type { KernelConfig } from '@pfnmap/kconfig';
import type { PatSupport } from './cache-mode.ts';
import type { MemoryEncryption } from './memory-encryption.ts';

/** What the CPU can do, as far as page tables show it. */
export interface X86Cpu {
  /** Page attribute table. */
  readonly pat: PatSupport;
  /** No-execute bit. */
  readonly nx: boolean;
  /** Shadow stacks: an entry with D and without RW is writable then. */
  readonly shstk: boolean;
  /** The CPU has the L1 terminal fault. */
  readonly l1tf: boolean;
  /** Physical address bits that its cache uses, which the L1TF limit counts from. */
  readonly physBits: number;
  /** Memory encryption in force; used when AMD_MEM_ENCRYPT or INTEL_TDX_GUEST is built in. */
  readonly encryption: MemoryEncryption;
  /** Global pages. Absent means that it has them, as every 64-bit CPU does. */
  readonly pge?: boolean;
  /** The kernel runs with page table isolation, if it is built in. Absent means no. */
  readonly pti?: boolean;
  /** Reads the PKRU register of the running thread. Absent on a CPU without protection keys. */
  readonly readPkru?: () => number;
}

/** What {@link createArchX86} needs to know. */
export interface ArchX86Options {
  /** The resolved configuration of the kernel. */
  readonly config: KernelConfig;
  /** Page-table levels: 5 on a CPU with LA57. A kernel without X86_5LEVEL uses 4 all the same. */
  readonly levels: 4 | 5;
  readonly cpu: X86Cpu;
}
