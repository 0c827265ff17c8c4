/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The machine that a command examines: this one, or another one's files and
 * answers below a folder or in a tar file. Not thread safe.
 */

#ifndef TOOL_ROOT_H
#define TOOL_ROOT_H

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

#include "answers_json.h"

/** As the user gave them; NULL: not given. */
struct tool_root_options {
	const char *root;
	const char *aperture;	/**< FIRST-LAST[,FIRST-LAST...] */
	const char *page_sizes;	/**< 4K,2M,1G */
};

/** Start with all zero. */
struct tool_root {
	const char *path;		/**< as in sysfs.h */
	bool other;			/**< not this machine as it is now */
	bool captured;			/**< machine is known */
	struct answers_machine machine;
	struct plan_answers answers;
	bool answered;			/**< they stand in for this kernel's */
	char scratch[PATH_MAX];		/**< where a tar file is unpacked, or "" */
	sigset_t held;			/**< while there is a scratch, of tool_signals.h */
};

/**
 * Find the machine. Where a tar file is unpacked, signals that end the program wait
 * until tool_root_close(), so that nothing is left behind; they end the unpacking.
 *
 * @param why  one sentence about a failure, that begins with what was given
 * @return 0; -EINVAL wrong usage; -ENOENT, -EBADMSG, -EINTR, -ENOMEM, ... In any case
 *   tool_root_close() ends it.
 */
int tool_root_open(const struct tool_root_options *opt, struct tool_root *out, char *why,
		size_t size);

/** Answers for plan_request, or NULL: the kernel is asked. */
struct plan_answers *tool_root_answers(struct tool_root *root);

/** Bytes of a page of that machine. */
uint64_t tool_root_page_size(const struct tool_root *root);

/** Remove what was unpacked. */
void tool_root_close(struct tool_root *root);

#endif /* TOOL_ROOT_H */
