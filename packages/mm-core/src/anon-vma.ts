import { VM_ACCESS_FLAGS, VM_SOFTDIRTY } from './vm-flags.ts';
import type { VmAreaStruct } from './vma.ts';

/** Differences of neighbours that mprotect() could make go away. */
const MAY_DIFFER = VM_ACCESS_FLAGS | VM_SOFTDIRTY;

/** anon_vma_compatible(): whether mprotect() could make one VMA of two. */
const compatible = (lower: VmAreaStruct, upper: VmAreaStruct, pageSize: number): boolean =>
  lower.vm_end === upper.vm_start &&
  lower.vm_policy === upper.vm_policy &&
  lower.vm_file === upper.vm_file &&
  ((lower.vm_flags ^ upper.vm_flags) & ~MAY_DIFFER) === 0 &&
  lower.vm_pgoff + (lower.vm_end - lower.vm_start) / pageSize === upper.vm_pgoff;

/** find_mergeable_anon_vma(): that of a neighbour, so that the two may become one VMA later. */
function find_mergeable_anon_vma(vma: VmAreaStruct, pageSize: number): symbol | null {
  const { previous, next } = vma.vm_mm.neighbours(vma);
  const ofNext = next !== null && compatible(vma, next, pageSize) ? next : null;
  if (ofNext?.anon_vma && !ofNext.anon_vma_inherited) return ofNext.anon_vma;
  const ofPrevious = previous !== null && compatible(previous, vma, pageSize) ? previous : null;
  return ofPrevious?.anon_vma_inherited === false ? ofPrevious.anon_vma : null;
}

/**
 * Gives a VMA its anon_vma before its first private page.
 *
 * @param pageSize bytes.
 * @context mmap_lock held.
 * @fidelity exact
 * @patch none
 */
export function anon_vma_prepare(vma: VmAreaStruct, pageSize: number): void {
  vma.anon_vma ??= find_mergeable_anon_vma(vma, pageSize) ?? Symbol('anon_vma');
}

/**
 * Gives a child's VMA an anon_vma of its own, when its parent's has one: it is then linked to both.
 *
 * @fidelity partial an anon_vma that no VMA uses any more is not used again
 * @patch none
 */
export function anon_vma_fork(child: VmAreaStruct, parent: VmAreaStruct): void {
  if (parent.anon_vma === null) return;
  child.anon_vma = Symbol('anon_vma');
  child.anon_vma_inherited = true;
}
