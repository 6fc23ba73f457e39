/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR MIT */
/* The ioctl interface of /dev/pfnlab, shared by the kernel module and the scenario runner. */
#ifndef PFNLAB_H
#define PFNLAB_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define PL_MODE_FAULT 0		/* VM_PFNMAP, inserted by fault handlers */
#define PL_MODE_REMAP 1		/* remap_pfn_range() of the whole mapping at mmap time */
#define PL_MODE_MIXED 2		/* VM_MIXEDMAP, inserted by fault handlers */

#define PL_GUP_FAST 0
#define PL_GUP_FASTONLY 1
#define PL_GUP_SLOW 2
#define PL_GUP_LONGTERM 3	/* pin_user_pages_fast() with FOLL_LONGTERM */

#define PL_CALLS 64		/* handler calls kept between two reads; later ones are counted as lost */

/* access: debuggers reach the mapping through generic_access_phys() */
struct pl_conf { __u64 pfn; __u64 npages; __u32 mode; __u32 maxorder; __u32 access; __u32 pad; };
/* entry[] is pgd, p4d, pud, pmd, pte; level is the last one read */
struct pl_walk { __u64 addr; __u64 entry[5]; __u32 level; __u32 pad; };
struct pl_gup { __u64 addr; __u32 write; __u32 kind; __s64 ret; };
struct pl_follow {
	__u64 addr; __s64 ret; __u64 pfn; __u64 prot;
	__u32 writable; __u32 special; __u64 addr_mask;
};
struct pl_range { __u64 start; __u64 length; };
struct pl_call { __u64 address; __u32 order; __u32 ret; __u32 flags; __u32 pad; };
struct pl_calls { __u32 n; __u32 lost; struct pl_call call[PL_CALLS]; };
struct pl_mm { __u64 pgtables_bytes; __u64 filepages; };

/* In and out: fd of a virtual processor, guest-physical address, entries from the first level down
 * and what each maps, in bytes. */
struct pl_stage2 { __s32 fd; __u32 n; __u64 gpa; __u64 entry[5]; __u64 size[5]; };

#define PL_CONF   _IOW('P', 1, struct pl_conf)
#define PL_WALK   _IOWR('P', 2, struct pl_walk)
#define PL_GUP    _IOWR('P', 3, struct pl_gup)
#define PL_FOLLOW _IOWR('P', 4, struct pl_follow)
#define PL_UNMAP  _IOW('P', 5, struct pl_range)
#define PL_ZAP    _IOW('P', 6, struct pl_range)
#define PL_MM     _IOR('P', 7, struct pl_mm)
#define PL_STAGE2 _IOWR('P', 10, struct pl_stage2)
#define PL_WATCH  _IO('P', 9)			/* registers an MMU notifier, as KVM would, that only looks on */
#define PL_TAKE   _IOR('P', 8, struct pl_calls)	/* reads the calls and empties the list */

#endif
