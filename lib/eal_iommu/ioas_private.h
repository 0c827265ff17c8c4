/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What ioas.c (who is attached) and ioas_map.c (mappings) share.
 */

#ifndef IOAS_PRIVATE_H
#define IOAS_PRIVATE_H

#include <bsd/sys/tree.h>
#include <pthread.h>

#include "ioas_ops.h"

struct ioas_node {
	RB_ENTRY(ioas_node) link;
	struct ioas_mapping m;
};

RB_HEAD(ioas_tree, ioas_node);

struct ioas {
	pthread_mutex_t lock;
	const struct ioas_ops *ops;
	struct ioas_kernel kernel;
	struct iova_layout *layout;
	struct ioas_seat *seats;
	unsigned int n_attached;
	struct iova_range *kept;	/* ascending */
	size_t n_kept;
	struct ioas_tree tree;
	size_t n_nodes;
};

/** Unmap and forget every mapping; the caller holds the lock. */
void ioas_unmap_all_locked(struct ioas *ioas);

/** Forget the kept ranges; the caller holds the lock. */
void ioas_keep_nothing_locked(struct ioas *ioas);

#endif /* IOAS_PRIVATE_H */
