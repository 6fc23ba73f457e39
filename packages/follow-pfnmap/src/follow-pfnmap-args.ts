import type { VmAreaStruct } from '@pfnmap/mm-core';
import type { Pfn, Prot } from '@pfnmap/pgtable-core';

/**
 * What follow_pfnmap_start() is asked and answers. The answers may be read only until follow_pfnmap_end(): afterwards
 * the entry may be gone, and reading them throws.
 */
export class FollowPfnmapArgs {
  /** Input: a VMA with VM_IO or VM_PFNMAP. */
  readonly vma: VmAreaStruct;
  /** Input: byte address in the VMA. */
  readonly address: number;
  private state: 'new' | 'started' | 'ended' = 'new';
  private lockName = '';
  private found = { pfn: 0, pgprot: 0, writable: false, special: false, addr_mask: 0 };

  constructor(vma: VmAreaStruct, address: number) {
    this.vma = vma;
    this.address = address;
  }

  /** Internal: the lookup succeeded and the page-table lock is held. */
  start(found: typeof this.found, lockName: string): void {
    this.state = 'started';
    this.lockName = lockName;
    this.found = found;
  }

  /** Internal: the page-table lock is given up; its name, or undefined when it was not held. */
  end(): string | undefined {
    if (this.state !== 'started') return undefined;
    this.state = 'ended';
    return this.lockName;
  }

  private read(): typeof this.found {
    if (this.state === 'started') return this.found;
    throw new UseAfterEndError(this.state === 'new');
  }

  /** Output: the frame behind the address, not the leaf's first. */
  get pfn(): Pfn {
    return this.read().pfn;
  }
  /** Output: the protection word of the entry, in the format of its level. */
  get pgprot(): Prot {
    return this.read().pgprot;
  }
  /** Output: the entry allows writes. */
  get writable(): boolean {
    return this.read().writable;
  }
  /** Output: the entry has the special bit. */
  get special(): boolean {
    return this.read().special;
  }
  /** Output: bytes that the leaf spans; Linux's addr_mask (from 6.15 on) is its complement less one. */
  get leafSize(): number {
    return this.read().addr_mask;
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
