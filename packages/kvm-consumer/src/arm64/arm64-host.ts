import type { VmAreaStruct } from '@pfnmap/mm-core';
import type { DecodedEntry, EntryCodec, Pfn, PgtableLevel, Prot } from '@pfnmap/pgtable-core';

/** Memory types that stage 2 gives to a leaf. */
export type Stage2MemoryType = 'normal' | 'normal-nc' | 'device';

/** What a leaf allows. */
export interface Stage2Rights {
  readonly read: boolean;
  readonly write: boolean;
  readonly execute: 'both' | 'none';
}

/** Stage-2 descriptors of a host: what `createStage2()` of the architecture's package makes. */
export interface Stage2Descriptors {
  readonly codec: EntryCodec;
  readonly tableProt: Prot;
  readonly lockedProt: Prot;
  leafProt(
    level: PgtableLevel,
    access: Stage2Rights & { readonly memoryType: Stage2MemoryType },
  ): Prot;
  relaxPermissions(pte: Prot, access: Stage2Rights): Prot;
  /** Decodes a 64-bit descriptor of a level. */
  decode(level: PgtableLevel, word: bigint): DecodedEntry;
  levelsOf(ipaBits: number): number;
}

/** The CPU and the memory of a host that runs guests with stage-2 translation. */
export interface Arm64Host {
  readonly stage2: Stage2Descriptors;
  /** Bits of a guest-physical address: 40 for a VM that asks for nothing else. */
  readonly ipaBits: number;
  /** The CPU keeps caches coherent with stage 2 deciding alone, and needs no cleaning for instructions: FWB and DIC. */
  readonly cacheableDevices: boolean;
  /** CTR_EL0.DIC: instruction caches need no invalidation, so RAM may be executable from the start. */
  readonly cacheDic: boolean;
  /** pfn_is_map_memory(): the frame is RAM. */
  isMapMemory(pfn: Pfn): boolean;
  /** The memory type of a VMA is a cacheable one. */
  isVmaCacheable(vma: VmAreaStruct): boolean;
}
