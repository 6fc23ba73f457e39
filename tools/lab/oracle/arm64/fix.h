/* SPDX-License-Identifier: MIT */
/*
 * Makes the configured headers usable outside a kernel: the register TCR_EL1 becomes a variable of the program. Calls of
 * read_tcr() and its definition both go through the macro; the definition, whose argument list says void, is renamed.
 */
extern unsigned long oracle_tcr;
static inline unsigned long read_tcr_(void) { return oracle_tcr; }
#define read_tcr(...) read_tcr_##__VA_ARGS__()
