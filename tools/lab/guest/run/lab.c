// SPDX-License-Identifier: MIT
/* Questions to /dev/pfnlab. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include "run.h"

static struct pl_mm at_start;

void mm_init(void)
{
	ioctl(lab, PL_MM, &at_start);
}

/*
 * Touches the stack and the heap that the steps will use, so that page tables the runner itself
 * needs are there before "mm" starts to count.
 */
void settle(void)
{
	volatile char deep[1 << 16];
	char line[512];
	FILE *file = fopen("/proc/self/maps", "r");

	for (unsigned int i = 0; i < sizeof(deep); i += 1024)
		deep[i] = 0;
	while (file && fgets(line, sizeof(line), file))
		;
	if (file)
		fclose(file);
}

void op_mm(struct step *s)
{
	struct pl_mm now = at_start;

	(void)s;
	ioctl(lab, PL_MM, &now);
	printf("{\"pgtables_bytes\":%lld,\"filepages\":%lld}\n",
	       (long long)(now.pgtables_bytes - at_start.pgtables_bytes),
	       (long long)(now.filepages - at_start.filepages));
}

static unsigned int lab_mode(const char *name)
{
	if (name && !strcmp(name, "remap"))
		return PL_MODE_REMAP;
	return name && !strcmp(name, "mixed") ? PL_MODE_MIXED : PL_MODE_FAULT;
}

void op_lab(struct step *s)
{
	u64 pud_order = 0;
	struct pl_conf conf = { .mode = lab_mode(option("mode")) };

	(void)s;
	while (page_size << pud_order < level_size[2])
		pud_order++;
	conf.pfn = option_number("pfn", number(getenv("LAB_PFN")) / page_size);
	conf.npages = option_number("pages", 1 << 21);
	conf.maxorder = option_number("maxorder", pud_order);
	conf.access = flag("access");
	answer("lab", ioctl(lab, PL_CONF, &conf));
}

void op_gup(struct step *s)
{
	struct pl_gup gup = { .addr = (u64)s->map->start + s->offset, .write = flag("write") };

	gup.kind = flag("fastonly") ? PL_GUP_FASTONLY : flag("slow") ? PL_GUP_SLOW :
		   flag("longterm") ? PL_GUP_LONGTERM : PL_GUP_FAST;
	ioctl(lab, PL_GUP, &gup);
	printf("{\"gup\":%lld}\n", (long long)gup.ret);
}

void op_follow(struct step *s)
{
	struct pl_follow f = { .addr = (u64)s->map->start + s->offset };

	ioctl(lab, PL_FOLLOW, &f);
	printf("{\"follow\":%lld", (long long)f.ret);
	if (!f.ret)
		printf(",\"pfn\":\"0x%llx\",\"pgprot\":\"0x%llx\",\"writable\":%u,\"special\":%u",
		       (u64)f.pfn, (u64)f.prot, f.writable, f.special);
	if (!f.ret && f.addr_mask)
		printf(",\"addr_mask\":\"0x%llx\"", (u64)f.addr_mask);
	printf("}\n");
}

void op_zap(struct step *s)
{
	struct pl_range range = { (u64)s->map->start + s->offset, s->length };

	answer("zap", ioctl(lab, PL_ZAP, &range));
}

/* The range is one of the device file, not of a mapping. */
void op_unmaprange(struct step *s)
{
	struct pl_range range = { s->offset, s->length };

	answer("unmaprange", ioctl(lab, PL_UNMAP, &range));
}
