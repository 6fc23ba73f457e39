// SPDX-License-Identifier: MIT
/* System calls on mappings, and accesses to them. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include "run.h"

/* Of each thread: two may access mappings at once. */
static __thread sigjmp_buf back;
static __thread volatile sig_atomic_t armed, caught;

static void on_signal(int number)
{
	if (!armed) {
		signal(number, SIG_DFL);	/* not an access of a scenario: die of it */
		return;
	}
	caught = number;
	siglongjmp(back, 1);
}

void touch_init(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_NODEFER };

	sigaction(SIGBUS, &action, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

int touch(struct map *map, u64 offset, int write)
{
	caught = 0;
	armed = 1;
	if (!sigsetjmp(back, 1)) {
		volatile char *byte = map->start + offset;

		if (write)
			*byte = 1;
		else
			(void)*byte;
	}
	armed = 0;
	return caught;
}

void op_touch(struct step *s)
{
	printf("{\"signal\":%d}\n", touch(s->map, s->offset, flag("write")));
}

void op_touchall(struct step *s)
{
	u64 step = option_number("step", page_size), signals = 0;
	u64 end = s->offset + option_number("length", s->map->length - s->offset);
	int write = flag("write");

	for (u64 at = s->offset; step && at < end; at += step)
		signals += touch(s->map, at, write) != 0;
	printf("{\"signals\":%llu}\n", signals);
}

static void answer_placed(const char *what, void *address)
{
	if (address == MAP_FAILED)
		answer(what, -1);
	else
		printf("{\"%s\":0,\"errno\":0,\"address\":\"0x%llx\"}\n", what, (u64)address);
}

void op_mmap(struct step *s)
{
	int flags = flag("private") ? MAP_PRIVATE | MAP_NORESERVE : MAP_SHARED, file = -1, error;
	const char *source = word[2];
	u64 offset = s->offset;
	char *address;
	void *room;

	if (nwords < 3) {
		printf("{\"error\":\"no map named\"}\n");
		return;
	}
	room = NULL;
	if (!flag("anywhere")) {
		room = map_room(s->length, option_number("align", page_size), option_number("phase", 0));
		flags |= MAP_FIXED_NOREPLACE;
	}
	if (!strcmp(source, "lab"))
		file = lab;
	else if (!strcmp(source, "anon"))
		flags |= MAP_ANONYMOUS;
	else
		file = vfio_map_source(source, &offset);
	address = mmap(room, s->length, option_prot("rw"), flags, file,
		       file < 0 ? 0 : offset);
	error = errno;
	if (address != MAP_FAILED && !map_add(word[1], address, s->length)) {
		printf("{\"error\":\"too many maps\"}\n");
		return;
	}
	errno = error;
	answer_placed("mmap", address);
}

void op_munmap(struct step *s)
{
	answer("munmap", munmap(s->map->start + s->offset, s->length));
}

void op_mprotect(struct step *s)
{
	answer("mprotect", mprotect(s->map->start + s->offset, s->length, option_prot("none")));
}

void op_mremap(struct step *s)
{
	u64 length = option_number("length", s->map->length);
	void *room = map_room(length, option_number("align", page_size), option_number("phase", 0));
	char *address = mremap(s->map->start, s->map->length, length, MREMAP_MAYMOVE | MREMAP_FIXED, room);

	if (address != MAP_FAILED) {
		s->map->start = address;
		s->map->length = length;
	}
	answer_placed("mremap", address);
}

void op_madvise(struct step *s)
{
	answer("madvise", madvise(s->map->start + s->offset, s->length, option_number("advice", 4)));
}

/* The same through a pidfd of oneself. */
void op_processmadvise(struct step *s)
{
	struct iovec range = { s->map->start + s->offset, s->length };
	int self = syscall(SYS_pidfd_open, getpid(), 0), error;
	long result = syscall(SYS_process_madvise, self, &range, 1, option_number("advice", 4), 0);

	error = errno;
	close(self);
	errno = error;
	answer("processmadvise", result);
}

void op_mlock(struct step *s)
{
	answer("mlock", mlock(s->map->start + s->offset, s->length));
}

static int policy(const char *name)
{
	static const char *const names[] = { "default", "preferred", "bind", "interleave", "local" };

	for (int i = 0; name && i < 5; i++)
		if (!strcmp(name, names[i]))
			return i;
	return MPOL_DEFAULT;
}

void op_mbind(struct step *s)
{
	int mode = policy(option("policy"));
	unsigned long node0 = 1;
	int nodes = mode == MPOL_PREFERRED || mode == MPOL_BIND || mode == MPOL_INTERLEAVE;
	int flags = (flag("strict") ? MPOL_MF_STRICT : 0) | (flag("move") ? MPOL_MF_MOVE : 0);

	answer("mbind", syscall(SYS_mbind, s->map->start + s->offset, s->length, mode,
				nodes ? &node0 : NULL, nodes ? 64 : 0, flags));
}

/* In pieces, so that the answer needs no memory of its own. */
void op_mincore(struct step *s)
{
	static unsigned char in_core[4096];
	char *at = s->map->start + s->offset, *end = at + s->length;
	u64 resident = 0;

	while (at < end) {
		u64 piece = (u64)(end - at) < sizeof(in_core) * page_size ? (u64)(end - at) : sizeof(in_core) * page_size;

		if (mincore(at, piece, in_core)) {
			answer("mincore", -1);
			return;
		}
		for (u64 i = 0; i < (piece + page_size - 1) / page_size; i++)
			resident += in_core[i] & 1;
		at += piece;
	}
	printf("{\"mincore\":0,\"errno\":0,\"resident\":%llu}\n", resident);
}

/* Where the page is: nothing is moved. */
void op_movepages(struct step *s)
{
	void *page = s->map->start + s->offset;
	int status = 0;
	long result = syscall(SYS_move_pages, 0, 1UL, &page, NULL, &status, 0);

	printf("{\"node\":%d}\n", result ? -errno : status);
}

/* Registers a range with a userfaultfd and lets it go at once. */
void op_uffd(struct step *s)
{
	const char *mode = option("mode");
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = { .range = { (u64)s->map->start + s->offset, s->length } };
	int file = syscall(SYS_userfaultfd, O_CLOEXEC), error;
	long result = file < 0 || ioctl(file, UFFDIO_API, &api) ? -1 : 0;

	reg.mode = mode && !strcmp(mode, "wp") ? UFFDIO_REGISTER_MODE_WP :
		   mode && !strcmp(mode, "minor") ? UFFDIO_REGISTER_MODE_MINOR : UFFDIO_REGISTER_MODE_MISSING;
	if (!result)
		result = ioctl(file, UFFDIO_REGISTER, &reg);
	error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	answer("uffd", result);
}
