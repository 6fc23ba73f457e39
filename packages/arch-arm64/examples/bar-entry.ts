import { createArchArm64 } from '@pfnmap/arch-arm64';
import { resolveKernel } from '@pfnmap/kconfig';
import { encodeEntry, PGTABLE_LEVEL_PMD } from '@pfnmap/pgtable-core';

const config = resolveKernel({
  profile: '6.12.117',
  arch: 'arm64',
  with: ['TRANSPARENT_HUGEPAGE'],
});
const off = { va52: false, bti: false, mte: false, epan: false, poe: false };
const arch = createArchArm64({ config, cpu: { ...off, lpa2: false, hafdbs: true } });

// The 2 MiB block that vfio-pci maps at 0x1000200000, shared, for reading and writing; then a store by the CPU.
const vm_page_prot = arch.pgprot_noncached(arch.vm_get_page_prot(0xb));
const clean = arch.pmd_mkspecial(arch.pmd_mkhuge(vm_page_prot));
const dirty = arch.hardware.accessed(PGTABLE_LEVEL_PMD, clean, true);
for (const pmd of [clean, dirty]) {
  const word = encodeEntry(arch, PGTABLE_LEVEL_PMD, 0x1000200, pmd);
  const { flags, memoryType } = arch.decode(PGTABLE_LEVEL_PMD, word);
  console.log(`0x${word.toString(16)} ${memoryType} ${flags.join(' ')}`);
}
