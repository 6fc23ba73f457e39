// SPDX-License-Identifier: MIT
/* The named mappings and where they are placed. */
#include <string.h>
#include "run.h"

#define MAPS 64

static struct map maps[MAPS];
static int nmaps;
/* Mappings are placed from here up, far from the process's own. */
static u64 cursor = 0x200000000000ull;

struct map *map_find(const char *name)
{
	for (int i = 0; i < nmaps; i++)
		if (!strcmp(maps[i].name, name))
			return &maps[i];
	printf("{\"error\":\"no map %s\"}\n", name);
	return NULL;
}

struct map *map_add(const char *name, char *start, u64 length)
{
	struct map *map = nmaps < MAPS ? &maps[nmaps++] : NULL;

	if (!map)
		return NULL;
	strncpy(map->name, name, sizeof(map->name) - 1);
	map->start = start;
	map->length = length;
	return map;
}

void *map_room(u64 length, u64 align, u64 phase)
{
	u64 at = (cursor + align - 1) / align * align + phase;

	cursor = at + (length + page_size - 1) / page_size * page_size + page_size;
	return (void *)at;
}

static struct map *map_at(u64 address)
{
	for (int i = 0; i < nmaps; i++)
		if (address >= (u64)maps[i].start && address < (u64)maps[i].start + maps[i].length)
			return &maps[i];
	return NULL;
}

int map_holds(u64 address)
{
	return map_at(address) != NULL;
}

void map_print_place(u64 address)
{
	struct map *map = map_at(address);

	if (map)
		printf("\"map\":\"%s\",\"offset\":\"0x%llx\"", map->name, address - (u64)map->start);
	else
		printf("\"map\":null");
}
