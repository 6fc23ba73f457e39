// SPDX-License-Identifier: MIT
/* One wrapper for each page-table helper of x86-64, around the inline functions of the packaged kernel headers. */
#include <linux/bug.h>

/* A warning is no trap here: the word that is warned about has its result all the same. */
#undef WARN_ON_ONCE
#define WARN_ON_ONCE(condition) (!!(condition))

#include <asm/special_insns.h>

static unsigned int oracle_pkru;
#define rdpkru() (oracle_pkru)

#include <linux/mm.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <asm/tlbflush.h>
#include "../oracle.h"

/* State that the running kernel would hold. */
struct cpuinfo_x86 boot_cpu_data;
phys_addr_t physical_mask = (1ul << 52) - 1;
pteval_t __supported_pte_mask = ~0ul;
unsigned int pgdir_shift = 39;
unsigned int ptrs_per_p4d = 1;
u64 sme_me_mask;
u64 cc_mask;

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static void set_feature(int feature, int on)
{
	u32 *capability = &boot_cpu_data.x86_capability[feature / 32];

	*capability = on ? *capability | (1u << (feature % 32)) : *capability & ~(1u << (feature % 32));
}

int oracle_set(const char *name, word value)
{
	if (equal(name, "physical_mask"))
		physical_mask = value;
	else if (equal(name, "c_bit"))
		sme_me_mask = cc_mask = value;
	else if (equal(name, "shared_bit"))
		cc_mask = value;
	else if (equal(name, "supported"))
		__supported_pte_mask = value;
	else if (equal(name, "shstk"))
		set_feature(X86_FEATURE_SHSTK, value);
	else if (equal(name, "la57")) {
		set_feature(X86_FEATURE_LA57, value);
		pgdir_shift = 48;
		ptrs_per_p4d = 512;
	}
	else if (equal(name, "pkru")) {
		oracle_pkru = value;
		set_feature(X86_FEATURE_OSPKE, 1);
	} else {
		return 0;
	}
	return 1;
}

#define ALL (~0ul)
#define LOW_FLAGS 0xffful
#define HIGH_FLAGS 0xfff0000000000000ul
#define FLAGS_4K (LOW_FLAGS | HIGH_FLAGS)
#define FLAGS_LARGE (0x1ffful | HIGH_FLAGS)
#define NOT_RESERVED_pte ALL
#define NOT_RESERVED_pmd (~0x1fe000ul)
#define NOT_RESERVED_pud (~0x3fffe000ul)

/* The later kernel renamed the mark of userfaultfd; the model keeps the names of 6.12. */
#ifndef _PAGE_UFFD_WP
#define pte_uffd_wp pte_uffd
#define pmd_uffd_wp pmd_uffd
#define pte_mkuffd_wp pte_mkuffd
#define pmd_mkuffd_wp pmd_mkuffd
#define pte_clear_uffd_wp pte_clear_uffd
#define pmd_clear_uffd_wp pmd_clear_uffd
#define pte_swp_uffd_wp pte_swp_uffd
#define pte_swp_mkuffd_wp pte_swp_mkuffd
#define pte_swp_clear_uffd_wp pte_swp_clear_uffd
#define pmd_swp_uffd_wp pmd_swp_uffd
#define pmd_swp_mkuffd_wp pmd_swp_mkuffd
#define pmd_swp_clear_uffd_wp pmd_swp_clear_uffd
#endif

#define LEVEL_pte 0
#define LEVEL_pmd 1
#define LEVEL_pud 2
#define LEVEL_p4d 3
#define LEVEL_pgd 4
#define PSE_pte 0ul
#define PSE_pmd _PSE
#define PSE_pud _PSE
#define _PSE 0x80ul
#define FLAGS_pte FLAGS_4K
#define FLAGS_pmd FLAGS_LARGE
#define FLAGS_pud FLAGS_LARGE

/*
 * An address without any flag stands for no entry: the kernel never makes one, and the model keeps no such word. Nor does
 * the kernel change a clear entry, whose address would then read inverted.
 */
static inline word known(word entry)
{
	return entry & ~PTE_PFN_MASK ? entry : 0;
}
#define CHANGED(l, expression) (known(a) ? known(l##_val(expression)) : 0)

/* true or false of an entry */
#define TEST_AS(l, n, expression) ORACLE_HELPER(#l "_" n, "predicate", LEVEL_##l, 0, ALL, 0, ALL, !!(expression))
#define TEST(l, n) TEST_AS(l, #n, l##_##n(__##l(a)))
#define TEST2(n) TEST(pte, n); TEST(pmd, n)
#define TEST3(n) TEST2(n); TEST(pud, n)

/* an entry from an entry, for entries that have one of the bits `needs` */
#define MAKE_AS(l, n, needs, expression) \
	ORACLE_HELPER(#l "_" n, "transform", LEVEL_##l, needs, ALL, 0, ALL, CHANGED(l, expression))
#define MAKE_IF(l, n, needs) MAKE_AS(l, #n, needs, l##_##n(__##l(a)))
#define MAKE(l, n) MAKE_IF(l, n, 0)
#define MAKE2(n) MAKE(pte, n); MAKE(pmd, n)
#define MAKE3(n) MAKE2(n); MAKE(pud, n)

TEST3(present);
TEST(p4d, present);
TEST(pgd, present);
TEST3(write);
TEST3(dirty);
TEST3(young);
TEST3(special);
TEST3(shstk);
TEST3(soft_dirty);
TEST2(uffd_wp);
TEST2(protnone);
TEST(pte, huge);
TEST(pte, global);
TEST(pte, exec);
TEST(pmd, leaf);
TEST(pud, leaf);
TEST(pmd, trans_huge);
TEST(pud, trans_huge);
TEST(pmd, bad);
TEST(pud, bad);
TEST(p4d, bad);
TEST(pgd, bad);
TEST2(swp_soft_dirty);
TEST2(swp_uffd_wp);
TEST(pte, swp_exclusive);
#ifdef _PAGE_DEVMAP
TEST3(devmap);
#endif

/* none looks at the whole word */
#define NONE(l) ORACLE_HELPER(#l "_none", "none", LEVEL_##l, 0, ALL, 0, ALL, !!l##_none(__##l(a)))
NONE(pte);
NONE(pmd);
NONE(pud);
NONE(p4d);
NONE(pgd);

/* bit 0 the answer for a read or for "no", bit 1 for a write or for "yes" */
#define BOTH(l, n, expression) ORACLE_HELPER(#l "_" n, "both", LEVEL_##l, 0, ALL, 0, ALL, \
	({ word yes; word answer = !!({ yes = 0; expression; }); answer | !!({ yes = 1; expression; }) << 1; }))
#define PERMITTED(l) BOTH(l, "access_permitted", l##_access_permitted(__##l(a), yes))
PERMITTED(pte);
PERMITTED(pmd);
PERMITTED(pud);

static struct mm_struct oracle_mm;

static int accessible(pte_t pte, int flush_pending)
{
	atomic_set(&oracle_mm.tlb_flush_pending, flush_pending);
	return pte_accessible(&oracle_mm, pte);
}
BOTH(pte, "accessible", accessible(__pte(a), yes));

#ifdef _PAGE_DEVMAP
#define USER_ACCESSIBLE(l) TEST(l, user_accessible_page)
#else
#define USER_ACCESSIBLE(l) TEST_AS(l, "user_accessible_page", l##_user_accessible_page(&oracle_mm, 0, __##l(a)))
#endif
USER_ACCESSIBLE(pte);
USER_ACCESSIBLE(pmd);
USER_ACCESSIBLE(pud);

ORACLE_HELPER("pte_flags_pkey", "number", 0, 0, ALL, 0, ALL, pte_flags_pkey(pte_flags(__pte(a))));

MAKE3(wrprotect);
MAKE3(mkdirty);
MAKE3(mkclean);
MAKE3(mkold);
MAKE3(mkyoung);
MAKE3(mkspecial);
MAKE3(mksoft_dirty);
MAKE3(clear_soft_dirty);
MAKE3(mksaveddirty);
MAKE3(clear_saveddirty);
MAKE2(mkwrite_novma);
MAKE2(mkwrite_shstk);
MAKE2(mkuffd_wp);
MAKE2(clear_uffd_wp);
MAKE2(swp_mksoft_dirty);
MAKE2(swp_clear_soft_dirty);
MAKE2(swp_mkuffd_wp);
MAKE2(swp_clear_uffd_wp);
MAKE(pte, swp_mkexclusive);
MAKE(pte, swp_clear_exclusive);
MAKE(pte, mkhuge);
MAKE(pte, clrhuge);
MAKE(pte, mkglobal);
MAKE(pte, clrglobal);
MAKE(pte, mkexec);
MAKE(pud, mkwrite);
/* mkwrite of the lower levels is not in a header: it is these two, one after the other */
MAKE_AS(pte, "mkwrite", 0, pte_clear_saveddirty(pte_mkwrite_novma(__pte(a))));
MAKE_AS(pmd, "mkwrite", 0, pmd_clear_saveddirty(pmd_mkwrite_novma(__pmd(a))));
/* without P the bit changes the address field, so the entry must be a leaf already */
MAKE_IF(pmd, mkhuge, 1);
MAKE_IF(pud, mkhuge, 1);
MAKE_IF(pmd, mkinvalid, PSE_pmd);
MAKE_IF(pud, mkinvalid, PSE_pud);
#ifdef _PAGE_DEVMAP
MAKE3(mkdevmap);
#endif

#define MODIFY(l) ORACLE_HELPER(#l "_modify", "modify", LEVEL_##l, PSE_##l, ALL, 0, ALL, \
	CHANGED(l, l##_modify(__##l(a), __pgprot(b))))
MODIFY(pte);
MODIFY(pmd);
MODIFY(pud);

/* page frame number and protection of an entry, and an entry of both; a protection of 0 never occurs */
#define PARTS(l) \
	ORACLE_HELPER(#l "_pfn", "pfn", LEVEL_##l, 0, ALL, 0, ALL, l##_pfn(__##l(a))); \
	ORACLE_HELPER(#l "_pgprot", "pgprot", LEVEL_##l, 0, NOT_RESERVED_##l, 0, ALL, pgprot_val(l##_pgprot(__##l(a)))); \
	ORACLE_HELPER("pfn_" #l, "make", LEVEL_##l, 0, 0xfffffffffful, 0x20 | PSE_##l, FLAGS_##l, \
		l##_val(pfn_##l(a, __pgprot(b))))
PARTS(pte);
PARTS(pmd);
PARTS(pud);
ORACLE_HELPER("p4d_pgprot", "pgprot", 3, 0, ALL, 0, ALL, pgprot_val(p4d_pgprot(__p4d(a))));

#define MAKE_HUGE(l) ORACLE_HELPER(#l "_mkhuge_of_pfn", "make-huge", LEVEL_##l, 0, 0xfffffffffful, 0x20, FLAGS_LARGE & ~_PSE, \
	l##_val(l##_mkhuge(pfn_##l(a, __pgprot(b)))))
MAKE_HUGE(pmd);
MAKE_HUGE(pud);

/* a batch of PTEs; the page frame numbers must not leave the field */
static word advance(word a, word nr)
{
	const word top = 1ul << 45;

	a = a & 1 ? a & ~top : a | top;
	return pte_val(pte_advance_pfn(__pte(a), nr));
}
ORACLE_HELPER("pte_advance_pfn", "advance", 0, 0, ALL, 0, 0xff, advance(a, b));

#define FLUSH(l, n, flags) ORACLE_HELPER(#n, "flush", LEVEL_##l, PSE_##l, ALL, PSE_##l | 0x20, flags, \
	n(__##l(a), pfn_##l(l##_pfn(__##l(a)), __pgprot(b))))
FLUSH(pte, pte_needs_flush, FLAGS_4K);
FLUSH(pmd, huge_pmd_needs_flush, FLAGS_LARGE);

#define PROTECTION(n, expression) ORACLE_HELPER(#n, "protection", 0, 0, FLAGS_LARGE, 0, FLAGS_LARGE, expression)
PROTECTION(massage_pgprot, massage_pgprot(__pgprot(a)));
PROTECTION(pgprot_nx, pgprot_val(pgprot_nx(__pgprot(a))));
PROTECTION(pgprot_4k_2_large, pgprot_val(pgprot_4k_2_large(__pgprot(a))));
PROTECTION(pgprot_large_2_4k, pgprot_val(pgprot_large_2_4k(__pgprot(a))));
ORACLE_HELPER("pgprot_modify", "protection2", 0, 0, FLAGS_4K, 0, FLAGS_4K, pgprot_val(pgprot_modify(__pgprot(a), __pgprot(b))));

ORACLE_HELPER("__swp_entry", "swap-entry", 0, 0, 31, 0, (1ul << 50) - 1, __swp_entry(a, b).val);
ORACLE_HELPER("__swp_type", "swap-part", 0, 0, ALL, 0, ALL, __swp_type((swp_entry_t){ a }));
ORACLE_HELPER("__swp_offset", "swap-part", 0, 0, ALL, 0, ALL, __swp_offset((swp_entry_t){ a }));

/* values that do not depend on the operands */
#define SWAP_TYPE(n) ORACLE_HELPER(#n, "swap-type", 0, 0, ALL, 0, ALL, n)
SWAP_TYPE(MAX_SWAPFILES);
SWAP_TYPE(SWP_HWPOISON);
SWAP_TYPE(SWP_MIGRATION_READ);
SWAP_TYPE(SWP_MIGRATION_READ_EXCLUSIVE);
SWAP_TYPE(SWP_MIGRATION_WRITE);
SWAP_TYPE(SWP_PTE_MARKER);
#ifdef CONFIG_DEVICE_PRIVATE
SWAP_TYPE(SWP_DEVICE_WRITE);
SWAP_TYPE(SWP_DEVICE_READ);
#ifdef _PAGE_DEVMAP
SWAP_TYPE(SWP_DEVICE_EXCLUSIVE_WRITE);
SWAP_TYPE(SWP_DEVICE_EXCLUSIVE_READ);
#else
ORACLE_HELPER("SWP_DEVICE_EXCLUSIVE_WRITE", "swap-type", 0, 0, ALL, 0, ALL, SWP_DEVICE_EXCLUSIVE);
#endif
#endif

/* the offset of a migration entry: page frame number in the low bits, then young and dirty */
bool swap_migration_ad_supported = true;
static word migration_entry(word pfn, word marks)
{
	swp_entry_t entry = make_readable_migration_entry(pfn);

	if (marks & 1)
		entry = make_migration_entry_young(entry);
	if (marks & 2)
		entry = make_migration_entry_dirty(entry);
	return swp_offset(entry);
}
ORACLE_HELPER("migration_offset", "migration", 0, 0, 0x3fffffffful, 0, 3, migration_entry(a, b));

/* addresses */
#define VIRTUAL_BITS (pgtable_l5_enabled() ? 57 : 48)
ORACLE_HELPER("isCanonical", "canonical", 0, 0, ALL, 0, ALL, __is_canonical_address(a, VIRTUAL_BITS));
ORACLE_HELPER("TASK_SIZE_MAX", "address", 0, 0, ALL, 0, ALL, TASK_SIZE_MAX);
ORACLE_HELPER("DEFAULT_MAP_WINDOW", "address", 0, 0, ALL, 0, ALL, DEFAULT_MAP_WINDOW);
ORACLE_HELPER("__VIRTUAL_MASK_SHIFT", "address", 0, 0, ALL, 0, ALL, __VIRTUAL_MASK_SHIFT);
ORACLE_HELPER("pgd_shift", "geometry-shift", 4, 0, ALL, 0, ALL, PGDIR_SHIFT);
ORACLE_HELPER("pud_shift", "geometry-shift", 2, 0, ALL, 0, ALL, PUD_SHIFT);
ORACLE_HELPER("pmd_shift", "geometry-shift", 1, 0, ALL, 0, ALL, PMD_SHIFT);
ORACLE_HELPER("pmd_order", "geometry-order", 1, 0, ALL, 0, ALL, PMD_SHIFT - PAGE_SHIFT);
ORACLE_HELPER("pud_order", "geometry-order", 2, 0, ALL, 0, ALL, PUD_SHIFT - PAGE_SHIFT);

#define CONSTANT(n) ORACLE_HELPER(#n, "constant", 0, 0, ALL, 0, ALL, n)
#define PROTECTION_CONSTANT(n) ORACLE_HELPER(#n, "constant", 0, 0, ALL, 0, ALL, pgprot_val(n))
CONSTANT(_KERNPG_TABLE);
CONSTANT(_PAGE_TABLE);
CONSTANT(_PAGE_CACHE_MASK);
CONSTANT(_PAGE_DIRTY_BITS);
CONSTANT(_PAGE_KNL_ERRATUM_MASK);
CONSTANT(_PAGE_PKEY_MASK);
CONSTANT(_PAGE_SAVED_DIRTY);
CONSTANT(_PAGE_NOPTISHADOW);
CONSTANT(__PAGE_KERNEL);
CONSTANT(__PAGE_KERNEL_RO);
CONSTANT(__PAGE_KERNEL_VVAR);
CONSTANT(__PAGE_KERNEL_LARGE);
CONSTANT(__PAGE_KERNEL_LARGE_EXEC);
PROTECTION_CONSTANT(PAGE_NONE);
PROTECTION_CONSTANT(PAGE_SHARED);
PROTECTION_CONSTANT(PAGE_SHARED_EXEC);
PROTECTION_CONSTANT(PAGE_READONLY);
PROTECTION_CONSTANT(PAGE_READONLY_EXEC);
ORACLE_HELPER("table_prot", "table", 0, 0, ALL, 0, ALL, _PAGE_TABLE);
