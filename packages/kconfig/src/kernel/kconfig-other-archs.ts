/** riscv, powerpc, s390 and sparc: what decides whether they have huge pfn mappings. */
export const otherArchsKconfig = `
config RISCV
	def_bool SRCARCH = "riscv"
	select ARCH_ENABLE_SPLIT_PMD_PTLOCK if PGTABLE_LEVELS > 2
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_HUGE_PFNMAP if TRANSPARENT_HUGEPAGE && RISCV_HUGE_PFNMAP
	select ARCH_SUPPORTS_PER_VMA_LOCK if MMU
	select ARCH_SUPPORTS_RT
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE if 64BIT && MMU
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD if 64BIT && MMU && RISCV_HUGE_PFNMAP
	select HAVE_GUP_FAST if MMU
	select HAVE_PAGE_SIZE_4KB
	select LOCKDEP_SUPPORT

if RISCV

config MMU
	bool "Memory management unit"
	default y

config 64BIT
	bool "64-bit kernel"
	default y

config PGTABLE_LEVELS
	int
	default 5 if 64BIT
	default 2

endif

config PPC
	def_bool SRCARCH = "powerpc"
	select ARCH_ENABLE_SPLIT_PMD_PTLOCK if PPC_BOOK3S_64
	select ARCH_HAS_PTE_DEVMAP if PPC_BOOK3S_64 && !NO_DEVMAP
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_PER_VMA_LOCK if PPC_BOOK3S_64
	select HAVE_GUP_FAST
	select HAVE_IOREMAP_PROT
	select LOCKDEP_SUPPORT

if PPC

config MMU
	def_bool y

config 64BIT
	bool "64-bit kernel"
	default y

config PPC_BOOK3S_64
	bool "Server processors"
	depends on 64BIT
	default y
	select ARCH_SUPPORTS_HUGE_PFNMAP if TRANSPARENT_HUGEPAGE && POWERPC_HUGE_PFNMAP
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE if PPC_RADIX_MMU || PPC_64K_PAGES
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD if PPC_RADIX_MMU || PPC_64K_PAGES

config PPC_RADIX_MMU
	bool "Radix page tables"
	depends on PPC_BOOK3S_64
	default y

choice
	prompt "Size of a page"
	default PPC_64K_PAGES

config PPC_4K_PAGES
	bool "4 KiB"
	select HAVE_PAGE_SIZE_4KB

config PPC_64K_PAGES
	bool "64 KiB"
	depends on PPC_BOOK3S_64
	select HAVE_PAGE_SIZE_64KB

endchoice

config PGTABLE_LEVELS
	int
	default 4 if 64BIT
	default 2

endif

config S390
	def_bool SRCARCH = "s390"
	select ARCH_ENABLE_SPLIT_PMD_PTLOCK
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_PER_VMA_LOCK
	select HAVE_ARCH_SOFT_DIRTY
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE
	select HAVE_GUP_FAST
	select HAVE_PAGE_SIZE_4KB
	select LOCKDEP_SUPPORT
	select MMU_GATHER_RCU_TABLE_FREE

if S390

config MMU
	def_bool y

config 64BIT
	def_bool y

config PGTABLE_LEVELS
	int
	default 5

endif

config SPARC
	def_bool SRCARCH = "sparc"
	select ARCH_HAS_PTE_SPECIAL if 64BIT
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE if 64BIT
	select HAVE_GUP_FAST if 64BIT
	select HAVE_PAGE_SIZE_4KB if !64BIT
	select HAVE_PAGE_SIZE_8KB if 64BIT
	select LOCKDEP_SUPPORT if 64BIT

if SPARC

config MMU
	def_bool y

config 64BIT
	bool "64-bit kernel"
	default y

config PGTABLE_LEVELS
	int
	default 4 if 64BIT
	default 3

endif

if RISCV || PPC || S390 || SPARC

config NR_CPUS
	int "Number of processors"
	range 2 8192
	default 64

endif
`;
