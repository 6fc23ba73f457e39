// SPDX-License-Identifier: MIT
/* Questions that go through /proc or another process's interface. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>
#include "run.h"

void op_readv(struct step *s)
{
	char bytes[8];
	struct iovec local = { bytes, 8 }, remote = { s->map->start + s->offset, 8 };

	answer("readv", process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

void op_procmem(struct step *s)
{
	char bytes[8];
	int file = open("/proc/self/mem", O_RDWR);
	long result = pread(file, bytes, 8, (off_t)(u64)(s->map->start + s->offset));
	int error = errno;

	close(file);
	errno = error;
	answer("procmem", result);
}

void op_pagemap(struct step *s)
{
	int file = open("/proc/self/pagemap", O_RDONLY);
	u64 value = 0;

	(void)!pread(file, &value, 8, ((u64)s->map->start + s->offset) / page_size * 8);
	close(file);
	printf("{\"pagemap\":\"0x%llx\"}\n", value);
}

/* Prints the lines "Key: N kB" of the keys asked for, of the VMA that starts at the address, or of all. */
static void print_keys(const char *path, u64 start, int any, const char *const *keys)
{
	FILE *file = fopen(path, "r");
	int on = any, printed = 0;
	char line[512];

	while (file && fgets(line, sizeof(line), file)) {
		unsigned long from, to, value;
		char key[32];

		if (!any && sscanf(line, "%lx-%lx", &from, &to) == 2) {
			on = from == start;
			continue;
		}
		if (!on || sscanf(line, "%31[^:]: %lu", key, &value) != 2)
			continue;
		for (int i = 0; keys[i]; i++)
			if (!strcmp(key, keys[i]))
				printf("%s\"%s\":%lu", printed++ ? "," : "", key, value);
	}
	if (file)
		fclose(file);
}

void op_smaps(struct step *s)
{
	static const char *const keys[] = { "Size", "Rss", "THPeligible", NULL };

	printf("{\"smaps\":{");
	print_keys("/proc/self/smaps", (u64)s->map->start, 0, keys);
	printf("}}\n");
}

/* Only what a mapping of a device could change: the rest is the process's own memory. */
void op_smapsrollup(struct step *s)
{
	static const char *const keys[] = { "AnonHugePages", "ShmemPmdMapped", "FilePmdMapped", NULL };

	(void)s;
	printf("{\"smapsrollup\":{");
	print_keys("/proc/self/smaps_rollup", 0, 1, keys);
	printf("}}\n");
}

/* Of the line of this mapping: its policy, and the page counts. */
void op_numamaps(struct step *s)
{
	static const char *const keys[] = { "anon", "dirty", "mapped", "mapmax", "N0", NULL };
	FILE *file = fopen("/proc/self/numa_maps", "r");
	char line[512];

	printf("{\"numamaps\":{");
	while (file && fgets(line, sizeof(line), file)) {
		char *w = strtok(line, " \n");

		if (!w || strtoull(w, NULL, 16) != (u64)s->map->start || !(w = strtok(NULL, " \n")))
			continue;
		printf("\"policy\":\"%s\"", w);
		while ((w = strtok(NULL, " \n"))) {
			char *value = strchr(w, '=');

			if (!value)
				continue;
			*value++ = 0;
			for (int i = 0; keys[i]; i++)
				if (!strcmp(w, keys[i]))
					printf(",\"%s\":%llu", w, strtoull(value, NULL, 10));
		}
	}
	if (file)
		fclose(file);
	printf("}}\n");
}

void op_clearrefs(struct step *s)
{
	(void)s;
	answer("clearrefs", write_file("/proc/self/clear_refs", nwords > 1 ? word[1] : "1") ? 0 : -1);
}

/* A page of BAR 2 failed; init left the address of the BAR in LAB_PFN. */
void op_hardoffline(struct step *s)
{
	const char *bar = getenv("LAB_PFN");
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (bar ? strtoull(bar, NULL, 0) : 0) + s->offset);
	answer("hardoffline", write_file("/sys/devices/system/memory/hard_offline_page", text) ? 0 : -1);
}
