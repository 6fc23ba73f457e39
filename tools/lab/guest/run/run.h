/* SPDX-License-Identifier: MIT */
/*
 * The scenario runner of the guest. One step a line of the scenario: the line is printed behind
 * "> ", then its answers, one JSON object a line. The language is described in SCENARIO.md.
 */
#ifndef RUN_H
#define RUN_H

#include <stdint.h>
#include <stdio.h>
#include "../pfnlab.h"

typedef unsigned long long u64;

/* A named mapping of the scenario. */
struct map { char name[16]; char *start; u64 length; };

/* What a step is called with: its map, if the operation names one, and the usual two options. */
struct step { struct map *map; u64 offset; u64 length; };

/* The machine, read once at the start (machine.c). */
extern u64 page_size;
extern u64 level_size[5];
extern u64 address_mask;
extern const char *const level_name[5];
extern int lab;				/* /dev/pfnlab */
void machine_init(void);
void machine_pin(int cpu);		/* the calling thread stays on this processor, where it is there */
u64 told(u64 entry);			/* an entry as it is told: the address of RAM is taken out */

/* The words of the current line (words.c). */
extern char *word[];
extern int nwords;
void words_split(const char *line);
u64 number(const char *text);
const char *option(const char *key);
u64 option_number(const char *key, u64 missing);
int flag(const char *name);
int option_prot(const char *missing);

/* The mappings (maps.c). */
struct map *map_find(const char *name);
struct map *map_add(const char *name, char *start, u64 length);
void *map_room(u64 length, u64 align, u64 phase);	/* the next free address of that alignment */
int map_holds(u64 address);				/* it lies in a mapping */
void map_print_place(u64 address);			/* "map":NAME,"offset":… */

/* A step without its echo (main.c), also in a second process that stays (peer.c). */
void run_step(const char *line);
void op_peer(struct step *s);
void op_endpeer(struct step *s);
void peer_step(const char *line);

/* Answers (answer.c). */
void answer(const char *what, long result);		/* {"what":result,"errno":E} */
int write_file(const char *path, const char *text);	/* true if it was written */

/* The calls of fault handlers and the changes of stage 2 during a step (calls.c). */
void calls_init(void);
void calls_reset(void);
void calls_print(void);

#define TRACING "/sys/kernel/tracing/"
u64 trace_field(const char *text, const char *name);	/* the number behind "name" in a trace line */

/* Notifiers and TLB flushes, once asked for (watch.c). */
void watch_reset(void);
void watch_line(const char *line);			/* a line of the trace */
void watch_print(void);
void op_watch(struct step *s);

/* The operations, by what they ask. Each prints its answers. */
void op_mmap(struct step *s);
int touch(struct map *map, u64 offset, int write);	/* one byte; the signal that answered, or 0 */
void op_touch(struct step *s);
void op_touchall(struct step *s);
void op_munmap(struct step *s);
void op_mprotect(struct step *s);
void op_mremap(struct step *s);
void op_madvise(struct step *s);
void op_processmadvise(struct step *s);
void op_mlock(struct step *s);
void op_mbind(struct step *s);
void op_mincore(struct step *s);
void op_movepages(struct step *s);
void op_uffd(struct step *s);
void touch_init(void);

u64 entries_in(struct map *map, u64 offset, u64 end);	/* how many entries are not empty */
void op_table(struct step *s);
void op_walk(struct step *s);
void op_gup(struct step *s);
void op_follow(struct step *s);
void op_zap(struct step *s);
void op_unmaprange(struct step *s);
void op_lab(struct step *s);
void op_mm(struct step *s);
void settle(void);			/* makes the page tables that the process itself needs */
void mm_init(void);

void op_readv(struct step *s);
void op_procmem(struct step *s);
void op_pagemap(struct step *s);
void op_smaps(struct step *s);
void op_smapsrollup(struct step *s);
void op_numamaps(struct step *s);
void op_clearrefs(struct step *s);
void op_hardoffline(struct step *s);

void op_vfio(struct step *s);
int write_command(uint16_t value);	/* 2, or -1 */
void op_command(struct step *s);
void op_hotdisable(struct step *s);
void op_reset(struct step *s);
void op_dmamap(struct step *s);
void op_dmaunmap(struct step *s);
int vfio_map_source(const char *bar, u64 *offset);	/* the file and the offset of a BAR in it */

void op_kvm(struct step *s);
void op_kvmslot(struct step *s);
void op_kvmaccess(struct step *s);
void op_kvmstat(struct step *s);
void op_stage2(struct step *s);

#endif
