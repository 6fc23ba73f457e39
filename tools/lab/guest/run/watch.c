// SPDX-License-Identifier: MIT
/*
 * What a second reader of the page tables is told: the calls of the MMU notifier that pfnlab
 * registers, and (x86) the flushes of the TLB. The records are gathered while the trace is read.
 */
#include <string.h>
#include <sys/ioctl.h>
#include "run.h"

#define EVENTS 256

static struct event { char kind; u64 start, end, what, tables; } events[EVENTS];
static int watching, count, lost;

/* enum mmu_notifier_event */
static const char *const reasons[] = {
	"unmap", "clear", "protection_vma", "protection_page", "soft_dirty", "release", "migrate", "exclusive",
};

static const char *const probes[] = {
	"p:ws lab_notify_start start=+8($arg2):x64 end=+16($arg2):x64 what=+28($arg2):u32\n",
	"p:we lab_notify_end start=+8($arg2):x64 end=+16($arg2):x64 what=+28($arg2):u32\n",
	"p:wt lab_notify_secondary start=$arg3:x64 end=$arg4:x64\n",
	/* arm64 flushes in an inline function, which no probe can be set on */
	"p:wf flush_tlb_mm_range start=$arg2:x64 end=$arg3:x64 what=$arg4:u32 tables=$arg5:u8\n",
};

void op_watch(struct step *s)
{
	(void)s;
	for (unsigned int i = 0; i < sizeof(probes) / sizeof(*probes); i++)
		write_file(TRACING "kprobe_events", probes[i]);
	write_file(TRACING "events/kprobes/enable", "1");
	watching = 1;
	answer("watch", ioctl(lab, PL_WATCH));
}

void watch_reset(void)
{
	count = lost = 0;
}

/* Ranges of the process's own memory are no part of the scenario. */
static int concerns(u64 start, u64 end)
{
	return end == ~0ull || map_holds(start) || map_holds(end - 1);
}

void watch_line(const char *line)
{
	static const char kinds[] = "setf";
	const char *at = NULL;
	struct event e = { 0 };

	if (!watching)
		return;
	for (int i = 0; kinds[i] && !at; i++) {
		char name[] = { ' ', 'w', (e.kind = kinds[i]), ':', ' ', 0 };

		at = strstr(line, name);
	}
	if (!at)
		return;
	e.start = trace_field(at, "start=");
	e.end = trace_field(at, "end=");
	e.what = trace_field(at, "what=");
	e.tables = trace_field(at, "tables=");
	if (!concerns(e.start, e.end))
		return;
	if (count < EVENTS)
		events[count++] = e;
	else
		lost = 1;
}

static void print_event(const struct event *e)
{
	static const char *const kinds[] = { ['s'] = "start", ['e'] = "end", ['t'] = "secondary" };

	if (e->kind == 'f')
		printf("{\"flush\":\"%s\",", e->end == ~0ull ? "all" : "range");
	else
		printf("{\"notify\":\"%s\",", kinds[(int)e->kind]);
	if (e->kind == 's' || e->kind == 'e')
		printf("\"reason\":\"%s\",", e->what < 8 ? reasons[e->what] : "?");
	if (e->kind == 'f' && e->end != ~0ull)
		printf("\"stride\":\"0x%llx\",\"tables\":%llu,", 1ull << e->what, e->tables);
	if (e->end == ~0ull)
		printf("\"map\":null");
	else
		map_print_place(e->start);
	if (e->end != ~0ull)
		printf(",\"length\":\"0x%llx\"", e->end - e->start);
	printf("}");
}

void watch_print(void)
{
	if (!watching || !count)
		return;
	printf("{\"events\":[");
	for (int i = 0; i < count; i++) {
		printf(i ? "," : "");
		print_event(&events[i]);
	}
	printf(lost ? "],\"truncated\":true}\n" : "]}\n");
}
