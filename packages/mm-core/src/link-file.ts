import type { EventLog } from './events.ts';
import { lock, NO_MM, unlock } from './locks.ts';
import type { VmAreaStruct } from './vma.ts';

const I_MMAP = 'i_mmap_rwsem (write)';

/**
 * Lets a file know of a VMA that maps it, if it maps one.
 *
 * @param after fork puts the child's VMA directly behind this one
 * @context takes the mapping's i_mmap_rwsem for writing.
 * @fidelity exact
 * @patch none
 */
export function vma_link_file(events: EventLog, vma: VmAreaStruct, after?: VmAreaStruct): void {
  if (vma.vm_file === null) return;
  const { f_mapping } = vma.vm_file;
  lock(events, NO_MM, I_MMAP);
  if (after === undefined) f_mapping.insert(vma);
  else f_mapping.insertAfter(vma, after);
  unlock(events, NO_MM, I_MMAP);
}

/**
 * The opposite of {@link vma_link_file}.
 *
 * @context takes the mapping's i_mmap_rwsem for writing.
 * @fidelity exact
 * @patch none
 */
export function unlink_file_vma(events: EventLog, vma: VmAreaStruct): void {
  if (vma.vm_file === null) return;
  lock(events, NO_MM, I_MMAP);
  vma.vm_file.f_mapping.remove(vma);
  unlock(events, NO_MM, I_MMAP);
}
