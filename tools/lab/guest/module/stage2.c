// SPDX-License-Identifier: GPL-2.0
/* The entries of KVM's second stage on the way down to a guest-physical address. */
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kvm_host.h>
#include <linux/mm.h>
#include "pfnlab_module.h"

#ifdef CONFIG_ARM64
#include <asm/kvm_pgtable.h>

/* Bits 1:0 of a descriptor: 1 maps a block, 3 points to a table (and at the last level maps a page). */
static void lab_descend(struct kvm_vcpu *vcpu, struct pl_stage2 *s)
{
	struct kvm_pgtable *pgt = vcpu->kvm->arch.mmu.pgt;
	u64 *table = pgt ? (u64 *)pgt->pgd : NULL;
	int level = pgt ? pgt->start_level : 0;
	u64 index;

	if (!table)
		return;
	/* The tables of the first level lie one behind the other, so its index has no upper bound. */
	index = s->gpa >> ARM64_HW_PGTABLE_LEVEL_SHIFT(level);
	for (;;) {
		u64 entry = READ_ONCE(table[index]);

		s->size[s->n] = 1ULL << ARM64_HW_PGTABLE_LEVEL_SHIFT(level);
		s->entry[s->n++] = entry;
		if ((entry & 3) != 3 || ++level > 3)
			return;
		table = phys_to_virt(entry & GENMASK_ULL(47, PAGE_SHIFT));
		index = (s->gpa >> ARM64_HW_PGTABLE_LEVEL_SHIFT(level)) & (PTRS_PER_PTE - 1);
	}
}
#else
/* Bit 0 of an entry: it is present; bit 7: above the last level, it maps a page. */
static void lab_descend(struct kvm_vcpu *vcpu, struct pl_stage2 *s)
{
	struct kvm_mmu *mmu = vcpu->arch.mmu;
	int level = mmu->root_role.level;
	u64 *table;

	if (!VALID_PAGE(mmu->root.hpa) || !level)
		return;
	table = phys_to_virt(mmu->root.hpa & GENMASK_ULL(51, PAGE_SHIFT));
	for (;;) {
		int shift = PAGE_SHIFT + 9 * (level - 1);
		u64 entry = READ_ONCE(table[(s->gpa >> shift) & 511]);

		s->size[s->n] = 1ULL << shift;
		s->entry[s->n++] = entry;
		if (!(entry & 1) || (entry & 0x80) || --level == 0)
			return;
		table = phys_to_virt(entry & GENMASK_ULL(51, PAGE_SHIFT));
	}
}
#endif

/* s->fd is a virtual processor; one process runs it, so nothing changes the tables meanwhile. */
long lab_stage2(struct pl_stage2 *s)
{
	struct file *file = fget(s->fd);

	if (!file)
		return -EBADF;
	s->n = 0;
	lab_descend(file->private_data, s);
	fput(file);
	return 0;
}
