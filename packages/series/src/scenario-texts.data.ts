// Written by scripts/bundle-scenarios.mjs.

/** The texts of scenarios/*.scn by name. */
export const scenarioTexts: Readonly<Record<string, string>> = {
  '04-orders': `machine bar=2G   # patch 04: a driver that could map 1 GiB is never asked for it before; of its orders, only the PMD's is allowed
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touch a
touch a offset=2M
table a
`,
  '07-fork': `machine bar=2G   # patch 07: fork write-protects 1 GiB entries on both sides, and leaves 2 MiB entries out (the latter from patch 17 on)
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
mmap b lab offset=1G length=4M align=2M
touch a
touch b
fork
table a
table b
touch a write
touch b write
endfork
table a
table b
touch a write
`,
  '09-follow': `machine bar=2G   # patch 09: one lookup for entries of every size; follow_pte() before it knows 4 KiB entries only
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
mmap b lab offset=1G length=4M align=2M
mmap c lab offset=1G length=64K align=2M phase=4K
touch a
touch b
touch c
follow a offset=0x12345000
follow b offset=0x3000
follow c
follow b offset=2M
`,
  '10-kvm': `machine bar=2G el2=on   # patch 10: a guest reaches memory that the host maps with huge entries; before, its access fails with EFAULT
lab pages=0x80000 mode=fault
mmap a lab length=4M align=2M prot=r   # read-only: KVM tries gup-fast on writable ones first, which crashes until patch 17
touch a
kvm
kvmslot a length=4M gpa=0x40000000
kvmaccess gpa=0x40003000
kvmstat
`,
  '13-dma': `machine bar=2G   # patch 13: device memory mapped with huge entries can be mapped for DMA; before, that fails with EINVAL
vfio
lab pages=0x80000 mode=fault
mmap a lab length=4M align=2M
mmap b lab length=64K align=2M phase=4K
dmamap a length=4M iova=4G
dmamap b length=64K iova=8G
`,
  '17-special': `machine bar=2G   # patches 17 and 18: huge entries carry the special bit, and so gup-fast (05), fork (07) and lookups know them
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
mmap b lab offset=1G length=4M align=2M
touch a
touch b
table a
table b
fork
table b
endfork
gup b fast
gup a fast
`,
  '19-first-touch': `machine bar=8M dyndbg   # patch 19: the first touch of a BAR maps one huge entry; before, it fills the whole mapping with 4 KiB entries
vfio
mmap a bar2 length=8M align=2M
touch a
table a
touch a offset=5M
table a
mm
`,
  'F12-thp-never': `machine bar=8M thp=never   # fix F12: the setting of transparent huge pages forbids huge entries for device memory as well
vfio
mmap a bar2 length=4M align=2M
touch a
table a
`,
  'F14-partial-unmap': `machine bar=2G   # fix F14: 4 KiB of a 1 GiB entry are unmapped by way of the file; the kernel asks for a lock that is not needed
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touch a
unmaprange length=4K
table a
touch a
table a
`,
  'F3-unaligned-pfn': `machine bar=8M dyndbg   # fix F3: address aligned, offset in the BAR not: mapped huge, the entry reaches the wrong memory
vfio
mmap a bar2 offset=4K length=4M align=2M
touch a
table a
`,
  'F4-unaligned-touch': `machine bar=8M dyndbg   # fix F4: a first touch that is not at the start of a huge page leaves 4 KiB entries for good
vfio
mmap a bar2 length=4M align=2M
touch a offset=4K
touch a
touch a offset=2M
table a
`,
};
