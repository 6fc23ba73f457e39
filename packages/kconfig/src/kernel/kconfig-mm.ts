/** Memory management outside transparent huge pages. */
export const mmKconfig = `
config HAVE_PAGE_SIZE_4KB
	bool

config HAVE_PAGE_SIZE_8KB
	bool

config HAVE_PAGE_SIZE_16KB
	bool

config HAVE_PAGE_SIZE_64KB
	bool

choice
	prompt "Size of a page"

config PAGE_SIZE_4KB
	bool "4 KiB"
	depends on HAVE_PAGE_SIZE_4KB

config PAGE_SIZE_8KB
	bool "8 KiB"
	depends on HAVE_PAGE_SIZE_8KB

config PAGE_SIZE_16KB
	bool "16 KiB"
	depends on HAVE_PAGE_SIZE_16KB

config PAGE_SIZE_64KB
	bool "64 KiB"
	depends on HAVE_PAGE_SIZE_64KB

endchoice

config PAGE_SHIFT
	int
	default 12 if PAGE_SIZE_4KB
	default 13 if PAGE_SIZE_8KB
	default 14 if PAGE_SIZE_16KB
	default 16 if PAGE_SIZE_64KB

config ARCH_HAS_PTE_SPECIAL
	bool
	help
	  The architecture has a mark for PTEs without a counted page.

config ARCH_HAS_PTE_DEVMAP
	bool
	help
	  The architecture has a mark for entries of device-managed pages. Gone in
	  later kernels.

config ARCH_HAS_PTE_PROTNONE
	bool

config ARCH_HAS_PKEYS
	bool

config HAVE_GUP_FAST
	bool

config HAVE_IOREMAP_PROT
	bool

config COMPACTION
	bool "Compaction of memory"
	depends on MMU
	default y
	select MIGRATION

config MIGRATION
	bool "Migration of pages"
	depends on (NUMA || COMPACTION) && MMU
	default y

config KSM
	bool "Merging of equal pages"
	depends on MMU

config MMU_NOTIFIER
	bool

config ARCH_ENABLE_SPLIT_PMD_PTLOCK
	bool

config SPLIT_PTE_PTLOCKS
	def_bool y
	depends on MMU && SMP && NR_CPUS >= 4

config SPLIT_PMD_PTLOCKS
	def_bool y
	depends on SPLIT_PTE_PTLOCKS && ARCH_ENABLE_SPLIT_PMD_PTLOCK

config ARCH_SUPPORTS_PER_VMA_LOCK
	bool

config PER_VMA_LOCK
	def_bool y
	depends on ARCH_SUPPORTS_PER_VMA_LOCK && MMU && SMP

config PER_VMA_LOCK_STATS
	bool "Counters of the locks of VMAs"
	depends on PER_VMA_LOCK

config MMU_GATHER_RCU_TABLE_FREE
	bool

config PT_RECLAIM
	def_bool y
	depends on LINUX_7_3 && MMU && SMP && MMU_GATHER_RCU_TABLE_FREE
	help
	  Empty PTE tables are freed when their range is zapped.

config HAVE_ARCH_SOFT_DIRTY
	bool

config MEM_SOFT_DIRTY
	bool "Tracking of written pages"
	depends on CHECKPOINT_RESTORE && HAVE_ARCH_SOFT_DIRTY && PROC_FS
	select PROC_PAGE_MONITOR

config HAVE_ARCH_USERFAULTFD_WP
	bool

config USERFAULTFD
	bool "The system call userfaultfd"
	depends on MMU

config PTE_MARKER_UFFD_WP
	bool "Write protection by userfaultfd for files"
	depends on USERFAULTFD && HAVE_ARCH_USERFAULTFD_WP
	default y

config USERFAULTFD_RWP
	bool "Read and write protection by userfaultfd"
	depends on LINUX_7_3 && USERFAULTFD && HAVE_ARCH_USERFAULTFD_WP && ARCH_HAS_PTE_PROTNONE
	default y

config ARCH_SUPPORTS_NUMA_BALANCING
	bool

config NUMA_BALANCING
	bool "Moving pages to the node that uses them"
	depends on ARCH_SUPPORTS_NUMA_BALANCING && SMP && NUMA && MIGRATION && !PREEMPT_RT

config ARCH_SUPPORTS_MEMORY_FAILURE
	bool

config MEMORY_FAILURE
	bool "Survival of memory errors"
	depends on MMU && ARCH_SUPPORTS_MEMORY_FAILURE

config HUGETLBFS
	bool "The file system of huge pages"

config HUGETLB_PAGE
	def_bool HUGETLBFS

config MEMORY_HOTPLUG
	bool "Adding memory at run time"

config MEMORY_HOTREMOVE
	bool "Removing memory at run time"
	depends on MEMORY_HOTPLUG && MIGRATION

config SPARSEMEM_VMEMMAP
	bool "One array of struct page"
	default y

config ZONE_DEVICE
	bool "Pages of devices"
	depends on MEMORY_HOTPLUG && MEMORY_HOTREMOVE && SPARSEMEM_VMEMMAP
	depends on ARCH_HAS_PTE_DEVMAP || NO_DEVMAP

config DEVICE_PRIVATE
	bool "Device memory that the CPU cannot reach"
	depends on ZONE_DEVICE

config FS_DAX
	bool "Files mapped without a page cache"
	depends on MMU && ZONE_DEVICE

config FS_DAX_PMD
	def_bool FS_DAX
	depends on FS_DAX && ZONE_DEVICE && TRANSPARENT_HUGEPAGE

config DEV_DAX
	tristate "Devices mapped without a page cache"
	depends on TRANSPARENT_HUGEPAGE && ZONE_DEVICE
`;
