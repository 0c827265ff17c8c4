/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the bus does with a device, in steps: each step and its opposite.
 */

#ifndef FAIL_STEPS_H
#define FAIL_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "ioas/ioas.h"

/** One step. */
struct fail_step {
	const char *name;
	int (*call)(void);	/**< @return 0 or a negative errno */
	void (*back)(void);	/**< its opposite, after success; NULL: it leaves nothing */
	bool stays;		/**< do it for the steps that follow, else go back */
	bool given;		/**< only prepares those: nothing fails in it */
	bool explained;		/**< fail_message() names the node of an error */
	bool parks;		/**< an error leaves a state of its own, until it is repeated */
};

extern const struct fail_step fail_steps[];
extern const size_t fail_steps_n;

/** The space, or NULL. */
struct ioas *fail_space(void);

/** Choose backend and device. @return 0; -errno, after a message */
int fail_prepare(enum ioas_backend backend, const char *bdf);

/** Free what fail_prepare() made. */
void fail_finish(void);

/** The node that could not be opened, or the message of the project about an attach. */
const char *fail_message(int ret);

/** Check the layout. @return 0; -EFAULT */
int fail_layout_check(void);

#endif /* FAIL_STEPS_H */
