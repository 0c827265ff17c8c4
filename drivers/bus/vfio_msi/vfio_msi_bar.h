/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the kernel and a device say about its BARs: which parts of one can be
 * mapped, and where capabilities are in configuration space.
 *
 * No I/O and no DPDK: what was read is handed in, and nothing in it is trusted.
 * Thread safe (no state).
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

/** Bytes of configuration space that hold the header and the capabilities. */
#define VFIO_MSI_CONFIG_LEN 256

/** More pieces of one BAR than this are refused. */
#define VFIO_MSI_BAR_PIECES 64

/** Bytes of a BAR, both ends included. */
struct vfio_msi_bar_piece {
	uint64_t first;
	uint64_t last;
};

/** Parts that can be mapped: ascending, apart, each begins at a page. */
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
 * Next capability of this kind.
 *
 * @param config  VFIO_MSI_CONFIG_LEN bytes
 * @param after   offset of the one before, 0 for the first
 * @return its offset, with at least 2 bytes behind it; 0 if there is none
 */
unsigned int vfio_msi_bar_find_cap(const uint8_t *config, uint8_t id,
		unsigned int after);

/**
 * Where the MSI-X table is.
 *
 * @param config  VFIO_MSI_CONFIG_LEN bytes
 * @return false if the device has none that makes sense
 */
bool vfio_msi_bar_find_table(const uint8_t *config,
		struct vfio_msi_bar_table *out);

/**
 * Which parts of a BAR can be mapped.
 *
 * @param info   the kernel's answer, argsz bytes long and no less than the
 *   structure; capabilities are looked for in it
 * @param table  the device's MSI-X table, or NULL. Its pages are left out where
 *   the kernel does not say that they can be mapped (before 4.16).
 * @param page   size of a page, a power of two
 * @return 0, with no piece for a BAR that can't be mapped; -EBADMSG if the
 *   answer makes no sense; -E2BIG for too many pieces
 */
int vfio_msi_bar_pieces(const struct vfio_region_info *info,
		const struct vfio_msi_bar_table *table, uint64_t page,
		struct vfio_msi_bar_pieces *out);

#ifdef __cplusplus
}
#endif

#endif /* VFIO_MSI_BAR_H */
