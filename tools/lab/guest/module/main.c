// SPDX-License-Identifier: GPL-2.0
/*
 * pfnlab: a test device that maps a range of page frames as a driver would, and answers
 * questions about the page tables of the process that asks. The interface is in ../pfnlab.h.
 */
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <asm/tlbflush.h>
#include "pfnlab_module.h"

/* The interfaces that changed between the kernels of the lab. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 16, 0)
#include <linux/pfn_t.h>
#define LAB_PFN(pfn) __pfn_to_pfn_t(pfn, PFN_DEV)
#else
#define LAB_PFN(pfn) (pfn)
#endif
#if LINUX_VERSION_CODE < KERNEL_VERSION(7, 0, 0)
#define LAB_ZAP zap_vma_ptes
#else
#define LAB_ZAP zap_special_vma_range
#endif

static struct pl_conf conf;
static struct pl_calls calls;

/* Maps the entry of the order asked for, where alignment, VMA and configuration allow it. */
static vm_fault_t lab_insert(struct vm_fault *vmf, unsigned int order)
{
	struct vm_area_struct *vma = vmf->vma;
	unsigned long size = PAGE_SIZE << order;
	unsigned long addr = vmf->address & ~(size - 1);
	unsigned long pfn = conf.pfn + ((addr - vma->vm_start) >> PAGE_SHIFT) + vma->vm_pgoff;

	if (order > conf.maxorder)
		return VM_FAULT_FALLBACK;
	if (order == 0)
		return vmf_insert_pfn(vma, vmf->address, pfn);
	if (addr < vma->vm_start || addr + size > vma->vm_end || pfn & ((1UL << order) - 1))
		return VM_FAULT_FALLBACK;
#ifdef CONFIG_ARCH_SUPPORTS_PMD_PFNMAP
	if (order == PMD_ORDER)
		return vmf_insert_pfn_pmd(vmf, LAB_PFN(pfn), vmf->flags & FAULT_FLAG_WRITE);
#endif
#ifdef CONFIG_ARCH_SUPPORTS_PUD_PFNMAP
	if (order == PUD_ORDER)
		return vmf_insert_pfn_pud(vmf, LAB_PFN(pfn), vmf->flags & FAULT_FLAG_WRITE);
#endif
	return VM_FAULT_FALLBACK;
}

static vm_fault_t lab_huge_fault(struct vm_fault *vmf, unsigned int order)
{
	vm_fault_t ret = lab_insert(vmf, order);

	if (calls.n < PL_CALLS)
		calls.call[calls.n++] = (struct pl_call){ vmf->address, order, ret, vmf->flags, 0 };
	else
		calls.lost++;
	return ret;
}

static vm_fault_t lab_fault(struct vm_fault *vmf)
{
	return lab_huge_fault(vmf, 0);
}

static const struct vm_operations_struct lab_vm_ops = {
	.fault = lab_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = lab_huge_fault,
#endif
};

static const struct vm_operations_struct lab_access_vm_ops = {
	.fault = lab_fault,
#ifdef CONFIG_ARCH_SUPPORTS_HUGE_PFNMAP
	.huge_fault = lab_huge_fault,
#endif
	.access = generic_access_phys,
};

static int lab_mmap(struct file *file, struct vm_area_struct *vma)
{
	if (vma->vm_pgoff + vma_pages(vma) > conf.npages)
		return -EINVAL;
	vma->vm_page_prot = pgprot_noncached(vma->vm_page_prot);
	if (conf.mode == PL_MODE_REMAP)
		return remap_pfn_range(vma, vma->vm_start, conf.pfn + vma->vm_pgoff,
				       vma->vm_end - vma->vm_start, vma->vm_page_prot);
	/* Inserting a PFN into a copy-on-write mapping from a fault handler is a BUG(). */
	if ((vma->vm_flags & (VM_SHARED | VM_MAYWRITE)) == VM_MAYWRITE)
		return -EINVAL;
	vm_flags_set(vma, VM_IO | VM_DONTEXPAND | VM_DONTDUMP |
			  (conf.mode == PL_MODE_MIXED ? VM_MIXEDMAP : VM_PFNMAP));
	vma->vm_ops = conf.access ? &lab_access_vm_ops : &lab_vm_ops;
	return 0;
}

/* Reads the entries on the way down to w->addr, until one of them maps memory or maps nothing. */
static void lab_walk(struct mm_struct *mm, struct pl_walk *w)
{
	pgd_t *pgd = pgd_offset(mm, w->addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;
	pte_t *pte;

	memset(w->entry, 0, sizeof(w->entry));
	w->level = 0;
	w->entry[0] = pgd_val(*pgd);
	if (pgd_none(*pgd))
		return;
	p4d = p4d_offset(pgd, w->addr);
	w->level = 1;
	w->entry[1] = p4d_val(*p4d);
	if (p4d_none(*p4d))
		return;
	pud = pud_offset(p4d, w->addr);
	w->level = 2;
	w->entry[2] = pud_val(*pud);
	if (pud_none(*pud) || pud_leaf(*pud))
		return;
	pmd = pmd_offset(pud, w->addr);
	w->level = 3;
	w->entry[3] = pmd_val(*pmd);
	if (pmd_none(*pmd) || pmd_leaf(*pmd) || !pmd_present(*pmd))
		return;
	pte = (pte_t *)pmd_page_vaddr(*pmd) + pte_index(w->addr);
	w->level = 4;
	w->entry[4] = pte_val(*pte);
}

static void lab_gup(struct mm_struct *mm, struct pl_gup *g)
{
	unsigned int flags = g->write ? FOLL_WRITE : 0;
	struct page *page = NULL;

	switch (g->kind) {
	case PL_GUP_FAST:
		g->ret = get_user_pages_fast(g->addr, 1, flags, &page);
		break;
	case PL_GUP_FASTONLY:
		g->ret = get_user_pages_fast_only(g->addr, 1, flags, &page);
		break;
	case PL_GUP_SLOW:
		mmap_read_lock(mm);
		g->ret = get_user_pages(g->addr, 1, flags, &page);
		mmap_read_unlock(mm);
		break;
	default:
		g->ret = pin_user_pages_fast(g->addr, 1, flags | FOLL_LONGTERM, &page);
	}
	if (g->ret != 1)
		return;
	if (g->kind == PL_GUP_LONGTERM)
		unpin_user_page(page);
	else
		put_page(page);
}

static void lab_follow(struct mm_struct *mm, struct pl_follow *f)
{
	struct follow_pfnmap_args args = { .address = f->addr };

	mmap_read_lock(mm);
	args.vma = vma_lookup(mm, f->addr);
	f->ret = args.vma ? follow_pfnmap_start(&args) : -ENOENT;
	if (!f->ret) {
		f->pfn = args.pfn;
		f->prot = pgprot_val(args.pgprot);
		f->writable = args.writable;
		f->special = args.special;
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 15, 0)
		f->addr_mask = args.addr_mask;
#endif
		follow_pfnmap_end(&args);
	}
	mmap_read_unlock(mm);
}

static long lab_zap(struct mm_struct *mm, const struct pl_range *r)
{
	struct vm_area_struct *vma;

	/* Drivers zap whole pages, and the kernel relies on it. */
	if ((r->start | r->length) & ~PAGE_MASK)
		return -EINVAL;
	mmap_read_lock(mm);
	vma = vma_lookup(mm, r->start);
	if (vma)
		LAB_ZAP(vma, r->start, r->length);
	mmap_read_unlock(mm);
	return vma ? 0 : -ENOENT;
}

/*
 * An entry whose accessed bit was cleared may still be in the TLB, and an access through it sets
 * nothing. Whether it is depends on what else ran: so that it does not, each step begins without.
 */
static void lab_flush(void)
{
#ifdef CONFIG_X86
	unsigned long cr3;

	asm volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r" (cr3) : : "memory");
#else
	local_flush_tlb_all();
#endif
}

static long lab_take(struct pl_calls __user *to)
{
	long ret = copy_to_user(to, &calls, sizeof(calls)) ? -EFAULT : 0;

	lab_flush();
	calls.n = calls.lost = 0;
	return ret;
}

static long lab_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	void __user *user = (void __user *)arg;
	struct mm_struct *mm = current->mm;
	union { struct pl_walk walk; struct pl_gup gup; struct pl_follow follow; struct pl_range range; struct pl_mm mm; struct pl_stage2 stage2; } u;
	long ret;

	if (cmd == PL_CONF)
		return copy_from_user(&conf, user, sizeof(conf)) ? -EFAULT : 0;
	if (cmd == PL_TAKE)
		return lab_take(user);
	if (cmd == PL_WATCH)
		return lab_watch(file, mm);
	if (_IOC_SIZE(cmd) > sizeof(u))
		return -ENOTTY;
	if ((_IOC_DIR(cmd) & _IOC_WRITE) && copy_from_user(&u, user, _IOC_SIZE(cmd)))
		return -EFAULT;

	switch (cmd) {
	case PL_WALK:
		mmap_read_lock(mm);
		lab_walk(mm, &u.walk);
		mmap_read_unlock(mm);
		break;
	case PL_GUP:
		lab_gup(mm, &u.gup);
		break;
	case PL_FOLLOW:
		lab_follow(mm, &u.follow);
		break;
	case PL_UNMAP:
		unmap_mapping_range(file->f_mapping, u.range.start, u.range.length, 1);
		break;
	case PL_ZAP:
		return lab_zap(mm, &u.range);
	case PL_STAGE2:
		ret = lab_stage2(&u.stage2);
		if (ret)
			return ret;
		break;
	case PL_MM:
		u.mm.pgtables_bytes = mm_pgtables_bytes(mm);
		u.mm.filepages = get_mm_counter(mm, MM_FILEPAGES);
		break;
	default:
		return -ENOTTY;
	}
	if ((_IOC_DIR(cmd) & _IOC_READ) && copy_to_user(user, &u, _IOC_SIZE(cmd)))
		return -EFAULT;
	return 0;
}

static const struct file_operations lab_fops = {
	.owner = THIS_MODULE,
	.open = lab_open,
	.release = lab_release,
	.mmap = lab_mmap,
	.unlocked_ioctl = lab_ioctl,
};

static struct miscdevice lab_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "pfnlab",
	.fops = &lab_fops,
};
module_misc_device(lab_device);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("page table questions, answered by the running kernel");
