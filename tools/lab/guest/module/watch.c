// SPDX-License-Identifier: GPL-2.0
/* An MMU notifier of the process that asks for one. */
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mmu_notifier.h>
#include <linux/slab.h>
#include "pfnlab_module.h"

/*
 * A notifier that does nothing: the runner sets probes on its three functions, so its calls stand
 * in the trace in order with everything else.
 */
static noinline int lab_notify_start(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	barrier();
	return 0;
}

static noinline void lab_notify_end(struct mmu_notifier *mn, const struct mmu_notifier_range *range)
{
	barrier();
}

static noinline void lab_notify_secondary(struct mmu_notifier *mn, struct mm_struct *mm,
					  unsigned long start, unsigned long end)
{
	barrier();
}

static const struct mmu_notifier_ops lab_range_ops = {
	.invalidate_range_start = lab_notify_start,
	.invalidate_range_end = lab_notify_end,
};

/* The kernel takes no notifier that has both kinds of functions. */
static const struct mmu_notifier_ops lab_secondary_ops = {
	.arch_invalidate_secondary_tlbs = lab_notify_secondary,
};

struct lab_watch { struct mmu_notifier range, secondary; };

long lab_watch(struct file *file, struct mm_struct *mm)
{
	struct lab_watch *watch;
	long ret;

	if (file->private_data)
		return -EBUSY;
	watch = kzalloc(sizeof(*watch), GFP_KERNEL);
	if (!watch)
		return -ENOMEM;
	watch->range.ops = &lab_range_ops;
	watch->secondary.ops = &lab_secondary_ops;
	ret = mmu_notifier_register(&watch->range, mm);
	if (ret)
		goto free;
	ret = mmu_notifier_register(&watch->secondary, mm);
	if (ret)
		goto unregister;
	file->private_data = watch;
	return 0;

unregister:
	mmu_notifier_unregister(&watch->range, mm);
free:
	kfree(watch);
	return ret;
}

int lab_open(struct inode *inode, struct file *file)
{
	file->private_data = NULL;	/* misc_open() left the device there */
	return 0;
}

int lab_release(struct inode *inode, struct file *file)
{
	struct lab_watch *watch = file->private_data;

	if (watch) {
		mmu_notifier_unregister(&watch->secondary, watch->secondary.mm);
		mmu_notifier_unregister(&watch->range, watch->range.mm);
		kfree(watch);
	}
	return 0;
}
