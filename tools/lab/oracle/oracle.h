/* SPDX-License-Identifier: MIT */
/* What a wrapper file offers to main.c. Both sides see only plain C types. */
#ifndef PFNMAP_ORACLE_H
#define PFNMAP_ORACLE_H

typedef unsigned long word;

struct oracle_helper {
	const char *name;
	const char *kind;	/* how evaluate.ts does the same with the model */
	int level;		/* 0 PTE to 4 PGD */
	word a_or, a_and;	/* the words that the helper is defined for: (a | a_or) & a_and */
	word b_or, b_and;	/* the same for the second operand */
	word (*fn)(word a, word b);
};

/* The wrappers lie one after another in a section of their own, which the linker bounds with these names. */
extern const struct oracle_helper __start_oracle_helpers[], __stop_oracle_helpers[];

#define ORACLE_HELPER(name, kind, level, a_or, a_and, b_or, b_and, expression) \
	ORACLE_HELPER_AS(__COUNTER__, name, kind, level, a_or, a_and, b_or, b_and, expression)
#define ORACLE_HELPER_AS(...) ORACLE_HELPER_WITH(__VA_ARGS__)
#define ORACLE_HELPER_WITH(id, name, kind, level, a_or, a_and, b_or, b_and, expression)		\
	static word oracle_fn_##id(word a, word b) { return (word)(expression); }		\
	static const struct oracle_helper oracle_entry_##id					\
	__attribute__((section("oracle_helpers"), used, aligned(8))) = {			\
		name, kind, level, a_or, a_and, b_or, b_and, oracle_fn_##id			\
	}

/* Sets a piece of CPU state; returns 0 for an unknown name. */
int oracle_set(const char *name, word value);

#endif
