import type { ArchArm64 } from '@pfnmap/arch-arm64';
import {
  PGTABLE_LEVEL_PMD,
  PGTABLE_LEVEL_PTE,
  PGTABLE_LEVEL_PUD,
  type PgtableLevel,
  type Prot,
} from '@pfnmap/pgtable-core';

const [READ, WRITE, EXEC, SHARED] = [1, 2, 4, 8];

/** vm_page_prot of a shared BAR mapping, by the VM_* flags and the memory type it was mapped with. */
export const barProt = (
  arch: ArchArm64,
  flags: number,
  type: (prot: Prot) => Prot = arch.pgprot_noncached,
): Prot => type(arch.vm_get_page_prot(SHARED | flags));

/** The helpers of a level under one name each. The PUD has none of its own for most; the arithmetic is the PTE's. */
export function helpersOf(arch: ArchArm64, level: PgtableLevel) {
  if (level === PGTABLE_LEVEL_PTE) {
    return {
      mkspecial: arch.pte_mkspecial,
      mkhuge: (prot: Prot): Prot => prot,
      mkold: arch.pte_mkold,
      mkyoung: arch.pte_mkyoung,
      mkclean: arch.pte_mkclean,
      mkdirty: arch.pte_mkdirty,
      mkwrite: arch.pte_mkwrite,
      wrprotect: arch.pte_wrprotect,
      modify: arch.pte_modify,
      mkinvalid: arch.pte_mkinvalid,
    };
  }
  const isPmd = level === PGTABLE_LEVEL_PMD;
  return {
    // pud_mkspecial() is the stub on arm64, so a special PUD can only be made with the PTE's bit.
    mkspecial: isPmd ? arch.pmd_mkspecial : arch.pte_mkspecial,
    mkhuge: isPmd ? arch.pmd_mkhuge : arch.pud_mkhuge,
    mkold: isPmd ? arch.pmd_mkold : arch.pud_mkold,
    mkyoung: isPmd ? arch.pmd_mkyoung : arch.pud_mkyoung,
    mkclean: isPmd ? arch.pmd_mkclean : arch.pud_mkclean,
    mkdirty: isPmd ? arch.pmd_mkdirty : arch.pud_mkdirty,
    mkwrite: isPmd ? arch.pmd_mkwrite : arch.pud_mkwrite,
    wrprotect: isPmd ? arch.pmd_wrprotect : arch.pud_wrprotect,
    modify: isPmd ? arch.pmd_modify : arch.pud_modify,
    mkinvalid: isPmd ? arch.pmd_mkinvalid : arch.pud_mkinvalid,
  };
}

/** How each of the lettered vectors comes about: the life of a BAR entry at a level. */
export function barStates(arch: ArchArm64, level: PgtableLevel): Map<string, Prot> {
  const {
    mkspecial,
    mkhuge,
    mkold,
    mkyoung,
    mkclean,
    mkdirty,
    mkwrite,
    wrprotect,
    modify,
    mkinvalid,
  } = helpersOf(arch, level);
  const rw = barProt(arch, READ | WRITE);
  const ro = barProt(arch, READ);
  const none = barProt(arch, 0);
  const insert = (prot: Prot): Prot => mkspecial(mkhuge(prot));
  const a1 = insert(rw);
  const a7 = arch.hardware.accessed(level, a1, true);
  const a8 = arch.update.setAccessFlags(a1, mkdirty(mkyoung(a1)), true);
  const a10 = wrprotect(a1);
  const a11 = wrprotect(a7);
  const a12 = modify(a7, ro);
  const a15 = modify(a7, none);
  const fork = (entry: Prot): Prot =>
    level === PGTABLE_LEVEL_PTE ? mkold(mkclean(entry)) : mkold(entry);
  const states = new Map<string, Prot>([
    ['A1', a1],
    ['A2', insert(ro)],
    ['A3', insert(barProt(arch, READ | WRITE | EXEC))],
    ['A4', insert(barProt(arch, READ | WRITE, arch.pgprot_writecombine))],
    ['A5', insert(barProt(arch, READ | WRITE, arch.pgprot_device))],
    ['A6', insert(barProt(arch, READ | WRITE, (prot) => prot))],
    ['A7', a7],
    ['A8', a8],
    ['A9', mkold(a7)],
    ['A10', a10],
    ['A11', a11],
    ['A12', a12],
    ['A13', modify(a12, rw)],
    ['A14', modify(a1, none)],
    ['A15', a15],
    ['A16', modify(a15, rw)],
    ['A17', fork(a7)],
    ['A18', fork(a15)],
    ['A19', mkwrite(mkyoung(mkdirty(a1)))],
    ['A20', mkinvalid(a1)],
    ['A21', mkinvalid(a7)],
    ['A22', mkwrite(a10)],
    ['A23', mkwrite(a11)],
    ['A24', mkdirty(a10)],
    ['A25', mkclean(a8)],
  ]);
  if (level === PGTABLE_LEVEL_PUD) for (const missing of ['A20', 'A21']) states.delete(missing);
  return states;
}
