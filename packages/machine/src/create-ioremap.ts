import type { AccessServices } from '@pfnmap/access-process-vm';
import { PTE_USER } from '@pfnmap/arch-arm64';
import type { KernelConfig } from '@pfnmap/kconfig';
import type { MachineArch } from './platform.ts';

/**
 * Makes ioremap_prot() for the protection of a user mapping. A window holds no bytes here. Late arm64 kernels refuse what
 * user space may not access, such as a mapping with PROT_NONE.
 */
export function createIoremap(
  config: KernelConfig,
  arch: MachineArch,
): AccessServices['ioremap_prot'] {
  const needed = arch === 'arm64' && config.enabled('ARM64_IOREMAP_USER_ONLY') ? PTE_USER : 0;
  return (_pfn, _size, prot) =>
    (prot & needed) === needed ? { copy: () => {}, close: () => {} } : null;
}
