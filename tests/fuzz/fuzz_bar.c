/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The kernel's answer about a BAR: a structure with a chain of capabilities. The first byte
 * is the bar of the MSI-X table, and whether there is one; the answer follows.
 */

#include "fuzz.h"
#include "vfio_msi_bar.h"

#define PAGE 4096

static const struct vfio_msi_bar_table table = { .bar = 1, .at = { .first = 0x2000, .last = 0x2fff } };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct vfio_msi_bar_pieces pieces;
	struct vfio_region_info *info;
	unsigned int i;

	if (size < 1 + sizeof(*info))
		return 0;
	info = fuzz_copy(data + 1, size - 1);
	info->argsz = (uint32_t)(size - 1);
	if (vfio_msi_bar_pieces(info, data[0] % 2 != 0 ? &table : NULL, PAGE, &pieces) == 0) {
		FUZZ_CHECK(pieces.n <= VFIO_MSI_BAR_PIECES);
		for (i = 0; i < pieces.n; i++) {
			FUZZ_CHECK(pieces.piece[i].first <= pieces.piece[i].last);
			FUZZ_CHECK(pieces.piece[i].last < info->size);
			FUZZ_CHECK(pieces.piece[i].first % PAGE == 0);
			FUZZ_CHECK(i == 0 || pieces.piece[i - 1].last / PAGE < pieces.piece[i].first / PAGE);
		}
	}
	free(info);
	return 0;
}
