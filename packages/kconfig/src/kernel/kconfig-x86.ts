/** x86, 32 and 64 bits. */
export const x86Kconfig = `
config X86
	def_bool SRCARCH = "x86"
	select ARCH_ENABLE_SPLIT_PMD_PTLOCK if PGTABLE_LEVELS > 2
	select ARCH_HAS_DEBUG_VM_PGTABLE if !X86_PAE
	select ARCH_HAS_PTE_SPECIAL
	select ARCH_SUPPORTS_MEMORY_FAILURE
	select ARCH_SUPPORTS_PAGE_TABLE_CHECK if 64BIT
	select ARCH_SUPPORTS_PER_VMA_LOCK
	select ARCH_SUPPORTS_RT
	select ARCH_WANTS_THP_SWAP if 64BIT
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE
	select HAVE_GUP_FAST
	select HAVE_IOREMAP_PROT
	select HAVE_PAGE_SIZE_4KB
	select LOCKDEP_SUPPORT
	select MMU_GATHER_RCU_TABLE_FREE if PARAVIRT || LINUX_7_3

if X86

config MMU
	def_bool y

config 64BIT
	bool "64-bit kernel"
	default y

config X86_32
	def_bool y
	depends on !64BIT

config X86_64
	def_bool y
	depends on 64BIT
	select ARCH_HAS_PTE_DEVMAP if !NO_DEVMAP
	select ARCH_HAS_PTE_PROTNONE if PTE_PROTNONE_BY_ARCH
	select ARCH_SUPPORTS_HUGE_PFNMAP if TRANSPARENT_HUGEPAGE && SERIES_PATCH_17
	select ARCH_SUPPORTS_NUMA_BALANCING
	select HAVE_ARCH_SOFT_DIRTY
	select HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	select HAVE_ARCH_USERFAULTFD_WP if USERFAULTFD

config X86_PAE
	bool "Physical addresses above 4 GiB"
	depends on X86_32

config X86_5LEVEL
	bool "Page tables of five levels"
	depends on X86_64 && !X86_5LEVEL_ALWAYS
	default y
	select DYNAMIC_MEMORY_LAYOUT
	select SPARSEMEM_VMEMMAP

config DYNAMIC_MEMORY_LAYOUT
	bool

config PGTABLE_LEVELS
	int
	default 5 if X86_5LEVEL || X86_64 && X86_5LEVEL_ALWAYS
	default 4 if X86_64
	default 3 if X86_PAE
	default 2

config X86_DIRECT_GBPAGES
	def_bool y
	depends on X86_64

config MTRR
	def_bool y
	prompt "Memory type range registers" if EXPERT

config X86_PAT
	def_bool y
	prompt "Page attribute table" if EXPERT
	depends on MTRR

config X86_INTEL_MEMORY_PROTECTION_KEYS
	bool "Memory protection keys"
	depends on X86_64
	default y
	select ARCH_HAS_PKEYS

config X86_USER_SHADOW_STACK
	bool "Shadow stacks for user space"
	depends on X86_64

config X86_MEM_ENCRYPT
	bool

config AMD_MEM_ENCRYPT
	bool "AMD memory encryption"
	depends on X86_64
	select X86_MEM_ENCRYPT

config HYPERVISOR_GUEST
	bool "Running as a guest"

config PARAVIRT_XXL
	bool
	depends on X86_64

config XEN_PV
	bool "Paravirtual guest of Xen"
	depends on XEN && X86_64
	default y
	select PARAVIRT_XXL

config INTEL_TDX_GUEST
	bool "Guest of TDX"
	depends on X86_64 && HYPERVISOR_GUEST
	select X86_MEM_ENCRYPT

config ACRN_GUEST
	bool "Guest of ACRN"
	depends on X86_64 && HYPERVISOR_GUEST

config ACRN_HSM
	tristate "ACRN hypervisor service module"
	depends on ACRN_GUEST

config MITIGATION_PAGE_TABLE_ISOLATION
	bool "Page tables of their own for user space"
	default y

config MAXSMP
	bool "As many processors as can be"
	depends on X86_64 && SMP

config NR_CPUS_RANGE_END
	int
	default 1 if !SMP
	default 8192 if MAXSMP
	default 512 if X86_64
	default 8

config NR_CPUS_RANGE_BEGIN
	int
	default NR_CPUS_RANGE_END if MAXSMP
	default 1 if !SMP
	default 2

config NR_CPUS_DEFAULT
	int
	default 8192 if MAXSMP
	default 64 if X86_64 && SMP
	default 8 if SMP
	default 1

config NR_CPUS
	int "Number of processors" if SMP && !MAXSMP
	range NR_CPUS_RANGE_BEGIN NR_CPUS_RANGE_END
	default NR_CPUS_DEFAULT

endif
`;
