// biome-ignore-all lint/style/useNamingConvention: the names of memory types are spelled as in Linux.
import type { Prot } from '@pfnmap/pgtable-core';
import {
  PMD_TYPE_SECT,
  PTE_AF,
  PTE_CONT,
  PTE_DIRTY,
  PTE_GP,
  PTE_NG,
  PTE_PRESENT_INVALID,
  PTE_PXN,
  PTE_RDONLY,
  PTE_SHARED,
  PTE_TYPE_PAGE,
  PTE_USER,
  PTE_UXN,
  PTE_VALID,
  PTE_WRITE,
} from './bits.ts';
import {
  MT_DEVICE_nGnRE,
  MT_DEVICE_nGnRnE,
  MT_NORMAL,
  MT_NORMAL_NC,
  MT_NORMAL_TAGGED,
  PTE_ATTRINDX,
} from './memory-types.ts';

/** VM_ARM64_BTI, bit 24 of vm_flags. */
export const VM_ARM64_BTI = 0x1000000;
/** VM_PKEY_BIT0 to VM_PKEY_BIT2, bits 32 to 34 of vm_flags, here in its high word. */
export const VM_PKEY_BITS_HIGH = 7;
/** VM_MTE, bit 36 of vm_flags, here in its high word. */
export const VM_MTE_HIGH = 1 << (36 - 32);
/** VM_SHADOW_STACK of 7.3, bit 38 of vm_flags, here in its high word: a guarded control stack. */
export const VM_SHADOW_STACK_HIGH = 1 << (38 - 32);

/** What the values of protections depend on at run time. */
export interface ProtectionOptions {
  /** LPA2 is active: SH[1:0] is address, so protections carry 0 there. */
  readonly lpa2: boolean;
  /** Kernel entries are not global, as KPTI wants. */
  readonly kpti: boolean;
  /** Enhanced PAN: PROT_EXEC alone means execute-only. */
  readonly epan: boolean;
  /** Permission overlays: protection keys reach the entry. */
  readonly poe: boolean;
  /** Guarded control stacks. */
  readonly gcs: boolean;
}

/** The composite protections, as protection words. The names are Linux's. */
export interface Protections {
  readonly PAGE_NONE: Prot;
  readonly PAGE_READONLY: Prot;
  readonly PAGE_READONLY_EXEC: Prot;
  readonly PAGE_EXECONLY: Prot;
  readonly PAGE_SHARED: Prot;
  readonly PAGE_SHARED_EXEC: Prot;
  readonly PAGE_KERNEL: Prot;
  readonly PAGE_KERNEL_RO: Prot;
  readonly PAGE_KERNEL_ROX: Prot;
  readonly PAGE_KERNEL_EXEC: Prot;
  readonly PAGE_KERNEL_EXEC_CONT: Prot;
  readonly PROT_DEVICE_nGnRnE: Prot;
  readonly PROT_DEVICE_nGnRE: Prot;
  readonly PROT_NORMAL_NC: Prot;
  readonly PROT_NORMAL: Prot;
  readonly PROT_NORMAL_TAGGED: Prot;
  readonly PROT_SECT_DEVICE_nGnRE: Prot;
  readonly PROT_SECT_NORMAL: Prot;
  readonly PROT_SECT_NORMAL_EXEC: Prot;
  /** Guarded control stack, 7.3. */
  readonly PAGE_GCS: Prot;
  /** Guarded control stack before its first store, 7.3. */
  readonly PAGE_GCS_RO: Prot;
}

/** The protections for one kind of CPU. User entries are always nG; kernel entries only with KPTI. */
export function createProtections(options: ProtectionOptions): Protections {
  const shared = options.lpa2 ? 0 : PTE_SHARED;
  const kernel = PTE_AF | shared | (options.kpti ? PTE_NG : 0) | PTE_UXN;
  const ofKernel = (type: number): Prot =>
    PTE_TYPE_PAGE | kernel | PTE_PXN | PTE_WRITE | PTE_ATTRINDX(type);
  const normal = ofKernel(MT_NORMAL);
  const user = PTE_TYPE_PAGE | PTE_AF | shared | PTE_NG | PTE_PXN | PTE_RDONLY;
  const section = PMD_TYPE_SECT | kernel;
  const gcs = PTE_TYPE_PAGE | PTE_AF | shared | PTE_NG | PTE_UXN | PTE_USER;
  return Object.freeze({
    PAGE_NONE: (user & ~PTE_VALID) | PTE_PRESENT_INVALID | PTE_UXN,
    PAGE_READONLY: user | PTE_USER | PTE_UXN,
    PAGE_READONLY_EXEC: user | PTE_USER,
    PAGE_EXECONLY: user,
    PAGE_SHARED: user | PTE_USER | PTE_UXN | PTE_WRITE,
    PAGE_SHARED_EXEC: user | PTE_USER | PTE_WRITE,
    PAGE_KERNEL: normal | PTE_DIRTY,
    PAGE_KERNEL_RO: (normal & ~PTE_WRITE) | PTE_RDONLY | PTE_DIRTY,
    PAGE_KERNEL_ROX: (normal & ~(PTE_WRITE | PTE_PXN)) | PTE_RDONLY | PTE_DIRTY,
    PAGE_KERNEL_EXEC: (normal & ~PTE_PXN) | PTE_DIRTY,
    PAGE_KERNEL_EXEC_CONT: (normal & ~PTE_PXN) | PTE_CONT | PTE_DIRTY,
    PROT_DEVICE_nGnRnE: ofKernel(MT_DEVICE_nGnRnE),
    PROT_DEVICE_nGnRE: ofKernel(MT_DEVICE_nGnRE),
    PROT_NORMAL_NC: ofKernel(MT_NORMAL_NC),
    PROT_NORMAL: normal,
    PROT_NORMAL_TAGGED: ofKernel(MT_NORMAL_TAGGED),
    PROT_SECT_DEVICE_nGnRE: section | PTE_PXN | PTE_ATTRINDX(MT_DEVICE_nGnRE),
    PROT_SECT_NORMAL: section | PTE_PXN | PTE_WRITE | PTE_ATTRINDX(MT_NORMAL),
    PROT_SECT_NORMAL_EXEC: section | PTE_ATTRINDX(MT_NORMAL),
    PAGE_GCS: gcs | PTE_WRITE,
    PAGE_GCS_RO: gcs,
  });
}

/** protection_map: the protection of each combination of READ (1), WRITE (2), EXEC (4) and SHARED (8). */
export function createProtectionMap(of: Protections, epan: boolean): readonly Prot[] {
  const readOnly = of.PAGE_READONLY;
  const readExec = of.PAGE_READONLY_EXEC;
  const execOnly = epan ? of.PAGE_EXECONLY : readExec;
  const { PAGE_NONE, PAGE_SHARED, PAGE_SHARED_EXEC } = of;
  return Object.freeze([
    ...[PAGE_NONE, readOnly, readOnly, readOnly, execOnly, readExec, readExec, readExec],
    ...[PAGE_NONE, readOnly, PAGE_SHARED, PAGE_SHARED],
    ...[execOnly, readExec, PAGE_SHARED_EXEC, PAGE_SHARED_EXEC],
  ]);
}

/**
 * vm_get_page_prot() of one kind of CPU. The flags above bit 31 come in a second word, which holds VM_MTE and the
 * protection key; each reaches the entry in its own bits.
 */
export function createVmGetPageProt(
  of: Protections,
  options: ProtectionOptions,
): (vm_flags: number, vm_flags_high?: number) => Prot {
  const map = createProtectionMap(of, options.epan);
  const { poe, gcs } = options;
  const guardedStack = of.PAGE_GCS_RO;
  return (vm_flags, vm_flags_high = 0) => {
    const isStack = gcs && (vm_flags_high & VM_SHADOW_STACK_HIGH) !== 0;
    let prot = isStack ? guardedStack : (map[vm_flags & 15] as Prot);
    if ((vm_flags & VM_ARM64_BTI) !== 0) prot |= PTE_GP;
    if ((vm_flags_high & VM_MTE_HIGH) !== 0) prot |= PTE_ATTRINDX(MT_NORMAL_TAGGED);
    if (poe) prot |= (vm_flags_high & VM_PKEY_BITS_HIGH) << 28;
    return prot;
  };
}
