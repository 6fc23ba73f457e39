// SPDX-License-Identifier: MIT
/* Reads a scenario and does its steps, one after another. Usage: run FILE */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "run.h"

#define LINES 8192

static const char *lines[LINES];
static int nlines, current;

static const struct operation {
	const char *name;
	void (*run)(struct step *s);
	int map;				/* the second word names a mapping */
} operations[] = {
	{ "mmap", op_mmap, 0 },
	{ "touch", op_touch, 1 },
	{ "touchall", op_touchall, 1 },
	{ "table", op_table, 1 },
	{ "walk", op_walk, 1 },
	{ "gup", op_gup, 1 },
	{ "follow", op_follow, 1 },
	{ "zap", op_zap, 1 },
	{ "unmaprange", op_unmaprange, 0 },
	{ "munmap", op_munmap, 1 },
	{ "mprotect", op_mprotect, 1 },
	{ "mremap", op_mremap, 1 },
	{ "madvise", op_madvise, 1 },
	{ "processmadvise", op_processmadvise, 1 },
	{ "mlock", op_mlock, 1 },
	{ "mbind", op_mbind, 1 },
	{ "mincore", op_mincore, 1 },
	{ "movepages", op_movepages, 1 },
	{ "uffd", op_uffd, 1 },
	{ "mm", op_mm, 0 },
	{ "watch", op_watch, 0 },
	{ "peer", op_peer, 0 },
	{ "endpeer", op_endpeer, 0 },
	{ "readv", op_readv, 1 },
	{ "procmem", op_procmem, 1 },
	{ "pagemap", op_pagemap, 1 },
	{ "smaps", op_smaps, 1 },
	{ "smapsrollup", op_smapsrollup, 0 },
	{ "numamaps", op_numamaps, 1 },
	{ "clearrefs", op_clearrefs, 0 },
	{ "lab", op_lab, 0 },
	{ "vfio", op_vfio, 0 },
	{ "command", op_command, 0 },
	{ "reset", op_reset, 0 },
	{ "hotdisable", op_hotdisable, 1 },
	{ "hardoffline", op_hardoffline, 0 },
	{ "dmamap", op_dmamap, 1 },
	{ "dmaunmap", op_dmaunmap, 0 },
	{ "kvm", op_kvm, 0 },
	{ "kvmslot", op_kvmslot, 1 },
	{ "kvmaccess", op_kvmaccess, 0 },
	{ "kvmstat", op_kvmstat, 0 },
	{ "stage2", op_stage2, 0 },
};

static const struct operation *find_operation(const char *name)
{
	for (unsigned int i = 0; i < sizeof(operations) / sizeof(*operations); i++)
		if (!strcmp(operations[i].name, name))
			return &operations[i];
	return NULL;
}

static void do_step(const char *line);

static int at_endfork(void)
{
	return current >= nlines || !strncmp(lines[current], "endfork", 7);
}

/* The steps up to "endfork" run in the child, while the parent waits. */
static void do_fork(void)
{
	int status = 0, error;
	pid_t child;

	fflush(stdout);
	child = fork();
	error = errno;
	if (!child) {
		for (current++; !at_endfork(); current++)
			do_step(lines[current]);
		fflush(stdout);
		_exit(0);
	}
	if (child > 0)
		waitpid(child, &status, 0);
	while (!at_endfork())
		current++;
	if (child < 0) {
		errno = error;
		answer("fork", -1);
		printf("> endfork\n");
	} else {
		printf("> endfork\n{\"child\":%d}\n", status);
	}
}

void run_step(const char *line)
{
	const struct operation *operation;
	struct step s = { 0 };

	words_split(line);
	if (!nwords)
		return;
	/* A kernel that dies in the step takes with it what the console has not said yet. */
	tcdrain(STDOUT_FILENO);
	errno = 0;
	calls_reset();
	operation = find_operation(word[0]);
	if (!operation || (operation->map && nwords < 2)) {
		printf("{\"error\":\"%s\"}\n", operation ? "no map named" : "unknown step");
		return;
	}
	if (operation->map && !(s.map = map_find(word[1])))
		return;
	s.offset = option_number("offset", 0);
	s.length = option_number("length", page_size);
	operation->run(&s);
	calls_print();
}

static void do_step(const char *line)
{
	words_split(line);
	if (!nwords)
		return;
	printf("> %s\n", line);
	if (!strcmp(word[0], "fork"))
		do_fork();
	else if (!strcmp(word[0], "in"))
		peer_step(strstr(line, "in") + 2);
	else if (strcmp(word[0], "machine"))
		run_step(line);
}

/* Into memory of its own, so that the counters of "mm" see no growing heap. */
static void read_lines(const char *path)
{
	int file = open(path, O_RDONLY);
	struct stat st;
	char *text;

	if (file < 0 || fstat(file, &st) || !st.st_size)
		return;
	text = mmap(NULL, st.st_size + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (text == MAP_FAILED || read(file, text, st.st_size) != st.st_size)
		return;
	close(file);
	for (char *line = text; nlines < LINES && line && *line;) {
		char *end = strchr(line, '\n');

		if (end)
			*end++ = 0;
		lines[nlines++] = line;
		line = end;
	}
}

/*
 * khugepaged looks for work when the first process with a huge page appears, and only then does
 * it sleep as long as it was told. This is that process.
 */
static int wake_khugepaged(void)
{
	u64 length = 64 << 20;
	char *memory = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED || madvise(memory, length, MADV_HUGEPAGE))
		return 1;
	memory[length / 2] = 1;
	usleep(300000);
	return 0;
}

int main(int argc, char **argv)
{
	static char buffer[BUFSIZ];

	if (argc > 1 && !strcmp(argv[1], "--wake-khugepaged"))
		return wake_khugepaged();

	setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
	machine_pin(0);
	machine_init();
	touch_init();
	calls_init();
	if (argc > 1)
		read_lines(argv[1]);
	settle();
	mm_init();
	for (current = 0; current < nlines; current++)
		do_step(lines[current]);
	return 0;
}
