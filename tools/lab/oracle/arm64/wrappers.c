// SPDX-License-Identifier: MIT
/* One wrapper for each page-table helper of arm64, around the inline functions of the packaged kernel headers. */
#include "configuration.h"
#include <linux/mm.h>
#include <linux/mm_inline.h>
#include <linux/swap.h>
#include <linux/swapops.h>
#include <asm/tlb.h>

/* KVM asks for its own use of LPA2 with this. */
static unsigned long oracle_stage2_lpa2;
#define system_supports_lpa2() oracle_stage2_lpa2
#include <asm/kvm_pgtable.h>
#include "../oracle.h"

/* State that the running kernel would hold. */
unsigned long oracle_tcr;
bool arm64_use_ng_mappings;

/* The kernel's own use of BTI is a capability that boot patches into the code. */
static unsigned long oracle_bti;
#undef PTE_MAYBE_GP
#define PTE_MAYBE_GP (oracle_bti ? PTE_GP : 0)

static int equal(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

int oracle_set(const char *name, word value)
{
	if (equal(name, "va_bits"))
		oracle_tcr |= (64 - value) << 16;
	else if (equal(name, "lpa2"))
		oracle_tcr |= value << 59;
	else if (equal(name, "stage2_lpa2"))
		oracle_stage2_lpa2 = value;
	else if (equal(name, "kpti"))
		arm64_use_ng_mappings = value;
	else if (equal(name, "bti"))
		oracle_bti = value;
	else
		return 0;
	return 1;
}

/* 7.3 renamed the mark of userfaultfd; the model keeps the names of 6.12. */
#ifndef PTE_UFFD_WP
#define pte_uffd_wp pte_uffd
#define pmd_uffd_wp pmd_uffd
#define pte_mkuffd_wp pte_mkuffd
#define pmd_mkuffd_wp pmd_mkuffd
#define pte_clear_uffd_wp pte_clear_uffd
#define pmd_clear_uffd_wp pmd_clear_uffd
#define pte_swp_uffd_wp pte_swp_uffd
#define pte_swp_mkuffd_wp pte_swp_mkuffd
#define pte_swp_clear_uffd_wp pte_swp_clear_uffd
#endif

#define ALL (~0ul)
#define LEVEL_pte 0
#define LEVEL_pmd 1
#define LEVEL_pud 2
#define LEVEL_p4d 3
#define LEVEL_pgd 4

/* Bits that are no address here. */
static word prot_mask(void)
{
	return pgprot_val(pte_pgprot(__pte(ALL)));
}

/* The word `a` with the protection of `b`. */
static word with_prot(word a, word b)
{
	return (a & ~prot_mask()) | (b & prot_mask());
}

/* true or false of an entry */
#define TEST_AS(l, n, expression) ORACLE_HELPER(#l "_" n, "predicate", LEVEL_##l, 0, ALL, 0, ALL, !!(expression))
#define TEST(l, n) TEST_AS(l, #n, l##_##n(__##l(a)))
#define TEST2(n) TEST(pte, n); TEST(pmd, n)
#define TEST3(n) TEST2(n); TEST(pud, n)

TEST3(present);
TEST3(valid);
TEST3(user);
TEST3(user_exec);
TEST3(write);
TEST3(young);
TEST2(dirty);
TEST2(special);
/* 6.12's macro has a parameter that it does not use, and works for a variable of this name only. */
TEST_AS(pud, "special", ({ pud_t pud = __pud(a); pud_special(pud); }));
TEST2(protnone);
TEST2(uffd_wp);
TEST2(soft_dirty);
TEST2(cont);
TEST(pte, present_invalid);
TEST(pte, valid_cont);
TEST(pte, valid_not_user);
TEST(pte, rdonly);
TEST(pte, tagged);
TEST(pte, hw_dirty);
TEST(pte, sw_dirty);
TEST(pte, swp_exclusive);
TEST(pte, swp_uffd_wp);
TEST(pmd, table);
TEST(pud, table);
TEST(pmd, leaf);
TEST(pud, leaf);
TEST(pmd, bad);
TEST(pud, bad);
TEST(p4d, bad);
TEST(pgd, bad);
TEST(pmd, trans_huge);
TEST(pud, trans_huge);
#ifdef PTE_DEVMAP
TEST3(devmap);
TEST(pmd, sect);
TEST(pud, sect);
#define USER_ACCESSIBLE(l) TEST(l, user_accessible_page)
#else
static struct mm_struct oracle_user_mm;
#define USER_ACCESSIBLE(l) TEST_AS(l, "user_accessible_page", l##_user_accessible_page(&oracle_user_mm, 0, __##l(a)))
#endif
USER_ACCESSIBLE(pte);
USER_ACCESSIBLE(pmd);
USER_ACCESSIBLE(pud);

/* bit 0 the answer for a read or for "no", bit 1 for a write or for "yes" */
#define BOTH(l, n, kind, expression) ORACLE_HELPER(#l "_" n, kind, LEVEL_##l, 0, ALL, 0, ALL, \
	({ word yes; word answer = !!({ yes = 0; expression; }); answer | !!({ yes = 1; expression; }) << 1; }))
#define PERMITTED(l) BOTH(l, "access_permitted", "both", l##_access_permitted(__##l(a), yes))
PERMITTED(pte);
PERMITTED(pmd);
PERMITTED(pud);

static struct mm_struct oracle_mm;

static int accessible(pte_t pte, int flush_pending)
{
	atomic_set(&oracle_mm.tlb_flush_pending, flush_pending);
	return pte_accessible(&oracle_mm, pte);
}
BOTH(pte, "accessible", "accessible", accessible(__pte(a), yes));

/* an entry from an entry */
#define MAKE_AS(l, n, expression) ORACLE_HELPER(#l "_" n, "entry", LEVEL_##l, 0, ALL, 0, ALL, l##_val(expression))
#define MAKE(l, n) MAKE_AS(l, #n, l##_##n(__##l(a)))
#define MAKE2(n) MAKE(pte, n); MAKE(pmd, n)

MAKE2(wrprotect);
MAKE2(mkdirty);
MAKE2(mkclean);
MAKE2(mkold);
MAKE2(mkyoung);
MAKE(pud, mkyoung);
MAKE2(mkspecial);
MAKE_AS(pud, "mkspecial", ({ pud_t pud = __pud(a); pud_mkspecial(pud); }));
MAKE2(mkinvalid);
MAKE2(mkcont);
MAKE(pte, mknoncont);
MAKE(pmd, mkhuge);
MAKE(pud, mkhuge);
MAKE2(mksoft_dirty);
MAKE2(clear_soft_dirty);
MAKE2(mkuffd_wp);
MAKE2(clear_uffd_wp);
MAKE(pte, swp_mkexclusive);
MAKE(pte, swp_clear_exclusive);
MAKE(pte, swp_mkuffd_wp);
MAKE(pte, swp_clear_uffd_wp);
MAKE_AS(pte, "mkwrite", pte_mkwrite_novma(__pte(a)));
MAKE_AS(pmd, "mkwrite", pmd_mkwrite_novma(__pmd(a)));
#ifdef PTE_DEVMAP
MAKE2(mkdevmap);
MAKE(pte, mkhuge);
#else
MAKE_AS(pud, "mkwrite", pud_mkwrite_novma(__pud(a)));
MAKE(pmd, mknoncont);
#endif

#define MODIFY(l) ORACLE_HELPER(#l "_modify", "modify-entry", LEVEL_##l, 0, ALL, 0, ALL, l##_val(l##_modify(__##l(a), __pgprot(b))))
MODIFY(pte);
MODIFY(pmd);

/* frame and protection of an entry, and an entry of both; what lies below a leaf's size would stay in its protection */
#define BELOW_pte 0ul
#define BELOW_pmd ((PMD_SIZE - 1) & PTE_ADDR_LOW)
#define BELOW_pud ((PUD_SIZE - 1) & PTE_ADDR_LOW)
#define PARTS(l) \
	ORACLE_HELPER(#l "_pfn", "frame", LEVEL_##l, 0, ALL, 0, ALL, l##_pfn(__##l(a))); \
	ORACLE_HELPER(#l "_pgprot", "pgprot", LEVEL_##l, 0, ~BELOW_##l, 0, ALL, pgprot_val(l##_pgprot(__##l(a)))); \
	ORACLE_HELPER("pfn_" #l, "make-entry", LEVEL_##l, 0, (1ul << (52 - PAGE_SHIFT)) - 1, 0, ALL, \
		l##_val(pfn_##l(a, __pgprot(b & prot_mask()))))
PARTS(pte);
PARTS(pmd);
PARTS(pud);

/* any change of the protection, and a change of software bits at most */
#define FLUSH(l, n) \
	ORACLE_HELPER(#n, "flush-protection", LEVEL_##l, 0, ALL, 0, ALL, n(__##l(a), __##l(with_prot(a, b)))); \
	ORACLE_HELPER(#n "_of_few", "flush-few", LEVEL_##l, 0, ALL, 0, ALL, \
		n(__##l(a), __##l(a ^ (b & (PTE_SWBITS_MASK | PTE_AF)))))
FLUSH(pte, pte_needs_flush);
FLUSH(pmd, huge_pmd_needs_flush);

#define PROTECTION(n) ORACLE_HELPER(#n, "entry", 0, 0, ALL, 0, ALL, pgprot_val(n(__pgprot(a))))
PROTECTION(mk_pmd_sect_prot);
PROTECTION(mk_pud_sect_prot);
PROTECTION(pgprot_noncached);
PROTECTION(pgprot_writecombine);
PROTECTION(pgprot_writethrough);
PROTECTION(pgprot_device);
PROTECTION(pgprot_tagged);
PROTECTION(pgprot_mhp);
PROTECTION(pgprot_dmacoherent);
PROTECTION(pgprot_nx);
/* of an old protection that has the bits of one memory type */
#define XN (PTE_PXN | PTE_UXN)
#define MODIFY_PROTECTION(n, set, keep) \
	ORACLE_HELPER("pgprot_modify" n, "modify-protection", 0, set, keep, 0, ALL, \
		pgprot_val(pgprot_modify(__pgprot(a & prot_mask()), __pgprot(b & prot_mask()))))
MODIFY_PROTECTION("", 0, ALL);
MODIFY_PROTECTION("_of_noncached", XN | PTE_ATTRINDX(MT_DEVICE_nGnRnE), ~0x10ul);
MODIFY_PROTECTION("_of_writecombine", XN | PTE_ATTRINDX(MT_NORMAL_NC), ~0x14ul);
MODIFY_PROTECTION("_of_device", XN | PTE_ATTRINDX(MT_DEVICE_nGnRE), ~0x0cul);

ORACLE_HELPER("__swp_entry", "swap-entry", 0, 0, 31, 0, (1ul << 50) - 1, __swp_entry(a, b).val);
ORACLE_HELPER("__swp_type", "swap-part", 0, 0, ALL, 0, ALL, __swp_type((swp_entry_t){ a }));
ORACLE_HELPER("__swp_offset", "swap-part", 0, 0, ALL, 0, ALL, __swp_offset((swp_entry_t){ a }));

ORACLE_HELPER("pte_leaf_size", "number", 0, 0, ALL, 0, ALL, pte_leaf_size(__pte(a)));
ORACLE_HELPER("pmd_leaf_size", "number", 1, 0, ALL, 0, ALL, pmd_leaf_size(__pmd(a)));

/* values that do not depend on the operands */
#define SHIFT(l, n) ORACLE_HELPER(#n, "geometry-shift", LEVEL_##l, 0, ALL, 0, ALL, n)
#define ENTRIES(l, n) ORACLE_HELPER(#n, "geometry-entries", LEVEL_##l, 0, ALL, 0, ALL, n)
SHIFT(pte, PAGE_SHIFT);
SHIFT(pmd, PMD_SHIFT);
SHIFT(pud, PUD_SHIFT);
SHIFT(p4d, P4D_SHIFT);
SHIFT(pgd, PGDIR_SHIFT);
ENTRIES(pte, PTRS_PER_PTE);
ENTRIES(pmd, PTRS_PER_PMD);
ENTRIES(pud, PTRS_PER_PUD);
ENTRIES(p4d, PTRS_PER_P4D);
ENTRIES(pgd, PTRS_PER_PGD);

#define NUMBER(n) ORACLE_HELPER(#n, "number-constant", 0, 0, ALL, 0, ALL, n)
NUMBER(CONT_PTE_SHIFT);
NUMBER(CONT_PTES);
NUMBER(CONT_PTE_SIZE);
NUMBER(CONT_PMD_SHIFT);
NUMBER(CONT_PMDS);
NUMBER(CONT_PMD_SIZE);
NUMBER(SWP_PFN_BITS);
ORACLE_HELPER("physicalAddressBits", "number-constant", 0, 0, ALL, 0, ALL, PHYS_MASK_SHIFT);
ORACLE_HELPER("pud_sect_supported", "answer", 0, 0, ALL, 0, ALL, pud_sect_supported());

#ifndef PMD_TABLE_AF
#define PMD_TABLE_AF 0
#endif
ORACLE_HELPER("userTable", "table", 1, 0, ALL, 0, ALL, PMD_TYPE_TABLE | PMD_TABLE_PXN | PMD_TABLE_AF);

#define PROTECTION_VALUE(n, value) ORACLE_HELPER(n, "protection-constant", 0, 0, ALL, 0, ALL, value)
#define PROTECTION_CONSTANT(n) PROTECTION_VALUE(#n, n)
#define PAGE_PROTECTION(n) PROTECTION_VALUE(#n, pgprot_val(n))
PROTECTION_VALUE("kernelTableProt", PMD_TYPE_TABLE | PMD_TABLE_UXN | PMD_TABLE_AF);
/* Boot takes SH from the protection map where LPA2 is active; the user protections of the headers still have it. */
#define USER_PROTECTION(n) PROTECTION_VALUE(#n, pgprot_val(n) & ~(lpa2_is_enabled() ? PTE_SHARED : 0))
USER_PROTECTION(PAGE_NONE);
USER_PROTECTION(PAGE_READONLY);
USER_PROTECTION(PAGE_READONLY_EXEC);
USER_PROTECTION(PAGE_EXECONLY);
USER_PROTECTION(PAGE_SHARED);
USER_PROTECTION(PAGE_SHARED_EXEC);
PAGE_PROTECTION(PAGE_KERNEL);
PAGE_PROTECTION(PAGE_KERNEL_RO);
PAGE_PROTECTION(PAGE_KERNEL_ROX);
PAGE_PROTECTION(PAGE_KERNEL_EXEC);
PAGE_PROTECTION(PAGE_KERNEL_EXEC_CONT);
PROTECTION_CONSTANT(PROT_DEVICE_nGnRnE);
PROTECTION_CONSTANT(PROT_DEVICE_nGnRE);
PROTECTION_CONSTANT(PROT_NORMAL_NC);
PROTECTION_CONSTANT(PROT_NORMAL);
PROTECTION_CONSTANT(PROT_NORMAL_TAGGED);
PROTECTION_CONSTANT(PROT_SECT_DEVICE_nGnRE);
PROTECTION_CONSTANT(PROT_SECT_NORMAL);
PROTECTION_CONSTANT(PROT_SECT_NORMAL_EXEC);
#ifdef _PAGE_GCS
PROTECTION_VALUE("PAGE_GCS", _PAGE_GCS & ~(lpa2_is_enabled() ? PTE_SHARED : 0));
PROTECTION_VALUE("PAGE_GCS_RO", _PAGE_GCS_RO & ~(lpa2_is_enabled() ? PTE_SHARED : 0));
#endif

/* stage 2 */
ORACLE_HELPER("kvm_pte_valid", "stage2-predicate", 0, 0, ALL, 0, ALL, kvm_pte_valid(a));
ORACLE_HELPER("kvm_pte_to_phys", "stage2-frame", 0, 0, ALL, 0, ALL, kvm_pte_to_phys(a) >> PAGE_SHIFT);
ORACLE_HELPER("kvm_phys_to_pte", "stage2-make", 0, 0, (1ul << (52 - PAGE_SHIFT)) - 1, 0, ALL,
	kvm_phys_to_pte(a << PAGE_SHIFT));
