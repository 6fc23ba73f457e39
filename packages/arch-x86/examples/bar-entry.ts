import { createArchX86 } from '@pfnmap/arch-x86';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { encodeEntry, PGTABLE_LEVEL_PMD } from '@pfnmap/pgtable-core';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const encryption = { kind: 'none' } as const;
const cpu = { pat: 'full', nx: true, shstk: false, l1tf: false, physBits: 46, encryption } as const;
const arch = createArchX86({ config, levels: 4, cpu });

// The 2 MiB entry that vfio-pci puts in for a BAR at 0xe0200000, a store through it, and mprotect(PROT_NONE).
const vm_page_prot = arch.pgprot_noncached(arch.vm_get_page_prot(0b1011));
const mapped = arch.pmd_mkspecial(arch.pmd_mkhuge(vm_page_prot));
const written = arch.hardware.accessed(PGTABLE_LEVEL_PMD, mapped, true);
const closed = arch.pmd_modify(written, arch.vm_get_page_prot(0b1000));
for (const prot of [mapped, written, closed]) {
  const word = encodeEntry(arch, PGTABLE_LEVEL_PMD, 0xe0200, prot);
  const { kind, memoryType, flags } = arch.decode(PGTABLE_LEVEL_PMD, word);
  console.log(`0x${word.toString(16).padStart(16, '0')}`, kind, memoryType, flags.join(' '));
}
