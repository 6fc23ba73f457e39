import type { PgtableLevel, Prot } from '@pfnmap/pgtable-core';
import type { AccessKind } from '../exits.ts';
import type { Stage2TableFormat } from '../stage2/stage2-format.ts';
import type { Stage2Descriptors, Stage2MemoryType } from './arm64-host.ts';

const TYPES: readonly Stage2MemoryType[] = ['normal', 'normal-nc', 'device'];

/** The protection words of every leaf that KVM makes, computed once. */
export class LeafProts {
  private readonly words: Int32Array;
  /** Bits that allow, and bits that forbid execution. */
  private readonly readBits: Prot;
  private readonly writeBits: Prot;
  private readonly noExecBits: Prot;

  constructor(stage2: Stage2Descriptors, leafLevels: readonly PgtableLevel[]) {
    const normal = { memoryType: 'normal', read: false, write: false, execute: 'none' } as const;
    const nothing = stage2.leafProt(0, normal);
    this.readBits = nothing ^ stage2.leafProt(0, { ...normal, read: true });
    this.writeBits = nothing ^ stage2.leafProt(0, { ...normal, write: true });
    this.noExecBits = nothing ^ stage2.leafProt(0, { ...normal, execute: 'both' });
    this.words = new Int32Array(3 * TYPES.length * 4);
    for (const level of leafLevels) {
      for (const memoryType of TYPES) {
        for (const write of [false, true]) {
          for (const execute of ['none', 'both'] as const) {
            const at = LeafProts.index(level, memoryType, write, execute === 'both');
            this.words[at] = stage2.leafProt(level, { memoryType, read: true, write, execute });
          }
        }
      }
    }
  }

  private static index(
    level: PgtableLevel,
    type: Stage2MemoryType,
    write: boolean,
    exec: boolean,
  ): number {
    return (level * TYPES.length + TYPES.indexOf(type)) * 4 + (write ? 2 : 0) + (exec ? 1 : 0);
  }

  /** True when the hardware lets an access through a leaf. */
  permits(leaf: Prot, kind: AccessKind): boolean {
    if (kind === 'exec') return (leaf & this.noExecBits) === 0;
    return (leaf & (kind === 'read' ? this.readBits : this.writeBits)) !== 0;
  }

  of(level: PgtableLevel, type: Stage2MemoryType, write: boolean, exec: boolean): Prot {
    return this.words[LeafProts.index(level, type, write, exec)] as Prot;
  }
}

/** Bits 1 and 0 of a descriptor: 3 for a table, or a page at the lowest level. */
const KVM_PTE_VALID = 1;
const KVM_PTE_TABLE = 3;

/** The descriptors as {@link Stage2TableFormat}: what differs between all rights and none is permissions. */
export function formatOfDescriptors(stage2: Stage2Descriptors): Stage2TableFormat {
  const all = stage2.leafProt(0, {
    memoryType: 'normal',
    read: true,
    write: true,
    execute: 'both',
  });
  const none = stage2.leafProt(0, {
    memoryType: 'normal',
    read: false,
    write: false,
    execute: 'none',
  });
  return {
    codec: stage2.codec,
    tableProt: stage2.tableProt,
    lockedProt: stage2.lockedProt,
    validMask: KVM_PTE_VALID,
    tableMask: KVM_PTE_TABLE,
    tableValue: KVM_PTE_TABLE,
    permissions: all ^ none,
    decode: stage2.decode,
  };
}
