/** arm64 with pages of 4, 16 and 64 KiB. */
export const arm64Kconfig = `
config ARM64
	def_bool SRCARCH = "arm64"
	select ARCH_ENABLE_SPLIT_PMD_PTLOCK if PGTABLE_LEVELS > 2
	select ARCH_HAS_DEBUG_VM_PGTABLE
	select ARCH_HAS_PTE_DEVMAP if !NO_DEVMAP
	select ARCH_HAS_PTE_PROTNONE if PTE_PROTNONE_BY_ARCH
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_HUGE_PFNMAP if TRANSPARENT_HUGEPAGE && SERIES_PATCH_18
	select ARCH_SUPPORTS_MEMORY_FAILURE
	select ARCH_SUPPORTS_NUMA_BALANCING
	select ARCH_SUPPORTS_PAGE_TABLE_CHECK
	select ARCH_SUPPORTS_PER_VMA_LOCK
	select ARCH_SUPPORTS_RT
	select ARCH_WANTS_THP_SWAP if ARM64_4K_PAGES
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD if EXPERIMENT_ARM64_PUD_PFNMAP
	select HAVE_ARCH_USERFAULTFD_WP if USERFAULTFD
	select HAVE_GUP_FAST
	select HAVE_IOREMAP_PROT
	select LOCKDEP_SUPPORT
	select MMU_GATHER_RCU_TABLE_FREE

if ARM64

config MMU
	def_bool y

config 64BIT
	def_bool y

choice
	prompt "Size of a page"
	default ARM64_4K_PAGES

config ARM64_4K_PAGES
	bool "4 KiB"
	select HAVE_PAGE_SIZE_4KB

config ARM64_16K_PAGES
	bool "16 KiB"
	select HAVE_PAGE_SIZE_16KB

config ARM64_64K_PAGES
	bool "64 KiB"
	select HAVE_PAGE_SIZE_64KB

endchoice

choice
	prompt "Bits of a virtual address"
	default ARM64_VA_BITS_52

config ARM64_VA_BITS_36
	bool "36" if EXPERT
	depends on PAGE_SIZE_16KB

config ARM64_VA_BITS_39
	bool "39"
	depends on PAGE_SIZE_4KB

config ARM64_VA_BITS_42
	bool "42"
	depends on PAGE_SIZE_64KB

config ARM64_VA_BITS_47
	bool "47"
	depends on PAGE_SIZE_16KB

config ARM64_VA_BITS_48
	bool "48"

config ARM64_VA_BITS_52
	bool "52"

endchoice

config ARM64_VA_BITS
	int
	default 36 if ARM64_VA_BITS_36
	default 39 if ARM64_VA_BITS_39
	default 42 if ARM64_VA_BITS_42
	default 47 if ARM64_VA_BITS_47
	default 48 if ARM64_VA_BITS_48
	default 52 if ARM64_VA_BITS_52

config ARM64_FORCE_52BIT
	bool "Use 52 bits unasked"
	depends on ARM64_VA_BITS_52 && EXPERT

choice
	prompt "Bits of a physical address"
	default ARM64_PA_BITS_48

config ARM64_PA_BITS_48
	bool "48"
	depends on ARM64_64K_PAGES || !ARM64_VA_BITS_52

config ARM64_PA_BITS_52
	bool "52"
	depends on ARM64_64K_PAGES || ARM64_VA_BITS_52

endchoice

config ARM64_PA_BITS
	int
	default 48 if ARM64_PA_BITS_48
	default 52 if ARM64_PA_BITS_52

config ARM64_LPA2
	def_bool y
	depends on ARM64_PA_BITS_52 && !ARM64_64K_PAGES
	help
	  Address bits 50 and 51 in bits 8 and 9 of the entry.

config PGTABLE_LEVELS
	int
	default 2 if ARM64_16K_PAGES && ARM64_VA_BITS_36
	default 2 if ARM64_64K_PAGES && ARM64_VA_BITS_42
	default 3 if ARM64_64K_PAGES
	default 3 if ARM64_4K_PAGES && ARM64_VA_BITS_39
	default 3 if ARM64_16K_PAGES && ARM64_VA_BITS_47
	default 4 if ARM64_16K_PAGES
	default 4 if ARM64_4K_PAGES && ARM64_VA_BITS_48
	default 5 if ARM64_4K_PAGES && ARM64_VA_BITS_52

config ARM64_CONT_PTE_SHIFT
	int
	default 5 if PAGE_SIZE_64KB
	default 7 if PAGE_SIZE_16KB
	default 4

config ARM64_CONT_PMD_SHIFT
	int
	default 5 if PAGE_SIZE_64KB
	default 5 if PAGE_SIZE_16KB
	default 4

config ARM64_CONTPTE
	bool "Contiguous PTEs in user mappings" if EXPERT
	depends on TRANSPARENT_HUGEPAGE
	default y

config ARM64_HW_AFDBM
	bool "Access flag and dirty state kept by the CPU"
	default y

config ARM64_HAFT
	bool "Access flag in table entries kept by the CPU"
	depends on ARM64_HW_AFDBM && LINUX_7_3
	default y

config ARM64_PAN
	bool "No access to user memory by the kernel unasked"
	depends on !LINUX_7_3
	default y

config ARM64_CNP
	bool "Sharing of translations between CPUs"
	default y

config ARM64_TLB_RANGE
	bool "Flushing of address ranges"
	default y

config ARM64_BTI
	bool "Branch target identification"
	default y

config ARM64_MTE
	bool "Memory tagging"
	default y

config ARM64_POE
	bool "Permission overlays"
	default y
	select ARCH_HAS_PKEYS

config ARM64_GCS
	bool "Guarded control stacks"
	depends on LINUX_7_3
	default y

config ARM_CCA_GUEST
	tristate "Guest in a realm"
	depends on LINUX_7_3

config NR_CPUS
	int "Number of processors"
	range 2 4096
	default 512

endif
`;
