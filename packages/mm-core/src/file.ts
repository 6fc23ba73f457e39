import type { VmAreaStruct } from './vma.ts';

/**
 * The pages of a file and every VMA that maps them, in all processes, ordered by vm_pgoff as the interval tree is;
 * equal starts stand in the order of their insertion.
 */
export class AddressSpace {
  readonly i_mmap: VmAreaStruct[] = [];

  /** vma_interval_tree_insert(). */
  insert(vma: VmAreaStruct): void {
    let at = this.i_mmap.length;
    while (at > 0 && (this.i_mmap[at - 1] as VmAreaStruct).vm_pgoff > vma.vm_pgoff) at--;
    this.i_mmap.splice(at, 0, vma);
  }

  /** vma_interval_tree_insert_after(): a fork puts the child's VMA directly behind its source. */
  insertAfter(vma: VmAreaStruct, source: VmAreaStruct): void {
    const at = this.i_mmap.indexOf(source);
    this.i_mmap.splice(at < 0 ? this.i_mmap.length : at + 1, 0, vma);
  }

  /** vma_interval_tree_remove(). */
  remove(vma: VmAreaStruct): void {
    const at = this.i_mmap.indexOf(vma);
    if (at >= 0) this.i_mmap.splice(at, 1);
  }
}

/** What a driver or file system does when a file is mapped. */
export interface FileOperations {
  /** ->mmap: 0, or a negative error number. May change flags, protection and operations of the VMA. */
  mmap(file: File, vma: VmAreaStruct): number;
  /**
   * The order of the largest entry that a mapping of so many pages from a page of the file on could have, 0 for none: only
   * asked with EXPERIMENT_MAPPING_ORDER.
   */
  get_mapping_order?(file: File, pgoff: number, pages: number): number;
  /** True when the file has no fallocate, so that madvise(REMOVE) answers ENODEV elsewhere. */
  readonly fallocate?: boolean;
}

/** An open file. */
export interface File {
  readonly name: string;
  readonly f_mapping: AddressSpace;
  readonly f_op: FileOperations;
  /** True when it was opened for writing as well. */
  readonly writable: boolean;
  /** path_noexec(): its mappings never become executable. */
  readonly noexec?: boolean;
}
