// biome-ignore-all lint/style/useNamingConvention: the names of memory types are spelled as in Linux.
import type { Prot } from '@pfnmap/pgtable-core';
import { PTE_ATTRINDX_MASK, PTE_GP, PTE_PXN, PTE_UXN } from './bits.ts';

/** Index of Normal write-back memory in MAIR_EL1: RAM. */
export const MT_NORMAL = 0;
/** Normal write-back with allocation tags (MTE). */
export const MT_NORMAL_TAGGED = 1;
/** Normal non-cacheable: write combining. */
export const MT_NORMAL_NC = 2;
/** Device, no gathering, no reordering, no early write acknowledgement: pgprot_noncached(). */
export const MT_DEVICE_nGnRnE = 3;
/** Device with early write acknowledgement: ioremap(). */
export const MT_DEVICE_nGnRE = 4;

/** Names of the memory types by AttrIndx; 5 to 7 are unused and read as Device-nGnRnE. */
export const MEMORY_TYPE_NAMES: readonly string[] = [
  'Normal',
  'Normal-Tagged',
  'Normal-NC',
  'Device-nGnRnE',
  'Device-nGnRE',
  'Device-nGnRnE',
  'Device-nGnRnE',
  'Device-nGnRnE',
];

/** MAIR_EL1 at boot: one attribute byte an index, index 0 lowest. */
export const MAIR_EL1_SET = 0x000000040044ffffn;
/** MAIR_EL1 once MTE is on: index 1 has become Tagged (0xf0). */
export const MAIR_EL1_SET_MTE = 0x000000040044f0ffn;

/** The AttrIndx field of a memory type. */
export const PTE_ATTRINDX = (type: number): Prot => type << 2;

const KEPT = ~PTE_ATTRINDX_MASK;
const NC = PTE_ATTRINDX(MT_NORMAL_NC) | PTE_PXN | PTE_UXN;
const nGnRnE = PTE_ATTRINDX(MT_DEVICE_nGnRnE) | PTE_PXN | PTE_UXN;
const nGnRE = PTE_ATTRINDX(MT_DEVICE_nGnRE) | PTE_PXN | PTE_UXN;

/** Device-nGnRnE and never executable: what vfio-pci maps BARs with. @fidelity exact @patch none */
export const pgprot_noncached = (prot: Prot): Prot => (prot & KEPT) | nGnRnE;

/** Normal non-cacheable and never executable. @fidelity exact @patch none */
export const pgprot_writecombine = (prot: Prot): Prot => (prot & KEPT) | NC;

/** Normal non-cacheable, for DMA memory of devices that do not snoop. @fidelity exact @patch none */
export const pgprot_dmacoherent = (prot: Prot): Prot => (prot & KEPT) | NC;

/** Device-nGnRE and never executable. @fidelity exact @patch none */
export const pgprot_device = (prot: Prot): Prot => (prot & KEPT) | nGnRE;

/** Normal-Tagged; execution rights stay. @fidelity exact @patch none */
export const pgprot_tagged = (prot: Prot): Prot => (prot & KEPT) | PTE_ATTRINDX(MT_NORMAL_TAGGED);

/** Not executable by the kernel. @fidelity exact @patch none */
export const pgprot_nx = (prot: Prot): Prot => prot | PTE_PXN;

/** {@link pgprot_nx} of a kernel that itself runs with BTI. */
export const pgprotNxUnderBti = (prot: Prot): Prot => (prot & ~PTE_GP) | PTE_PXN;

/**
 * Shares the page with the host of a confidential guest: nothing to do outside a realm, and realms are not modelled.
 * @fidelity partial @patch none
 */
export const pgprot_decrypted = (prot: Prot): Prot => prot;

/**
 * `newprot` with the memory type of `oldprot`, when that is one of the uncached ones: what mprotect() does to
 * vm_page_prot. @fidelity exact @patch none
 */
export const pgprot_modify = (oldprot: Prot, newprot: Prot): Prot => {
  if (oldprot === pgprot_noncached(oldprot)) return pgprot_noncached(newprot);
  if (oldprot === pgprot_writecombine(oldprot)) return pgprot_writecombine(newprot);
  if (oldprot === pgprot_device(oldprot)) return pgprot_device(newprot);
  return newprot;
};
