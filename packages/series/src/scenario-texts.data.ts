// Written by scripts/bundle-scenarios.mjs.

/** The texts of scenarios/*.scn by name. */
export const scenarioTexts: Readonly<Record<string, string>> = {
  '03-fork-child': `machine bar=2G   # patch 03, taken out of the whole: fork does not know 2 MiB entries without the mark, and the child faults again
lab pages=0x80000 mode=fault
mmap b lab length=4M align=2M
touch b
fork
table b
touch b
endfork
`,
  '03-lookup': `machine bar=2G   # patch 03, taken out of the whole: a lookup tells of huge entries that they are not special, of 4 KiB entries that they are
lab pages=0x80000 mode=fault
mmap b lab length=4M align=2M
mmap c lab offset=1G length=64K align=2M phase=4K
touch b
touch c
follow b offset=0x3000
follow c
`,
  '04-mixed': `machine bar=2G   # patch 04: VM_MIXEDMAP mappings of a driver get the PUD order as well
lab pages=0x80000 mode=mixed
mmap a lab length=1G align=1G
touch a
table a
madvise a length=1G advice=15
mmap b lab length=1G align=1G
madvise b length=1G advice=15
touch b
table b
`,
  '04-orders': `machine bar=2G   # patch 04: a driver that could map 1 GiB is never asked for it before; of its orders, only the PMD's is allowed
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touch a
touch a offset=2M
table a
`,
  '04-page-tables': `machine bar=2G   # patch 04: a 1 GiB entry takes no page table below it, and one fault in place of 512
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touchall a step=32M
mm
munmap a length=1G
mm
`,
  '05-guest-write': `machine bar=2G el2=on   # patch 05, taken out of the whole: KVM tries gup-fast first when a guest may write
lab pages=0x80000 mode=fault
mmap a lab length=4M align=2M
touch a
kvm
kvmslot a length=4M gpa=0x40000000
kvmaccess gpa=0x40003000 write
kvmstat
`,
  '05-gup-fast': `machine bar=2G   # patch 05, taken out of the whole: gup-fast takes a struct page for a frame of the device
lab pages=0x80000 mode=fault
mmap b lab length=4M align=2M
mmap e anon length=64K
touch b
touch e write
gup e fast
gup b fast
`,
  '05-pin': `machine bar=2G   # patch 05, taken out of the whole: a driver that pins a user's buffer for long is led to the same frame
lab pages=0x80000 mode=fault
mmap b lab length=4M align=2M
touch b write
gup b write longterm
`,
  '06-move-pages-child': `machine bar=2G   # patch 06, taken out of the whole: the same in a child that fork gave a 1 GiB entry
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touch a
fork
movepages a
endfork
`,
  '06-move-pages-inside': `machine bar=2G   # patch 06, taken out of the whole: the same inside of a 1 GiB entry
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touch a
movepages a offset=0x12345000
`,
  '06-move-pages': `machine bar=2G   # patch 06, taken out of the whole: move_pages() asks a frame of the device for its node
lab pages=0x80000 mode=fault
mmap b lab length=4M align=2M
mmap a lab length=1G align=1G
mmap e anon length=64K
touch a
touch b
touch e write
movepages e
movepages b
movepages a
`,
  '07-fork-mixed': `machine bar=2G   # patch 07: 1 GiB entries of VM_MIXEDMAP mappings stay writable over fork as well
lab pages=0x80000 mode=mixed
mmap a lab length=1G align=1G
touch a write
fork
touch a write
table a
endfork
touch a write
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
  '07-two-processes': `machine bar=2G   # patch 07: two processes that go on writing: before, each faults once more on an entry that is there
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
mmap b lab offset=1G length=4M align=2M
touch a write
touch b write
peer
in table a
in table b
in touch a write
in touch b write
touch a write
touch b write
endpeer
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
  '09-protection': `machine bar=2G   # patch 09: a lookup tells protection and write access, of every size, also after mprotect
lab pages=0x80000 mode=fault
mmap b lab length=4M align=2M
mmap c lab offset=1G length=64K align=2M phase=4K prot=r
touch b
touch c
mprotect b length=4M prot=r
follow b offset=0x3000
follow c
`,
  '09-remap': `machine bar=2G   # patch 09: mappings by remap_pfn_range() are found, shared and private, and copies of pages are not special
lab pages=0x80000 mode=remap
mmap s lab length=64K
mmap p lab length=64K private
follow s offset=4K
follow p offset=4K
touch p offset=4K write
follow p offset=4K
munmap s length=64K
follow s offset=4K
`,
  '10-guest-1g': `machine bar=2G el2=on   # patch 10: a guest reaches memory that the host maps with the largest entry there is
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G prot=r
touch a
kvm
kvmslot a length=1G gpa=0x40000000
kvmaccess gpa=0x52345000
kvmstat
`,
  '10-guest-first': `machine bar=2G el2=on   # patch 10: the guest is the first to touch: KVM makes the huge entry itself, and before does not find it
lab pages=0x80000 mode=fault
mmap a lab length=4M align=2M prot=r
kvm
kvmslot a length=4M gpa=0x40000000
kvmaccess gpa=0x40003000
table a
kvmstat
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
  '13-dma-1g': `machine bar=2G   # patch 13: a DMA map of what is mapped with the largest entry there is, from the middle of it on
vfio
lab pages=0x80000 mode=fault
mmap a lab length=1G align=1G
touch a
dmamap a offset=0x12345000 length=0x123000 iova=4G
dmaunmap iova=4G length=0x123000
`,
  '13-dma-first': `machine bar=2G   # patch 13: the DMA map is the first to touch: it makes the huge entries itself, and before does not find them
vfio
lab pages=0x80000 mode=fault
mmap a lab length=4M align=2M
dmamap a length=4M iova=4G
table a
`,
  '13-dma-sizes': `machine bar=2G   # patch 13: one DMA map over small and huge entries; before, it fails where the huge ones begin
vfio
lab pages=0x80000 mode=fault
mmap a lab offset=1G+1M length=3M align=2M phase=1M
touchall a
dmamap a length=1M iova=4G
dmamap a length=3M iova=8G
`,
  '13-dma': `machine bar=2G   # patch 13: device memory mapped with huge entries can be mapped for DMA; before, that fails with EINVAL
vfio
lab pages=0x80000 mode=fault
mmap a lab length=4M align=2M
mmap b lab length=64K align=2M phase=4K
dmamap a length=4M iova=4G
dmamap b length=64K iova=8G
`,
  '15-debugger-1g': `machine bar=2G   # patch 15: the same through the largest entry there is
lab pages=0x80000 mode=fault access
mmap a lab length=1G align=1G
touch a
procmem a offset=0x12345000
munmap a length=1G
procmem a offset=0x12345000
`,
  '15-debugger-read-only': `machine bar=2G   # patch 15: the same after mprotect, and in a VM_MIXEDMAP mapping
lab pages=0x80000 mode=mixed access
mmap a lab length=4M align=2M
touch a
mprotect a length=4M prot=r
procmem a offset=0x3000
mprotect a length=4M prot=none
procmem a offset=0x3000
`,
  '15-debugger': `machine bar=2G   # patch 15: /proc/PID/mem reads device memory through huge entries, for a driver with generic_access_phys()
lab pages=0x80000 mode=fault access
mmap a lab length=4M align=2M
mmap b lab offset=1G length=64K align=2M phase=4K
touch a
touch b
procmem a offset=0x3000
procmem b
procmem a offset=2M
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
  '19-guest': `machine bar=8M el2=on   # patch 19: a guest gets stage-2 entries as large as the host's; before, 4 KiB ones
vfio
mmap a bar2 length=8M align=2M
kvm
kvmslot a length=8M gpa=0x40000000
kvmaccess gpa=0x40200000 write
kvmstat
table a
`,
  '19-memory-off': `machine bar=8M dyndbg   # patch 19: with memory decoding off the huge fault is SIGBUS; when it is on again, entries come back one by one
vfio
mmap a bar2 length=8M align=2M
touch a
command 0
table a
touch a
command 2
touch a offset=4M
table a
`,
  '19-page-tables': `machine bar=8M   # patch 19: a mapping of the whole BAR costs no page of PTEs
vfio
mmap a bar2 length=8M align=2M
touchall a step=2M
mm
munmap a length=8M
mm
`,
  'E1-boundary': `machine bar=2G   # experiment E1: rights of one page inside a 1 GiB entry; today the kernel dies on x86_64, with it the entry becomes smaller ones
vfio
mmap a bar2 length=1G align=1G
touch a
mprotect a offset=1M length=4K prot=r
table a
munmap a offset=6M length=2M
touchall a length=6M step=2M
table a
`,
  'E1-unmap-page': `machine bar=2G   # experiment E1: one page of a 1 GiB entry is unmapped; today the whole entry goes, with it 1 GiB less a page stays mapped
vfio
mmap a bar2 length=1G align=1G
touch a
zap a offset=4M+4K length=4K
table a
touchall a step=2M
table a
mm
`,
  'E2-remap': `machine bar=2G   # experiment E2: remap_pfn_range of 1 GiB; today 262144 PTEs at mmap, with it one entry, which a later munmap of a page splits
lab pages=0x80000 mode=remap
mmap a lab length=1G align=1G
table a
mm
touchall a step=2M
munmap a offset=4K length=4K
touchall a length=4M
table a
mm
fork
touch a offset=512M write
table a
endfork
`,
  'E3-arm64-1g': `machine bar=2G   # experiment E3: a BAR of 2 GiB on arm64; today 1024 entries of 2 MiB, with it two of 1 GiB
vfio
mmap a bar2 length=2G align=1G
touchall a step=2M
table a
mm
follow a offset=1G+4K
gup a offset=4K fast
mprotect a length=1G prot=r
table a
fork
table a
endfork
command 0
table a
`,
  'E4-aligned-address': `machine bar=8G   # experiment E4: the kernel chooses where 1 GiB of a BAR goes; by its rule or by chance huge entries fit or not, with it they do
vfio
mmap a bar2 length=1G anywhere
touchall a step=64M
mm
mmap b bar2 offset=2M length=2G anywhere
touch b offset=1G
`,
  'E5-memory-failure': `machine bar=2G   # experiment E5: one page of a BAR fails; today its entry stays as it is, with it the page alone goes
vfio
mmap a bar2 length=1G align=1G
touchall a step=2M
hardoffline offset=6M+4K
table a
touchall a offset=6M length=2M
touchall a step=2M
command 0
command 6
touchall a step=2M
touch a offset=6M+4K
table a
`,
  'F12-thp-madvise': `machine bar=8M thp=madvise   # fix F12: with "madvise", device memory is mapped huge without advice as well
vfio
mmap a bar2 length=4M align=2M
mmap b bar2 offset=4M length=4M align=2M
madvise b length=4M advice=14
touch a
touch b
table a
table b
`,
  'F12-thp-never': `machine bar=8M thp=never   # fix F12: the setting of transparent huge pages forbids huge entries for device memory as well
vfio
mmap a bar2 length=4M align=2M
touch a
table a
`,
  'F13-end-of-mapping': `machine bar=2G   # fix F13: a read of device memory goes on behind the mapping; with the fix it ends at the page
lab pages=0x80000 mode=fault access
mmap a lab length=64K align=2M phase=4K
touch a offset=60K
procmem a offset=0xfff8
procmem a offset=0xfffc
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
  'F15-small-host-pages': `machine bar=8M el2=on   # fix F15: an arm64 guest gets a stage-2 block although the host maps with 4 KiB entries
lab pages=0x800 mode=fault maxorder=0
mmap a lab length=4M align=2M
touchall a
kvm
kvmslot a length=4M gpa=0x40000000
kvmaccess gpa=0x40003000
kvmaccess gpa=0x40004000
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
