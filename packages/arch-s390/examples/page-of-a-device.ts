import { createArchS390, stored } from '@pfnmap/arch-s390';
import { resolveKernel } from '@pfnmap/kconfig';
import { encodeEntry, PGTABLE_LEVEL_PTE } from '@pfnmap/pgtable-core';

const config = resolveKernel({ profile: '6.12.117', arch: 's390' });
const arch = createArchS390({ config, levels: 3 });

// A page of PCI memory, mapped shared for reading and writing; then after a store, which the CPU leaves to Linux to note.
const fresh = arch.pte_mkspecial(arch.protOfNewPte(arch.vm_get_page_prot(0xb)));
const dirty = arch.pte_mkdirty(fresh);
const pfn = Number(0x4003000000005000n >> 12n);
for (const pte of [fresh, dirty]) {
  const inMemory = encodeEntry(arch, PGTABLE_LEVEL_PTE, pfn, pte);
  const { flags } = arch.decode(PGTABLE_LEVEL_PTE, inMemory);
  const stores = arch.hardware.permits(PGTABLE_LEVEL_PTE, pte, true, false);
  console.log(`0x${stored(PGTABLE_LEVEL_PTE, inMemory).toString(16)} ${flags.join(' ')}`);
  console.log(`  a store ${stores ? 'goes through' : 'faults'}`);
}
