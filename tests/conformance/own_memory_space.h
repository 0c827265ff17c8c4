/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The address space of a process on the fake kernel, which tests open and close.
 */

#ifndef OWN_MEMORY_SPACE_H
#define OWN_MEMORY_SPACE_H

#include "common.h"
#include "eal/own_memory.h"

/** Highest IOVA. */
#define OWN_SPACE_LIMIT ((UINT64_C(1) << 39) - 1)

/** A call of the public functions; the test includes rte_errno.h. */
#define assert_fails(call, error) do { \
	rte_errno = 0; \
	assert_int_equal(call, -1); \
	assert_int_equal(rte_errno, error); \
} while (0)

extern struct ioas *own_ioas;		/**< NULL while there is none */
extern unsigned int own_n_lost;		/**< mappings that could not be restored */
extern int own_lost_ret;		/**< errno of the last one, negative */
extern unsigned int own_n_met;		/**< reports of memory whose IOVA is no good one */
extern struct ioas_mapping own_met;	/**< the last one, */
extern int own_met_ret;			/**< its result, */
extern struct iova_conflict own_met_why;	/**< and what is in the way */
extern void (*own_restore)(void);	/**< restores the mappings of other owners, or NULL */

/** Open the space, as for the first device. */
void own_space_up(void);
/** Close the space, as after the last device. */
void own_space_down(void);
/** Close and open it in turn, while other threads use it. */
void own_space_restart(unsigned int rounds);

int own_space_setup(void **state);
/** The same for tests of the public functions, which obey the kernel's ranges. */
int own_space_setup_api(void **state);
int own_space_teardown(void **state);

#endif /* OWN_MEMORY_SPACE_H */
