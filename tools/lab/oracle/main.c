// SPDX-License-Identifier: MIT
/*
 * Runs the wrappers of one architecture. Usage:
 *
 *     oracle RANDOM_WORDS [STATE=VALUE ...] < sample words
 *
 * Reads the sample words (hexadecimal, one a line) and prints a line for each helper: its description, the results for
 * the sample words, a checksum of the results for all patterned words, and one for the seeded random words. words.ts
 * makes the same words and the same checksum.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oracle.h"

struct prng { uint32_t x, y, z, w; };

static uint32_t next32(struct prng *p)
{
	uint32_t t = p->x ^ (p->x << 11);

	p->x = p->y;
	p->y = p->z;
	p->z = p->w;
	p->w = p->w ^ (p->w >> 19) ^ t ^ (t >> 8);
	return p->w;
}

static word uniform(struct prng *p)
{
	word lo = next32(p);

	return ((word)next32(p) << 32) | lo;
}

/* A quarter each: uniform, few bits set, many bits set, and like an entry of the first 64 GiB. */
static word random_word(struct prng *p)
{
	uint32_t shape = next32(p) & 3;
	word first = uniform(p), second = uniform(p);

	switch (shape) {
	case 0:
		return first;
	case 1:
		return first & second;
	case 2:
		return first | second;
	default:
		return (first & 0xfff0000ffffffffful) | (second & 1);
	}
}

#define PATTERNS_HIGH 8
#define PATTERNS_ADDRESS 4
#define PATTERNS (1 + 64 + 64 + 64 * 63 / 2 + 4096 * PATTERNS_HIGH)

static word patterns[PATTERNS];

/* Zero, each bit alone and alone missing, each pair of bits, and all low flags with some high ones, the addresses in turn. */
static void make_patterns(void)
{
	static const word high[PATTERNS_HIGH] = {
		0, 1ul << 63, 1ul << 58, 1ul << 57, 1ul << 51, 9ul << 59, 0x8400000000000000, 0xfff0000000000000,
	};
	static const word address[PATTERNS_ADDRESS] = {
		0, 0x00000000e0200000, 0x0000380040001000, 0x000ffffffffff000,
	};
	size_t n = 0;

	patterns[n++] = 0;
	for (int i = 0; i < 64; i++)
		patterns[n++] = 1ul << i;
	for (int i = 0; i < 64; i++)
		patterns[n++] = ~(1ul << i);
	for (int i = 0; i < 64; i++)
		for (int j = i + 1; j < 64; j++)
			patterns[n++] = (1ul << i) | (1ul << j);
	for (word low = 0; low < 4096; low++)
		for (int i = 0; i < PATTERNS_HIGH; i++)
			patterns[n++] = low | high[i] | address[(low + i) % PATTERNS_ADDRESS];
}

struct sum { uint32_t lo, hi; };

static uint32_t rotate(uint32_t x, int by)
{
	return (x << by) | (x >> (32 - by));
}

static uint32_t mix(uint32_t sum, uint32_t lane)
{
	lane = rotate(lane * 0xcc9e2d51u, 15) * 0x1b873593u;
	return rotate(sum ^ lane, 13) * 5 + 0xe6546b64u;
}

static void add(struct sum *s, word result)
{
	s->lo = mix(s->lo, (uint32_t)result);
	s->hi = mix(s->hi, (uint32_t)(result >> 32) ^ s->lo);
}

static word run(const struct oracle_helper *h, word a, word b)
{
	return h->fn((a | h->a_or) & h->a_and, (b | h->b_or) & h->b_and);
}

static void print_sum(const struct sum *s)
{
	printf(" %08x%08x", s->hi, s->lo);
}

int main(int argc, char **argv)
{
	static word sample[4096];
	size_t samples = 0;
	long randoms = argc > 1 ? atol(argv[1]) : 0;

	for (int i = 2; i < argc; i++) {
		char *equals = strchr(argv[i], '=');

		if (!equals)
			return 2;
		*equals = 0;
		if (!oracle_set(argv[i], strtoul(equals + 1, NULL, 0))) {
			fprintf(stderr, "oracle: no state is called %s\n", argv[i]);
			return 2;
		}
	}
	while (samples < 4096 && scanf("%lx", &sample[samples]) == 1)
		samples++;
	make_patterns();
	for (const struct oracle_helper *h = __start_oracle_helpers; h < __stop_oracle_helpers; h++) {
		struct prng prng = { 123456789, 362436069, 521288629, 88675123 };
		struct sum sum = { 0, 0 };

		printf("%s %s %d %lx %lx %lx %lx", h->name, h->kind, h->level, h->a_or, h->a_and, h->b_or, h->b_and);
		for (size_t i = 0; i < PATTERNS; i++)
			add(&sum, run(h, patterns[i], patterns[(i * 31 + 7) % PATTERNS]));
		print_sum(&sum);
		sum = (struct sum){ 0, 0 };
		for (long i = 0; i < randoms; i++) {
			word a = random_word(&prng);

			add(&sum, run(h, a, random_word(&prng)));
		}
		print_sum(&sum);
		for (size_t i = 0; i < samples; i++)
			printf(" %lx", run(h, sample[i], sample[(i * 7 + 3) % samples]));
		printf("\n");
	}
	return 0;
}
