// SPDX-License-Identifier: MIT
/*
 * What the kernel called during a step: the fault handlers (vfio-pci's through kprobes, pfnlab's
 * from its own list) and the changes of KVM's stage 2 (tracepoints).
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "run.h"

#define TOLD 1024			/* records of one step that are told; the rest is "truncated" */

static int printed;
/* The latest call of vfio-pci's handler, whose return value is still to come. */
static struct { u64 order, address, flags; } pending;

/* Without huge PFN mappings, vfio-pci has one handler, which takes no order. */
void calls_init(void)
{
	static const struct { const char *name, *order; } handlers[] = {
		{ "vfio_pci_mmap_huge_fault", "$arg2" },
		{ "vfio_pci_mmap_page_fault", "\\0" },
	};
	char probe[256];

	/* An earlier scenario of this boot set them; a second probe would tell every call twice. */
	if (!access(TRACING "events/kprobes/vf", F_OK))
		return;
	for (int i = 0; i < 2; i++) {
		snprintf(probe, sizeof(probe), "p:vf %s order=%s:u32 addr=+24($arg1):x64 flags=+40($arg1):x32\n",
			 handlers[i].name, handlers[i].order);
		if (!write_file(TRACING "kprobe_events", probe))
			continue;
		snprintf(probe, sizeof(probe), "r:vr %s ret=$retval:x32\n", handlers[i].name);
		write_file(TRACING "kprobe_events", probe);
		break;
	}
	write_file(TRACING "options/overwrite", "0");		/* when full, keep the first records */
	write_file(TRACING "events/kprobes/enable", "1");
	write_file(TRACING "events/kvmmmu/kvm_tdp_mmu_spte_changed/enable", "1");
	write_file(TRACING "events/kvm/kvm_guest_fault/enable", "1");
}

void calls_reset(void)
{
	int trace = open(TRACING "trace", O_WRONLY | O_TRUNC);
	struct pl_calls calls;

	if (trace >= 0)
		close(trace);
	ioctl(lab, PL_TAKE, &calls);
	watch_reset();
}

/* Opens the list or goes on with it; false when enough was told. */
static int next_record(void)
{
	if (printed++ >= TOLD)
		return 0;
	printf(printed > 1 ? "," : "{\"calls\":[");
	return 1;
}

static void print_call(const char *handler, u64 order, u64 ret, int write, u64 address)
{
	if (!next_record())
		return;
	printf("{\"handler\":\"%s\",\"order\":%llu,\"ret\":\"0x%llx\",\"write\":%d,", handler, order, ret, write);
	map_print_place(address);
	printf("}");
}

u64 trace_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoull(at + strlen(name), NULL, 0) : 0;
}

/* "ipa 0x…": a fault of the guest that the host takes; not the store that ends the guest's code. */
static void print_guest_fault(const char *text)
{
	u64 ipa = strtoull(text, NULL, 16);

	if (ipa != 0x08000000 && next_record())
		printf("{\"s2fault\":\"0x%llx\"}", ipa);
}

static void print_spte(const char *text)
{
	const char *at = strstr(text, "gfn");
	u64 gfn, before, after;
	int level, is_table, was_table;

	if (!at || sscanf(at, "gfn %llx level %d old_spte %llx new_spte %llx", &gfn, &level, &before, &after) != 4)
		return;
	is_table = level > 1 && (after & 1) && !(after & 0x80);
	was_table = level > 1 && (before & 1) && !(before & 0x80);
	if (next_record())
		printf("{\"spte\":{\"gfn\":\"0x%llx\",\"level\":%d,\"old\":\"0x%llx\",\"new\":\"0x%llx\",\"table\":%d}}",
		       gfn, level, was_table ? before & ~address_mask : told(before),
		       is_table ? after & ~address_mask : told(after), is_table);
}

static void print_trace_line(const char *line)
{
	const char *at;

	if ((at = strstr(line, "vf: "))) {
		pending.order = trace_field(at, "order=");
		pending.address = trace_field(at, "addr=");
		pending.flags = trace_field(at, "flags=");
	} else if ((at = strstr(line, "vr: "))) {
		print_call("vfio-pci", pending.order, trace_field(at, "ret="), pending.flags & 1, pending.address);
	} else if ((at = strstr(line, "kvm_guest_fault: ipa "))) {
		print_guest_fault(at + strlen("kvm_guest_fault: ipa "));
	} else if ((at = strstr(line, "kvm_tdp_mmu_spte_changed: "))) {
		print_spte(at);
	} else {
		watch_line(line);
	}
}

void calls_print(void)
{
	struct pl_calls calls;
	FILE *trace = fopen(TRACING "trace", "r");
	char line[512];

	printed = 0;
	if (!ioctl(lab, PL_TAKE, &calls))
		for (unsigned int i = 0; i < calls.n; i++)
			print_call("lab", calls.call[i].order, calls.call[i].ret, calls.call[i].flags & 1,
				   calls.call[i].address);
	while (trace && fgets(line, sizeof(line), trace))
		print_trace_line(line);
	if (trace)
		fclose(trace);
	if (printed)
		printf(printed > TOLD ? "],\"truncated\":true}\n" : "]}\n");
	watch_print();
}
