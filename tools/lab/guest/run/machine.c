// SPDX-License-Identifier: MIT
/* What the machine is: page size, the size each level maps, where RAM lies. */
#include <fcntl.h>
#include <sched.h>
#include <unistd.h>
#include "run.h"

u64 page_size, address_mask, level_size[5];
const char *const level_name[5] = { "pgd", "p4d", "pud", "pmd", "pte" };
int lab = -1;

#ifdef __x86_64__
static const u64 ram_start = 0, ram_end = 0x40000000;
static const u64 address_bits = 1ull << 52;
#else
static const u64 ram_start = 0x40000000, ram_end = 0x80000000;
/* Entries of 52-bit addresses split the field; the lab's RAM and devices lie below 2^48. */
static const u64 address_bits = 1ull << 50;
#endif

void machine_init(void)
{
	int shift = 0;

	page_size = sysconf(_SC_PAGESIZE);
	while (1ull << shift < page_size)
		shift++;
	/* Every table is one page of 8-byte entries, so each level adds page shift - 3 bits. */
	for (int level = 4, bits = shift; level >= 0; level--, bits += shift - 3)
		level_size[level] = 1ull << bits;
	address_mask = (address_bits - 1) & ~(page_size - 1);
	lab = open("/dev/pfnlab", O_RDWR);
}

u64 told(u64 entry)
{
	u64 address = entry & address_mask;

	return address >= ram_start && address < ram_end ? entry & ~address_mask : entry;
}

void machine_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}
