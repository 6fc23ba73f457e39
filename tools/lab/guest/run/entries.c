// SPDX-License-Identifier: MIT
/* Page-table entries of a mapping, as the module reads them. */
#include <sys/ioctl.h>
#include "run.h"

/* A run of entries that is told as one: same level, same bits, addresses in step. */
struct fold { int level; u64 start, first, last, count; int printed; };

static int entry_at(u64 address, u64 *entry)
{
	struct pl_walk walk = { .addr = address };

	ioctl(lab, PL_WALK, &walk);
	*entry = told(walk.entry[walk.level]);
	return walk.level;
}

u64 entries_in(struct map *map, u64 offset, u64 end)
{
	u64 count = 0;

	for (u64 at = (u64)map->start + offset; at < (u64)map->start + end;) {
		u64 entry, size = level_size[entry_at(at, &entry)];

		count += entry != 0;
		at = (at / size + 1) * size;
	}
	return count;
}

static int continues(const struct fold *f, int level, u64 entry)
{
	u64 here = entry & address_mask, before = f->last & address_mask;

	if (level != f->level)
		return 0;
	if (!entry || !f->first)
		return !entry && !f->first;
	if ((entry & ~address_mask) != (f->last & ~address_mask))
		return 0;
	return here - before == (here || before ? level_size[level] : 0);
}

static void fold_print(struct fold *f, u64 map_start)
{
	if (f->level < 0)
		return;
	printf("%s{\"offset\":\"0x%llx\",\"level\":\"%s\",\"entry\":\"0x%llx\",\"count\":%llu}",
	       f->printed++ ? "," : "", f->start - map_start, level_name[f->level], f->first, f->count);
}

void op_table(struct step *s)
{
	u64 start = (u64)s->map->start, end = start + s->map->length, at = start;
	struct fold fold = { .level = -1 };

	printf("{\"table\":[");
	while (at < end) {
		u64 entry;
		int level = entry_at(at, &entry);

		if (continues(&fold, level, entry)) {
			fold.count++;
			fold.last = entry;
		} else {
			fold_print(&fold, start);
			fold = (struct fold){ level, at, entry, entry, 1, fold.printed };
		}
		at = (at / level_size[level] + 1) * level_size[level];
	}
	fold_print(&fold, start);
	printf("]}\n");
}

void op_walk(struct step *s)
{
	struct pl_walk walk = { .addr = (u64)s->map->start + s->offset };

	ioctl(lab, PL_WALK, &walk);
	printf("{\"walk\":[");
	for (unsigned int i = 0; i <= walk.level; i++)
		printf("%s{\"level\":\"%s\",\"entry\":\"0x%llx\"}", i ? "," : "", level_name[i],
		       i == walk.level ? told(walk.entry[i]) : walk.entry[i] & ~address_mask);
	printf("]}\n");
}
