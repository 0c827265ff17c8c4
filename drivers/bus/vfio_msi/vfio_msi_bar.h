/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Which parts of a BAR can be mapped, from the kernel's answer.
 *
 * No I/O and no DPDK. Checks all that the kernel supplies. Thread safe (no state).
 */

#ifndef VFIO_MSI_BAR_H
#define VFIO_MSI_BAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "uapi/vfio_abi.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most pieces of one BAR; more are an error. */
#define VFIO_MSI_BAR_PIECES 64

/** Bytes of a BAR, both ends included. */
struct vfio_msi_bar_piece {
	uint64_t first;
	uint64_t last;
};

/** Parts that can be mapped: ascending, no two in one page, each begins at a page. */
struct vfio_msi_bar_pieces {
	unsigned int n;
	struct vfio_msi_bar_piece piece[VFIO_MSI_BAR_PIECES];
};

/** A device's MSI-X table. */
struct vfio_msi_bar_table {
	unsigned int bar;
	struct vfio_msi_bar_piece at;
};

/**
 * Get the parts of a BAR that can be mapped.
 *
 * @param info   the kernel's answer with its capabilities, argsz bytes, at least the
 *   structure
 * @param table  the device's MSI-X table, or NULL. Its pages are excluded unless the
 *   kernel reports that they can be mapped (since 4.16).
 * @param page   size of a page, a power of two
 * @return 0, with no piece for a BAR that can't be mapped; -EBADMSG: the answer is
 *   inconsistent; -E2BIG: too many pieces
 */
int vfio_msi_bar_pieces(const struct vfio_region_info *info,
		const struct vfio_msi_bar_table *table, uint64_t page,
		struct vfio_msi_bar_pieces *out);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_MSI_BAR_H */
