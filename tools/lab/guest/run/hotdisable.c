// SPDX-License-Identifier: MIT
/*
 * Memory enable goes off and on while another thread accesses a mapping, on another processor where
 * the machine has one. What is answered does not depend on who is faster: an access counts only if
 * memory enable stood still during it, and each time it does so until all of the range was accessed.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include "run.h"

#define MEMORY_AND_BUS_MASTER 6
#define STILL(phase) (!((phase) & 1))
#define IS_OFF(phase) ((phase) >> 1 & 1)

/* Even while memory enable stands still, on in every other of these phases; odd while it is written. */
static atomic_uint phase;
/* The latest phase in which all of the range was accessed. */
static atomic_uint swept;
static atomic_int stopped;
/* Bit N of the first: signal N answered an access while memory was on; of the second, off. */
static atomic_uint seen[2];

struct sweep { struct map *map; u64 offset, end, step; int write; };

/* One access to every step of the range, in one phase or several. */
static void sweep(const struct sweep *job)
{
	unsigned int first = phase;

	for (u64 at = job->offset; at < job->end && !stopped; at += job->step) {
		unsigned int before = phase;
		int signal = touch(job->map, at, job->write);

		if (STILL(before) && phase == before)
			seen[IS_OFF(before)] |= 1u << signal;
	}
	if (STILL(first) && phase == first && !stopped)
		swept = first;
}

static void *sweep_until_stopped(void *job)
{
	machine_pin(1);
	while (!stopped)
		sweep(job);
	return NULL;
}

static void begin_phase(int command)
{
	phase++;
	write_command(command);
	phase++;
}

static void wait_for_sweep(void)
{
	while (swept != phase)
		sched_yield();
}

static void print_signals(const char *name, unsigned int bits)
{
	const char *comma = "";

	printf(",\"%s\":[", name);
	for (int signal = 0; signal < 32; signal++) {
		if (!(bits >> signal & 1))
			continue;
		printf("%s%d", comma, signal);
		comma = ",";
	}
	printf("]");
}

/* Returns the most entries that were there while memory was off. */
static u64 disable_and_enable(const struct sweep *job, u64 rounds)
{
	u64 most = 0;

	while (rounds--) {
		u64 entries;

		begin_phase(0);
		wait_for_sweep();
		entries = entries_in(job->map, job->offset, job->end);
		most = entries > most ? entries : most;
		begin_phase(MEMORY_AND_BUS_MASTER);
		wait_for_sweep();
	}
	return most;
}

void op_hotdisable(struct step *s)
{
	static char stack[65536] __attribute__((aligned(65536)));
	struct sweep job = { s->map, s->offset, 0, option_number("step", page_size), flag("write") };
	u64 rounds = option_number("rounds", 4), entries;
	pthread_attr_t attributes;
	pthread_t thread;

	job.end = s->offset + option_number("length", s->map->length - s->offset);
	if (job.end <= job.offset || !job.step)
		errno = EINVAL;
	if (errno || write_command(MEMORY_AND_BUS_MASTER) < 0) {
		answer("hotdisable", -1);
		return;
	}
	phase = swept = -1u;
	stopped = seen[0] = seen[1] = 0;
	pthread_attr_init(&attributes);
	pthread_attr_setstack(&attributes, stack, sizeof(stack));
	if ((errno = pthread_create(&thread, &attributes, sweep_until_stopped, &job))) {
		answer("hotdisable", -1);
		return;
	}
	phase++;
	wait_for_sweep();
	entries = disable_and_enable(&job, rounds);
	stopped = 1;
	pthread_join(thread, NULL);
	printf("{\"hotdisable\":0,\"errno\":0");
	print_signals("enabled", seen[0]);
	print_signals("disabled", seen[1]);
	printf(",\"entries\":%llu}\n", entries);
	calls_reset();		/* which calls there were depends on who was faster */
}
