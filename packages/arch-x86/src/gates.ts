/** The answers of one configuration, read once by the factory. Builders get them and never see the configuration. */
export interface Gates {
  /** TRANSPARENT_HUGEPAGE. */
  readonly thp: boolean;
  /** HAVE_ARCH_TRANSPARENT_HUGEPAGE_PUD, with THP. */
  readonly thpPud: boolean;
  /** The real pmd_special and pmd_mkspecial are compiled in. */
  readonly specialPmd: boolean;
  /** The real pud_special and pud_mkspecial are compiled in. */
  readonly specialPud: boolean;
  /** The kernel has the DEVMAP bit, used or not. */
  readonly devmapBit: boolean;
  /** ARCH_HAS_PTE_DEVMAP: the bit is used. */
  readonly devmap: boolean;
  /** The real pte_protnone and pmd_protnone are compiled in. */
  readonly protnone: boolean;
  /** MEM_SOFT_DIRTY. */
  readonly softDirty: boolean;
  /** HAVE_ARCH_USERFAULTFD_WP. */
  readonly uffdWp: boolean;
  /** X86_INTEL_MEMORY_PROTECTION_KEYS. */
  readonly pkeys: boolean;
  /** The CPU has shadow stacks; no option plays a part. */
  readonly shstk: boolean;
  /** MITIGATION_PAGE_TABLE_ISOLATION is built in. */
  readonly isolation: boolean;
  /** pgprot_writecombine() and pgprot_writethrough() clear the old cache bits first. */
  readonly replacesCacheMode: boolean;
}
