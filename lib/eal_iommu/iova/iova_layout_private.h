/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The inside of a layout, for its own files only.
 */

#ifndef IOVA_LAYOUT_PRIVATE_H
#define IOVA_LAYOUT_PRIVATE_H

#include "iova/iova_allowed.h"
#include "iova/iova_free.h"
#include "iova/iova_holes_tree.h"
#include "iova/iova_names.h"
#include "iova/iova_used.h"

/** Invariants: see the head of iova_layout.c. */
struct iova_layout {
	struct iova_allowed allowed;
	struct iova_holes holes;
	struct iova_used_tree used;
	struct iova_names names;	/* of used ranges */
	struct iova_free free;
	size_t n_holes;
	size_t n_used;
};

/** Make the part of an allowed range free that is neither a hole nor used; none of it is free. */
void iova_layout_bare(struct iova_layout *layout, struct iova_range range);

#endif /* IOVA_LAYOUT_PRIVATE_H */
