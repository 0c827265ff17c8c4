/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A map or unmap that takes long in the kernel, in a thread of its own. The fake kernel
 * runs one thread at a time, so the slow call waits before it enters.
 */

#ifndef CONFORMANCE_SLOW_H
#define CONFORMANCE_SLOW_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/** A map or an unmap of this IOVA is slow. */
#define SLOW (UINT64_C(1) << 30)

/** A call in a thread, and whether it has returned. */
struct call {
	pthread_t thread;
	intptr_t (*fn)(void);
	intptr_t ret;
	atomic_bool done;
};

/** Before a test. The program ends if the test takes a minute. */
void slow_setup(void);

/** After a test. */
void slow_teardown(void);

/** Run a function in a thread. */
void call_begin(struct call *c, intptr_t (*fn)(void));

/** Wait for the function. @return its result */
intptr_t call_end(struct call *c);

/** Does it still run? Waits a time that is long enough for a call that does not wait. */
bool call_waits(struct call *c);

/**
 * As call_begin(), and wait until the function is in the kernel.
 *
 * @param hook  fake_map_begins or fake_unmap_begins. Only its first call is slow, not
 *   those of other threads and other legs
 */
void slow_begin(struct call *c, intptr_t (*fn)(void), void (**hook)(uint64_t iova));

/** Let the slow call of the kernel go on. */
void slow_go_on(void);

#endif /* CONFORMANCE_SLOW_H */
