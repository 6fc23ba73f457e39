// SPDX-License-Identifier: MIT
/* A line of the scenario: words, key=value options, numbers with suffixes. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "run.h"

#define WORDS 24
#define LINE 512

char *word[WORDS];
int nwords;

void words_split(const char *line)
{
	static char copy[LINE];

	strncpy(copy, line, LINE - 1);
	nwords = 0;
	for (char *w = strtok(copy, " \t\r\n"); w && nwords < WORDS && *w != '#'; w = strtok(NULL, " \t\r\n"))
		word[nwords++] = w;
}

u64 number(const char *text)
{
	int hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
	char *end;
	u64 value = strtoull(text, &end, hex ? 16 : 10);

	switch (*end) {
	case 'T': value <<= 10; /* fallthrough */
	case 'G': value <<= 10; /* fallthrough */
	case 'M': value <<= 10; /* fallthrough */
	case 'K': value <<= 10; end++;
	}
	return *end == '+' ? value + number(end + 1) : value;
}

const char *option(const char *key)
{
	size_t length = strlen(key);

	for (int i = 1; i < nwords; i++)
		if (!strncmp(word[i], key, length) && word[i][length] == '=')
			return word[i] + length + 1;
	return NULL;
}

u64 option_number(const char *key, u64 missing)
{
	const char *value = option(key);

	return value ? number(value) : missing;
}

int flag(const char *name)
{
	for (int i = 1; i < nwords; i++)
		if (!strcmp(word[i], name))
			return 1;
	return 0;
}

int option_prot(const char *missing)
{
	const char *value = option("prot");

	if (!value)
		value = missing;
	if (!strcmp(value, "none"))
		return PROT_NONE;
	return (strchr(value, 'r') ? PROT_READ : 0) | (strchr(value, 'w') ? PROT_WRITE : 0) |
	       (strchr(value, 'x') ? PROT_EXEC : 0);
}
