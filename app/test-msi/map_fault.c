/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "map_fault.h"

#define KIB (UINT64_C(1) << 10)
#define MIB (UINT64_C(1) << 20)

/* Has the kernel mappings left? Then -ENOSPC is the layout's. */
static bool
has_mappings_left(struct ioas *ioas)
{
	struct ioas_info info;
	bool left;

	if (ioas_info_get(ioas, &info) < 0)
		return false;
	left = info.dma_avail > 0;
	ioas_info_free(&info);
	return left;
}

bool
map_fault_text(struct ioas *ioas, uint64_t va, uint64_t size, int ret, char *out, size_t len)
{
	const bool even = size % MIB == 0;
	const char *why = strerror(-ret), *cure = ioas_hint(ioas, ret);
	const bool no_place = ret == -ENOSPC && has_mappings_left(ioas);

	if (no_place) {
		why = "no free range of good IOVAs is so long";
		cure = "; see them with dpdk-test-msi layout -a vfio_msi:BDF";
	}
	snprintf(out, len, "%" PRIu64 " %s at VA 0x%" PRIx64 "-0x%" PRIx64 ": %s%s",
		size / (even ? MIB : KIB), even ? "MiB" : "KiB", va, va + size - 1, why, cure);
	return no_place || ret == -ENOMEM;
}
