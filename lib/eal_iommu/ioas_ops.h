/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Between ioas.c and its backends. A backend is a table; NULL means "cannot".
 * All functions return 0 or a negative errno and undo what they began.
 */

#ifndef IOAS_OPS_H
#define IOAS_OPS_H

#include "ioas.h"

struct ioas_ops {
	enum ioas_backend backend;

	/** Open the backend's node. @return fd or -errno. */
	int (*open)(void);
	/** Bring a group in; *group_fd is open afterwards, or the member's own. */
	int (*attach)(int fd, const struct ioas_member *m,
			unsigned int n_attached, int *group_fd, bool *viable);
	/** Take a group out, and close its fd if it is ours. */
	void (*detach)(int group_fd, bool ours);
	int (*open_device)(int group_fd, const struct ioas_member *m);
	int (*info)(int fd, struct ioas_info *out);
	int (*map)(int fd, uint64_t va, uint64_t iova, uint64_t size);
	/** *done: bytes the kernel says it unmapped. */
	int (*unmap)(int fd, uint64_t iova, uint64_t size, uint64_t *done);
};

extern const struct ioas_ops ioas_type1_ops;

#endif /* IOAS_OPS_H */
