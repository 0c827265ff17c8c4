/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's memory without DPDK: lists of memory segments at addresses that nobody accesses, and
 * the events that EAL sends. One event callback, one validator, no locks, not thread safe.
 */

#ifndef FAKE_EAL_H
#define FAKE_EAL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <rte_eal.h>
#include <rte_log.h>
#include <rte_memory.h>

#define FAKE_EAL_LISTS 8
#define FAKE_EAL_PAGES 64	/**< of a list */

/** What was logged since fake_eal_reset(), each line with its level. */
extern char fake_eal_said[4096];

/** Called for each page that is joined to a run, unless NULL. */
extern void (*fake_eal_on_page)(void);

/** As --legacy-mem: no events. */
extern int fake_eal_is_legacy;

/** No memory, no hugepages, no callback, no validator, IOVA mode VA. */
void fake_eal_reset(void);

/** Whether a callback for events, or a validator, is registered. */
int fake_eal_is_watched(void);

/**
 * EAL allocates pages at @p va, whose IOVA is the VA. It asks the validator and sends an event,
 * except at start.
 *
 * @return 0; -1: rejected
 */
int fake_eal_alloc(uint64_t va, unsigned int pages, uint64_t page, int at_start);

/** EAL has a list for pages of this size, without pages. */
void fake_eal_list(uint64_t va, uint64_t page);

/** EAL has reserved @p len bytes of addresses for the list that begins at @p va. */
void fake_eal_reserve(uint64_t va, uint64_t len);

/** As rte_malloc_heap_memory_add(); without IOVAs (NULL) those of the segments are bad. */
void fake_eal_heap_add(uint64_t va, unsigned int pages, uint64_t page, const uint64_t *iovas);

/** As rte_malloc_heap_memory_attach() in the primary process: a secondary added it. */
void fake_eal_heap_attach(uint64_t va, unsigned int pages, uint64_t page);

/** The two halves of fake_eal_heap_attach(): EAL has the memory; EAL sends the event. */
void fake_eal_attach_begin(uint64_t va, unsigned int pages, uint64_t page);
void fake_eal_attach_end(uint64_t va);

/** EAL frees memory, or as rte_malloc_heap_memory_remove(); sends an event. */
void fake_eal_free(uint64_t va);

/**
 * RLIMIT_MEMLOCK of the process is that of the fake kernel: with --wrap=getrlimit64. A process
 * with CAP_IPC_LOCK has none.
 */
int __wrap_getrlimit64(int resource, struct rlimit *out);

/** The IOVA in the segment of an address. */
uint64_t fake_eal_iova(uint64_t va);

#endif /* FAKE_EAL_H */
