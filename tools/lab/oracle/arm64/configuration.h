/* SPDX-License-Identifier: MIT */
/* The numbers that follow from page size and address widths, which gates may have changed: what Kconfig would compute. */
#undef CONFIG_PGTABLE_LEVELS
#undef CONFIG_PAGE_SHIFT
#undef CONFIG_ARM64_VA_BITS
#undef CONFIG_ARM64_PA_BITS
#undef CONFIG_ARM64_LPA2
#undef CONFIG_ARM64_CONT_PTE_SHIFT
#undef CONFIG_ARM64_CONT_PMD_SHIFT

#ifdef CONFIG_ARM64_VA_BITS_36
#define CONFIG_ARM64_VA_BITS 36
#elif defined(CONFIG_ARM64_VA_BITS_39)
#define CONFIG_ARM64_VA_BITS 39
#elif defined(CONFIG_ARM64_VA_BITS_42)
#define CONFIG_ARM64_VA_BITS 42
#elif defined(CONFIG_ARM64_VA_BITS_47)
#define CONFIG_ARM64_VA_BITS 47
#elif defined(CONFIG_ARM64_VA_BITS_48)
#define CONFIG_ARM64_VA_BITS 48
#else
#define CONFIG_ARM64_VA_BITS 52
#endif

#ifdef CONFIG_ARM64_PA_BITS_52
#define CONFIG_ARM64_PA_BITS 52
#ifndef CONFIG_ARM64_64K_PAGES
#define CONFIG_ARM64_LPA2 1
#endif
#else
#define CONFIG_ARM64_PA_BITS 48
#endif

#ifdef CONFIG_ARM64_4K_PAGES
#define CONFIG_PAGE_SHIFT 12
#define CONFIG_ARM64_CONT_PTE_SHIFT 4
#define CONFIG_ARM64_CONT_PMD_SHIFT 4
#elif defined(CONFIG_ARM64_16K_PAGES)
#define CONFIG_PAGE_SHIFT 14
#define CONFIG_ARM64_CONT_PTE_SHIFT 7
#define CONFIG_ARM64_CONT_PMD_SHIFT 5
#else
#define CONFIG_PAGE_SHIFT 16
#define CONFIG_ARM64_CONT_PTE_SHIFT 5
#define CONFIG_ARM64_CONT_PMD_SHIFT 5
#endif

#if (CONFIG_ARM64_VA_BITS - 4) / (CONFIG_PAGE_SHIFT - 3) == 2
#define CONFIG_PGTABLE_LEVELS 2
#elif (CONFIG_ARM64_VA_BITS - 4) / (CONFIG_PAGE_SHIFT - 3) == 3
#define CONFIG_PGTABLE_LEVELS 3
#elif (CONFIG_ARM64_VA_BITS - 4) / (CONFIG_PAGE_SHIFT - 3) == 4
#define CONFIG_PGTABLE_LEVELS 4
#else
#define CONFIG_PGTABLE_LEVELS 5
#endif

/* Its predicates are asked for, whether or not the packaged kernel has the check. */
#undef CONFIG_PAGE_TABLE_CHECK
#define CONFIG_PAGE_TABLE_CHECK 1
