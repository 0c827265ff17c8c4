/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's memory, mapped in an address space: what the tests of dma_sync.h share.
 */

#ifndef CONFORMANCE_SYNC_SPACE_H
#define CONFORMANCE_SYNC_SPACE_H

#include "common.h"
#include "eal/dma_sync.h"
#include "fake_eal.h"

#define MIB UINT64_C(0x100000)
#define GIB (1024 * MIB)
#define LARGE (2 * MIB)
#define TOP_IOVA ((UINT64_C(1) << 39) - 1)
#define NOWHERE (UINT64_C(1) << 63)

#define EAL_VA (4 * GIB)			/* 4 pages at start */
#define BAD_VA (UINT64_C(0x7f0000000000) + 6 * MIB)
#define GOOD_VA (64 * GIB)
#define MSI UINT64_C(0xfee00000)
#define WINDOW (UINT64_C(0x200000000))		/* of 4 GiB */

extern struct ioas *sync_ioas;

/** The reason of the last sync_start() that failed. */
extern char sync_why[1024];

/** One group with an aperture up to TOP_IOVA, a hard hole at MSI and a soft one at WINDOW. */
int sync_setup(void **state);
int sync_teardown(void **state);

#define sync_test(t) cmocka_unit_test_setup_teardown(t, sync_setup, sync_teardown)

/** dma_sync_start() on this space. */
int sync_start_only(enum dma_sync_choice choice);

/** The same, and dma_sync_restored() if it succeeds. */
int sync_start(enum dma_sync_choice choice);

/** Start anew, with assigned IOVAs. */
void sync_assign(void);

/** Add a heap's large pages, whose IOVAs are @p offset beyond their VAs. */
void heap_add_at(uint64_t va, unsigned int pages, uint64_t offset);
void heap_add(uint64_t va, unsigned int pages);

/** The memory has this IOVA in EAL's records, and is mapped there. */
void expect_mapped(uint64_t va, uint64_t iova, uint64_t len);

/** Nothing is mapped except what EAL allocated at start, at its VAs. */
void expect_start(void);

/** How often the text was logged since fake_eal_reset(). */
size_t said(const char *text);

#endif /* CONFORMANCE_SYNC_SPACE_H */
