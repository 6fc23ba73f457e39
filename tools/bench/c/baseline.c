// SPDX-License-Identifier: MIT
// The work of the benchmark in plain C: page tables of x86-64 in an arena of simulated RAM, the same entries, the same
// order. Prints one JSON object: nanoseconds for each case, and what the tables held.
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef uint64_t word;

enum { ENTRIES = 512, FRAMES = 65536, MOST_TOGETHER = 50 };

static const word GIB = 1ull << 30, MIB2 = 2ull << 20, KIB4 = 4096;
static const word VA = 0x7f0000000000ull, PA = 0x200000000ull;
static const word TABLE = 0x067, LEAF = 0x8000000000000277ull, HUGE = 0x80;
static const word ADDRESS = 0x000ffffffffff000ull;

static word (*ram)[ENTRIES];
static uint32_t freed[FRAMES];
static uint32_t freed_count, unused = 1, in_use;

static uint32_t alloc_frame(void)
{
	uint32_t frame = freed_count ? freed[--freed_count] : unused++;

	if (frame >= FRAMES)
		abort();
	memset(ram[frame], 0, sizeof(ram[frame]));
	in_use++;
	return frame;
}

static void free_frame(uint32_t frame)
{
	freed[freed_count++] = frame;
	in_use--;
}

static inline unsigned int index_at(word va, int level)
{
	return va >> (12 + 9 * level) & (ENTRIES - 1);
}

static inline word *table_of(word entry)
{
	return ram[(entry & ADDRESS) >> 12];
}

static inline word *table_below(word *entry)
{
	if (!*entry)
		*entry = (word)alloc_frame() << 12 | TABLE;
	return table_of(*entry);
}

// One page from the root down, as the one-page call of the model.
__attribute__((noinline)) static int map_page(uint32_t root, word va, word pa, int level)
{
	word *table = ram[root];

	for (int at = 3; at > level; at--)
		table = table_below(&table[index_at(va, at)]);
	word *entry = &table[index_at(va, level)];
	if (*entry)
		return 0;
	*entry = pa | LEAF | (level ? HUGE : 0);
	return 1;
}

__attribute__((noinline)) static void map_range(uint32_t root, word va, word pa, word length)
{
	for (word done = 0; done < length;) {
		word *table = ram[root];

		for (int at = 3; at > 0; at--)
			table = table_below(&table[index_at(va + done, at)]);
		for (unsigned int i = index_at(va + done, 0); i < ENTRIES && done < length; i++, done += KIB4)
			table[i] = (pa + done) | LEAF;
	}
}

__attribute__((noinline)) static word translate(uint32_t root, word va)
{
	word *table = ram[root];

	for (int level = 3;; level--) {
		word entry = table[index_at(va, level)];

		if (!(entry & 1))
			return ~0ull;
		if (level == 0 || entry & HUGE)
			return ((entry & ADDRESS) + (va & ((KIB4 << 9 * level) - 1))) >> 12;
		table = table_of(entry);
	}
}

// Empties everything below a table and gives the tables back.
static void unmap_below(word *table, int level)
{
	for (int i = 0; i < ENTRIES; i++) {
		word entry = table[i];

		if (!entry)
			continue;
		if (level > 0 && !(entry & HUGE)) {
			unmap_below(table_of(entry), level - 1);
			free_frame((entry & ADDRESS) >> 12);
		}
		table[i] = 0;
	}
}

__attribute__((noinline)) static void unmap_all(uint32_t root)
{
	unmap_below(ram[root], 3);
}

// What fork does with a shared PFN mapping: the same entries, not accessed, in tables of the child's own.
static void copy_below(const word *from, word *to, int level)
{
	for (int i = 0; i < ENTRIES; i++) {
		word entry = from[i];

		if (!entry)
			continue;
		if (level > 0 && !(entry & HUGE)) {
			uint32_t frame = alloc_frame();

			to[i] = (word)frame << 12 | TABLE;
			copy_below(table_of(entry), ram[frame], level - 1);
		} else {
			to[i] = entry & ~0x20ull;
		}
	}
}

__attribute__((noinline)) static void copy_all(uint32_t from, uint32_t to)
{
	copy_below(ram[from], ram[to], 3);
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e9 + time.tv_nsec;
}

static const double NEVER = 1e18;

static double least(double one, double other)
{
	return one < other ? one : other;
}

static int any;

static void report(const char *name, double ns)
{
	printf("%s\"%s\":%.4f", any++ ? "," : "{", name, ns);
}

static uint64_t state = 88172645463325252ull;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void map_all(uint32_t root, word size, int level)
{
	for (word at = 0; at < 8 * GIB; at += size)
		if (!map_page(root, VA + at, PA + at, level))
			abort();
}

// Maps 8 GiB by entries of one size in some address spaces, copies and unmaps them. The least time of each
// counts: what other programs on the computer add is not C's.
static void sizes(const char *name, word size, int level, int times, int together)
{
	double map = NEVER, unmap = NEVER, copy = NEVER;
	double entries = (double)(8 * GIB / size) * together;
	uint32_t root[MOST_TOGETHER], child[MOST_TOGETHER];
	char label[32];

	for (int i = 0; i < times; i++) {
		for (int j = 0; j < together; j++) {
			root[j] = alloc_frame();
			child[j] = alloc_frame();
		}
		double start = now();

		for (int j = 0; j < together; j++)
			map_all(root[j], size, level);
		map = least(map, now() - start);
		start = now();
		for (int j = 0; j < together; j++)
			copy_all(root[j], child[j]);
		copy = least(copy, now() - start);
		for (int j = 0; j < together; j++)
			unmap_all(child[j]);
		start = now();
		for (int j = 0; j < together; j++)
			unmap_all(root[j]);
		unmap = least(unmap, now() - start);
		for (int j = 0; j < together; j++) {
			free_frame(root[j]);
			free_frame(child[j]);
		}
	}
	snprintf(label, sizeof(label), "map %s", name);
	report(label, map / entries);
	snprintf(label, sizeof(label), "unmap %s", name);
	report(label, unmap / entries);
	snprintf(label, sizeof(label), "fork %s", name);
	report(label, copy / entries);
}

static void translations(const char *name, word size, int level)
{
	enum { COUNT = 10000000 };
	word *addresses = malloc(COUNT * sizeof(*addresses)), sum = 0;
	uint32_t root = alloc_frame();
	char label[32];

	map_all(root, size, level);
	for (int i = 0; i < COUNT; i++)
		addresses[i] = VA + (next_random() >> 11) % (8 * GIB);
	double best = NEVER;

	for (int time = 0; time < 3; time++) {
		double start = now();

		for (int i = 0; i < COUNT; i++)
			sum += translate(root, addresses[i]);
		best = least(best, now() - start);
	}
	snprintf(label, sizeof(label), "translate %s", name);
	report(label, best / COUNT + (sum == 0));
	unmap_all(root);
	free_frame(root);
	free(addresses);
}

int main(void)
{
	ram = aligned_alloc(4096, (size_t)FRAMES * 4096);
	if (!ram)
		return 1;
	memset(ram, 0, (size_t)FRAMES * 4096);
	sizes("4K", KIB4, 0, 2, 1);
	sizes("2M", MIB2, 1, 200, 1);
	sizes("1G", GIB, 2, 100, MOST_TOGETHER);
	uint32_t root = alloc_frame();
	double start = now();

	map_range(root, VA, PA, 8 * GIB);
	report("map range", (now() - start) / (8 * GIB / KIB4));
	unmap_all(root);
	free_frame(root);
	translations("4K", KIB4, 0);
	translations("2M", MIB2, 1);
	printf("}\n");
	return in_use != 0;
}
