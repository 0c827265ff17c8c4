/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One allocation of the kernel fails in one system call of this process: the kernel's
 * fail-nth, see its Documentation/fault-injection/fault-injection.rst. The calls are those
 * that the uapi room makes; they are wrapped when a program is linked. Not thread safe.
 */

#ifndef FAIL_CALLS_H
#define FAIL_CALLS_H

#include <stdbool.h>

#define FAIL_NAME_LEN 48

/**
 * Prepare the kernel: allocations that may sleep fail too, those of user space's pages do
 * not, and the kernel's log has no line for each.
 *
 * @return 0; -ENOENT: it was built without fault injection; -errno
 */
int fail_open(void);

/**
 * Begin to watch. In the call with this number, from 1 on, the allocation with this number
 * fails, if the call has as many.
 *
 * @param call  0: none fails
 */
void fail_begin(unsigned int call, unsigned int nth);

/** What has happened since fail_begin(). */
struct fail_seen {
	unsigned int calls;
	char name[FAIL_NAME_LEN];	/**< of the call with the number, or "" */
	bool failed;			/**< its allocation did */
	int error;			/**< of that call: 0, or a negative errno */
};

/** End to watch. */
void fail_end(struct fail_seen *out);

#endif /* FAIL_CALLS_H */
