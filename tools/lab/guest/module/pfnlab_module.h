/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of the module share. */
#ifndef PFNLAB_MODULE_H
#define PFNLAB_MODULE_H

#include "../pfnlab.h"

struct file;
struct inode;
struct mm_struct;

/* watch.c: the notifier lives as long as the open file. */
int lab_open(struct inode *inode, struct file *file);
int lab_release(struct inode *inode, struct file *file);
long lab_watch(struct file *file, struct mm_struct *mm);

/* stage2.c */
long lab_stage2(struct pl_stage2 *s);

#endif
