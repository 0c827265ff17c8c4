/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What ioas.c (who is attached) and ioas_map.c (mappings) share.
 */

#ifndef IOAS_PRIVATE_H
#define IOAS_PRIVATE_H

#include <pthread.h>

#include "ioas/ioas_ops.h"

struct ioas {
	pthread_mutex_t lock;
	const struct ioas_ops *ops;
	struct ioas_kernel kernel;
	struct iova_layout *layout;
	struct ioas_attachment *attachments;
	unsigned int n_attached;
	struct iova_range *kept;	/* ascending */
	size_t n_kept;
	size_t n_mappings;
};

/** Unmap and forget every mapping; the caller holds the lock. */
void ioas_unmap_all_locked(struct ioas *ioas);

/*
 * ioas_anchor.c: iommufd attaches a group when a device of it is opened. The caller
 * holds the lock. Attachments of backends that attach groups by themselves have no anchors.
 */

/** Open the member's device and keep it, or count one more attach of it. */
int ioas_anchor_get(const struct ioas *ioas, struct ioas_attachment *attachment,
		const struct ioas_member *m);

/** One attach less; the last closes the device. */
void ioas_anchor_put(struct ioas_attachment *attachment, const struct ioas_member *m);

/** Close the member's device, while its attaches stay counted. */
void ioas_anchor_surrender(struct ioas_attachment *attachment, const struct ioas_member *m);

/** Close all of an attachment's devices and forget them. */
void ioas_anchors_free(struct ioas_attachment *attachment);

/** Forget the kept ranges; the caller holds the lock. */
void ioas_keep_nothing_locked(struct ioas *ioas);

#endif /* IOAS_PRIVATE_H */
