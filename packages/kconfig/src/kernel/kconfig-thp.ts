/** Transparent huge pages and what hangs on them: the symbols that the series brings. */
export const thpKconfig = `
config HAVE_ARCH_TRANSPARENT_HUGEPAGE
	bool
	help
	  The architecture has the helpers for huge leaves in PMD entries.

config HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	bool
	help
	  The architecture has the helpers for huge leaves in PUD entries.

config TRANSPARENT_HUGEPAGE
	bool "Transparent huge pages"
	depends on HAVE_ARCH_TRANSPARENT_HUGEPAGE && !PREEMPT_RT
	select COMPACTION
	help
	  Maps memory with huge leaves where it can, without the process asking.

choice
	prompt "Use of transparent huge pages at boot"
	depends on TRANSPARENT_HUGEPAGE
	default TRANSPARENT_HUGEPAGE_ALWAYS

config TRANSPARENT_HUGEPAGE_ALWAYS
	bool "always"

config TRANSPARENT_HUGEPAGE_MADVISE
	bool "madvise"

config TRANSPARENT_HUGEPAGE_NEVER
	bool "never"

endchoice

config ARCH_WANTS_THP_SWAP
	bool

config THP_SWAP
	def_bool y
	depends on TRANSPARENT_HUGEPAGE && ARCH_WANTS_THP_SWAP && SWAP && 64BIT

config READ_ONLY_THP_FOR_FS
	bool "Huge pages for read-only files"
	depends on TRANSPARENT_HUGEPAGE && !LINUX_7_3

config PERSISTENT_HUGE_ZERO_FOLIO
	bool "Keep the huge zero folio"
	depends on TRANSPARENT_HUGEPAGE && LINUX_7_3

config PGTABLE_HAS_HUGE_LEAVES
	def_bool TRANSPARENT_HUGEPAGE || HUGETLB_PAGE

# No prompts below: only an architecture can turn these on.

config ARCH_SUPPORTS_HUGE_PFNMAP
	def_bool n
	depends on TRANSPARENT_HUGEPAGE && SERIES_PATCH_01
	help
	  The architecture can mark huge leaves as special, that is as device
	  memory without counted pages, and so can map pfns with huge leaves.

config ARCH_SUPPORTS_PMD_PFNMAP
	def_bool y
	depends on ARCH_SUPPORTS_HUGE_PFNMAP && HAVE_ARCH_TRANSPARENT_HUGEPAGE
	help
	  Huge pfn mappings in PMD entries.

config ARCH_SUPPORTS_PUD_PFNMAP
	def_bool y
	depends on ARCH_SUPPORTS_HUGE_PFNMAP && HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD
	help
	  Huge pfn mappings in PUD entries.
`;
