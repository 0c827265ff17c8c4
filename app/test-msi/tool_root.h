/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The machine that a command examines: this one, or another one's files and answers in a
 * folder or a tar file. Not thread safe.
 */

#ifndef TOOL_ROOT_H
#define TOOL_ROOT_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "answers_json.h"

/** Options of the user; NULL: not given. */
struct tool_root_options {
	const char *root;
	const char *aperture;	/**< FIRST-LAST[,FIRST-LAST...] */
	const char *page_sizes;	/**< 4K,2M,1G */
};

/** Start with all zero. */
struct tool_root {
	const char *path;		/**< as in sysfs.h */
	bool other;			/**< not this machine in its current state */
	bool captured;			/**< machine is valid */
	struct answers_machine machine;
	struct plan_answers answers;
	bool answered;			/**< use answers in place of this kernel */
	char scratch[PATH_MAX];		/**< folder of an unpacked tar file */
	bool unpacked;			/**< that folder exists */
	sigset_t held;			/**< of tool_signals.h, while it does */
};

/**
 * Find the machine. If a tar file is unpacked, signals that end the program are blocked
 * until tool_root_discard(), so that no scratch folder remains; they end the unpacking.
 *
 * @param why  one sentence about a failure, begins with the user's argument
 * @return 0; -EINVAL wrong usage; -ENOENT, -EBADMSG, -EINTR, -ENOMEM, ... End with
 *   tool_root_close() in any case.
 */
int tool_root_open(const struct tool_root_options *opt, struct tool_root *out, char *why,
		size_t size);

/** Answers for plan_request, or NULL to ask the kernel. */
struct plan_answers *tool_root_answers(struct tool_root *root);

/** Page size of that machine in bytes. */
uint64_t tool_root_page_size(const struct tool_root *root);

/**
 * Remove the scratch folder when no file of it is needed any more. A pending signal acts before the
 * function returns.
 */
void tool_root_discard(struct tool_root *root);

/** The same, and free what was read. */
void tool_root_close(struct tool_root *root);

#endif /* TOOL_ROOT_H */
