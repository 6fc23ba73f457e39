// SPDX-License-Identifier: MIT
/* One wrapper for each page-table helper of s390, around the inline functions of the packaged kernel headers. */
#include <linux/mm.h>
#include "../oracle.h"

/* State that the running kernel would hold: a machine with the no-execute facility and without MIO. */
unsigned long mio_wb_bit_mask;
#ifdef __pgprot_page_mask
unsigned long page_noexec_mask = ~0ul, segment_noexec_mask = ~0ul, region_noexec_mask = ~0ul;
#endif

int oracle_set(const char *name, word value)
{
	return 0;
}

#define ALL (~0ul)
#define LEVEL_pte 0
#define LEVEL_pmd 1
#define LEVEL_pud 2
#define LEVEL_p4d 3
#define LEVEL_pgd 4

/* true or false of an entry */
#define TEST_OF(l, n, set, keep) \
	ORACLE_HELPER(#l "_" #n, "predicate", LEVEL_##l, set, keep, 0, ALL, !!(l##_##n(__##l(a))))
#define TEST(l, n) TEST_OF(l, n, 0, ALL)

TEST(pte, present);
TEST(pte, write);
TEST(pte, dirty);
TEST(pte, young);
TEST(pte, special);
TEST(pte, soft_dirty);
TEST(pte, protnone);
TEST(pte, swp_exclusive);
/* What a mapping segment allows and has seen; in an entry that points to a table those bits are its address. */
#define TEST_LEAF(n) TEST_OF(pmd, n, 0x400, ALL)
TEST_LEAF(write);
TEST_LEAF(dirty);
TEST_LEAF(young);
TEST_LEAF(soft_dirty);
TEST(pmd, protnone);
TEST(pmd, leaf);
TEST(pmd, trans_huge);
TEST(pmd, bad);
TEST(pmd, special);
TEST(pud, special);
TEST(pud, trans_huge);
/* A region-third entry says so in its type bits, and has an address: one without is empty. */
#define TEST_R3(n) TEST_OF(pud, n, 0x8000000000000004ul, ~0x8ul)
TEST_OF(pud, write, 0x8000000000000404ul, ~0x8ul);
TEST_R3(leaf);
TEST_R3(bad);
/* 6.12 tells by the address whether a table entry is there, the model by its flags: of entries that are valid. */
ORACLE_HELPER("pmd_present", "predicate", 1, 0x8000000000000000ul | _SEGMENT_ENTRY, ~0x20ul, 0, ALL, pmd_present(__pmd(a)));
ORACLE_HELPER("pud_present", "predicate", 2, 0x8000000000000004ul | _REGION3_ENTRY, ~0x28ul, 0, ALL, pud_present(__pud(a)));
TEST_OF(p4d, bad, 0x8000000000000008ul, ~0x4ul);

/* none */
ORACLE_HELPER("pte_none", "none", 0, 0, ALL, 0, ALL, pte_none(__pte(a)));
ORACLE_HELPER("pmd_none", "none", 1, 0, ALL, 0, ALL, pmd_none(__pmd(a)));
ORACLE_HELPER("pud_none", "none", 2, 4, ~0x8ul, 0, ALL, pud_none(__pud(a)));
ORACLE_HELPER("p4d_none", "none", 3, 8, ~0x4ul, 0, ALL, p4d_none(__p4d(a)));

/* an entry from an entry */
#define MAKE_AS(l, n, expression) ORACLE_HELPER(#l "_" n, "entry", LEVEL_##l, 0, ALL, 0, ALL, l##_val(expression))
#define MAKE(l, n) MAKE_AS(l, #n, l##_##n(__##l(a)))
/* Transformations of segments and regions are for leaves. */
#define LEAF_AS(l, n, set, keep, expression) ORACLE_HELPER(#l "_" n, "entry", LEVEL_##l, set, keep, 0, ALL, l##_val(expression))
#define LEAF(n) LEAF_AS(pmd, #n, 0x400, ALL, pmd_##n(__pmd(a)))
#define R3_LEAF(n) LEAF_AS(pud, #n, 0x404, ~0x8ul, pud_##n(__pud(a)))

MAKE(pte, wrprotect);
MAKE(pte, mkdirty);
MAKE(pte, mkclean);
MAKE(pte, mkold);
MAKE(pte, mkyoung);
MAKE(pte, mkspecial);
MAKE(pte, mksoft_dirty);
MAKE(pte, clear_soft_dirty);
MAKE(pte, swp_mkexclusive);
MAKE(pte, swp_clear_exclusive);
MAKE_AS(pte, "mkwrite", pte_mkwrite_novma(__pte(a)));
LEAF(wrprotect);
LEAF(mkdirty);
LEAF(mkclean);
LEAF(mksoft_dirty);
LEAF(clear_soft_dirty);
LEAF(mkspecial);
LEAF_AS(pmd, "mkwrite", 0x400, ALL, pmd_mkwrite_novma(__pmd(a)));
R3_LEAF(wrprotect);
R3_LEAF(mkdirty);
R3_LEAF(mkclean);
R3_LEAF(mkwrite);
R3_LEAF(mkspecial);

ORACLE_HELPER("pte_modify", "modify-entry", 0, 0, ALL, 0, 0xffful, pte_val(pte_modify(__pte(a), __pgprot(b))));

/* The address that pte_pgprot() leaves in is no part of a protection word. */
ORACLE_HELPER("pte_pgprot", "pgprot", 0, 0, 0xffful, 0, ALL, pgprot_val(pte_pgprot(__pte(a))));
ORACLE_HELPER("pmd_pgprot", "pgprot", 1, 0, ALL, 0, ALL, pgprot_val(pmd_pgprot(__pmd(a))));
ORACLE_HELPER("pud_pgprot", "pgprot", 2, 4, ~0x8ul, 0, ALL, pgprot_val(pud_pgprot(__pud(a))));

/* frames; of 52 bits, as many as an entry has */
ORACLE_HELPER("pte_pfn", "frame", 0, 0, ALL, 0, ALL, pte_pfn(__pte(a)));
/*
 * An entry of a frame and one of the protections of a mapping: pfn_pte() makes it young. 6.12 asks the machine's lowcore
 * whether it has the no-execute facility, which a program does not have.
 */
#define FRAME ((1ul << 51) - 1)
#define PFN_PTE(n) ORACLE_HELPER("pfn_pte_of_" #n, "pfn-pte", 0, 0, FRAME, 0, ALL, pte_val(pfn_pte(a, n)))
#ifdef __pgprot_page_mask
PFN_PTE(PAGE_NONE);
PFN_PTE(PAGE_RO);
PFN_PTE(PAGE_RX);
PFN_PTE(PAGE_RW);
PFN_PTE(PAGE_RWX);
#endif

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
LEAF(mkold);
LEAF(mkyoung);
LEAF_AS(pmd, "mkinvalid", 0x400, ALL, set_pmd_bit(__pmd(a), __pgprot(_SEGMENT_ENTRY_INVALID)));
#define MODIFY(n) ORACLE_HELPER("pmd_modify_to_" #n, "modify-to", 1, 0x400, ~0xf0000ul, 0, ALL, pmd_val(pmd_modify(__pmd(a), n)))
MODIFY(PAGE_NONE);
MODIFY(PAGE_RO);
MODIFY(PAGE_RX);
MODIFY(PAGE_RW);
MODIFY(PAGE_RWX);
#define SEGMENT(n) ORACLE_HELPER("pmd_mkhuge_of_" #n, "make-huge", 1, 0, FRAME & ~0xfful, 0, ALL, \
	pmd_val(pmd_mkhuge(pfn_pmd(a, n))))
SEGMENT(PAGE_NONE);
SEGMENT(PAGE_RO);
SEGMENT(PAGE_RX);
SEGMENT(PAGE_RW);
SEGMENT(PAGE_RWX);
#endif

/* values that do not depend on the operands */
#define SHIFT(l, n) ORACLE_HELPER(#n, "geometry-shift", LEVEL_##l, 0, ALL, 0, ALL, n)
#define ENTRIES(l, n) ORACLE_HELPER(#n, "geometry-entries", LEVEL_##l, 0, ALL, 0, ALL, n)
SHIFT(pte, PAGE_SHIFT);
SHIFT(pmd, PMD_SHIFT);
SHIFT(pud, PUD_SHIFT);
/* Four levels: the fifth is folded, and the top is the region-second table. */
SHIFT(pgd, P4D_SHIFT);
ENTRIES(pte, PTRS_PER_PTE);
ENTRIES(pmd, PTRS_PER_PMD);
ENTRIES(pud, PTRS_PER_PUD);
ENTRIES(pgd, PTRS_PER_P4D);

/* An entry that points to a table at 0x8000. */
#define TABLE(l, type) ORACLE_HELPER(#l "_table", "table", LEVEL_##l, 0, ALL, 0, ALL, type | 0x8000)
TABLE(pmd, _SEGMENT_ENTRY);
TABLE(pud, _REGION3_ENTRY);
TABLE(p4d, _REGION2_ENTRY);

#define PAGE_PROTECTION(n) ORACLE_HELPER(#n, "protection-constant", 0, 0, ALL, 0, ALL, pgprot_val(n))
PAGE_PROTECTION(PAGE_NONE);
PAGE_PROTECTION(PAGE_RO);
PAGE_PROTECTION(PAGE_RX);
PAGE_PROTECTION(PAGE_RW);
PAGE_PROTECTION(PAGE_RWX);
