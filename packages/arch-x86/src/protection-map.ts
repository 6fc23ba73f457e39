import type { Prot } from '@pfnmap/pgtable-core';
import {
  _PAGE_PKEY_MASK,
  PAGE_NONE,
  PAGE_READONLY,
  PAGE_READONLY_EXEC,
  PAGE_SHARED,
  PAGE_SHARED_EXEC,
} from './bits.ts';

/**
 * Protection by VM_READ (1), VM_WRITE (2), VM_EXEC (4) and VM_SHARED (8). Private writable mappings are read-only, for
 * copy on write.
 */
const protection_map: readonly Prot[] = [
  PAGE_NONE,
  PAGE_READONLY,
  PAGE_READONLY,
  PAGE_READONLY,
  PAGE_READONLY_EXEC,
  PAGE_READONLY_EXEC,
  PAGE_READONLY_EXEC,
  PAGE_READONLY_EXEC,
  PAGE_NONE,
  PAGE_READONLY,
  PAGE_SHARED,
  PAGE_SHARED,
  PAGE_READONLY_EXEC,
  PAGE_READONLY_EXEC,
  PAGE_SHARED_EXEC,
  PAGE_SHARED_EXEC,
];

/** VM_PKEY_SHIFT: bits 32 to 35 of vm_flags hold the protection key. */
const VM_PKEY_UNIT = 2 ** 32;

/**
 * Builds vm_get_page_prot(): the low four bits of vm_flags choose, the key of the VMA and the encryption bit come on
 * top, and what the CPU lacks goes.
 *
 * @param massage - massage_pgprot() of this configuration.
 * @param encryption - the AMD C-bit in a protection word, or 0.
 * @param pkeys - X86_INTEL_MEMORY_PROTECTION_KEYS is built in.
 * @fidelity exact
 * @patch none
 */
export function createVmGetPageProt(
  massage: (prot: Prot) => Prot,
  encryption: Prot,
  pkeys: boolean,
): (vm_flags: number) => Prot {
  const keyOf = (vm_flags: number): Prot =>
    pkeys ? ((Math.floor(vm_flags / VM_PKEY_UNIT) & 15) << 27) & _PAGE_PKEY_MASK : 0;
  return (vm_flags) =>
    massage((protection_map[vm_flags & 15] as Prot) | keyOf(vm_flags) | encryption);
}
