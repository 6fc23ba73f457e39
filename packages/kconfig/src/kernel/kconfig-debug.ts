/** Checks that a kernel can carry, and that change what it says when something is wrong. */
export const debugKconfig = `
config DEBUG_KERNEL
	bool "Debugging of the kernel"

config DEBUG_VM
	bool "Checks in the memory management"
	depends on DEBUG_KERNEL
	help
	  Builds in VM_BUG_ON() and VM_WARN_ON().

config ARCH_HAS_DEBUG_VM_PGTABLE
	bool

config DEBUG_VM_PGTABLE
	bool "Test of the page-table helpers at boot"
	depends on MMU && ARCH_HAS_DEBUG_VM_PGTABLE
	default y if DEBUG_VM

config DEBUG_PAGEALLOC
	bool "Unmapping of free pages"
	depends on DEBUG_KERNEL

config ARCH_SUPPORTS_PAGE_TABLE_CHECK
	bool

config PAGE_TABLE_CHECK
	bool "Check of page-table changes"
	depends on ARCH_SUPPORTS_PAGE_TABLE_CHECK

config LOCKDEP_SUPPORT
	bool

config PROVE_LOCKING
	bool "Proof of correct locking"
	depends on DEBUG_KERNEL && LOCKDEP_SUPPORT
	select LOCKDEP
	select DEBUG_LOCK_ALLOC

config DEBUG_LOCK_ALLOC
	bool "Detection of freed locks that are held"
	depends on DEBUG_KERNEL && LOCKDEP_SUPPORT
	select LOCKDEP

config LOCKDEP
	bool
	depends on DEBUG_KERNEL && LOCKDEP_SUPPORT
	help
	  Makes assertions about held locks real, that of follow_pfnmap_start() for
	  one.
`;
