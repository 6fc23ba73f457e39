import { createArchX86 } from '@pfnmap/arch-x86';
import { configForRelease, resolveKernel } from '@pfnmap/kconfig';
import { createPgtable, createPhysMem, PGTABLE_LEVEL_PMD, wordAt } from '@pfnmap/pgtable-core';

const config = resolveKernel(configForRelease('6.12.117+deb12-amd64'));
const encryption = { kind: 'none' } as const;
const cpu = { pat: 'full', nx: true, shstk: false, l1tf: false, physBits: 46, encryption } as const;
const arch = createArchX86({ config, levels: 4, cpu });
const mem = createPhysMem({ pageShift: 12, frames: 64 });
const pt = createPgtable(arch, mem);

// 2 MiB of device memory at 0xe0000000, mapped with one entry: readable, writable, shared, uncached, special.
const mm = pt.pgd_alloc();
const prot = arch.pgprot_noncached(arch.vm_get_page_prot(0xb));
const slot = pt.walkAlloc(PGTABLE_LEVEL_PMD, mm, 0x7f0000000000);
pt.set(PGTABLE_LEVEL_PMD, slot, 0xe0000, arch.pmd_mkspecial(arch.pmd_mkhuge(prot)));

const entry = wordAt(mem.lanes, slot);
console.log(
  `entry 0x${entry.toString(16)}: ${arch.decode(PGTABLE_LEVEL_PMD, entry).flags.join(' ')}`,
);
console.log(`frame of +0x12345: 0x${pt.translate(mm, 0x7f0000012345).toString(16)}`);
console.log(`${mm.pgtables_bytes} bytes of tables, ${mem.framesInUse()} frames in use`);
console.log(`as hardware reads it: ${mem.bytes(mem.frameOfSlot(slot)).slice(0, 8)}`);
