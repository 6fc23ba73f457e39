import type { VmAreaStruct } from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';
import type { LeafLevel } from './leaf-level.ts';

/**
 * What follow_pfnmap_start() is asked and answers. The answers may be read only until follow_pfnmap_end(): afterwards
 * the entry may be gone, and reading them throws.
 */
export class FollowPfnmapArgs {
  /** Input: a VMA with VM_IO or VM_PFNMAP. */
  declare readonly vma: VmAreaStruct;
  /** Input: byte address in the VMA. */
  declare readonly address: number;
  /** The level of what was found, between start and end only. */
  declare private at: LeafLevel | undefined;
  declare private entry: Prot;
  declare private frame: Pfn;
  declare private hasEnded: boolean;

  // Fields without initialisers, since callers make one of these for every page that they look up.
  constructor(vma: VmAreaStruct, address: number) {
    this.vma = vma;
    this.address = address;
    this.at = undefined;
    this.entry = 0;
    this.frame = 0;
    this.hasEnded = false;
  }

  /** Internal: the lookup succeeded and the page-table lock is held. */
  start(at: LeafLevel, entry: Prot, pfn: Pfn): void {
    this.at = at;
    this.entry = entry;
    this.frame = pfn;
  }

  /** Internal: the page-table lock is given up; its name, or undefined when it was not held. */
  end(): string | undefined {
    const { at } = this;
    if (at === undefined) return undefined;
    this.at = undefined;
    this.hasEnded = true;
    return at.lockName;
  }

  /** The level of the entry, as long as the answers hold. */
  private level(): LeafLevel {
    if (this.at === undefined) throw new UseAfterEndError(!this.hasEnded);
    return this.at;
  }

  /** Output: the frame behind the address, not the leaf's first. */
  get pfn(): Pfn {
    this.level();
    return this.frame;
  }
  /** Output: the protection word of the entry, in the format of its level. */
  get pgprot(): Prot {
    return this.level().pgprot(this.entry);
  }
  /** Output: the entry allows writes. */
  get writable(): boolean {
    return this.level().write(this.entry);
  }
  /** Output: the entry has the special bit. */
  get special(): boolean {
    return this.level().special(this.entry);
  }
  /** Output: bytes that the leaf spans; Linux's addr_mask (from 6.15 on) is its complement less one. */
  get leafSize(): number {
    return this.level().size;
  }
}

/** The answers of a lookup were used before follow_pfnmap_start() or after follow_pfnmap_end(). */
export class UseAfterEndError extends Error {
  constructor(never: boolean) {
    super(
      never
        ? 'follow_pfnmap_args were read without a successful follow_pfnmap_start()'
        : 'follow_pfnmap_args were read after follow_pfnmap_end(): the page-table lock is gone, and the PFN may be too; read them before, and protect what you keep with an MMU notifier',
    );
    this.name = 'UseAfterEndError';
  }
}
