/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* reserved_regions of an IOMMU group. The first byte is the IOMMU; the file follows. */

#include "fuzz.h"
#include "fuzz_files.h"
#include "holes/holes.h"

#define PAGE 4096

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const iommus[] = { "smmu3.0", "dmar0", "ivhd0", "", "virtio0" };
	struct hole_list list = { 0 };
	struct holes_look look = { 0 };
	size_t i;

	if (size < 1)
		return 0;
	fuzz_file("/sys/kernel/iommu_groups/1/reserved_regions", data + 1, size - 1);
	FUZZ_CHECK(holes_reserved_regions(FUZZ_ROOT, 1, iommus[data[0] % 5], PAGE, "0000:01:00.0",
			&list, &look) == 0);
	for (i = 0; i < list.n; i++) {
		FUZZ_CHECK(iova_range_valid(list.v[i].range));
		FUZZ_CHECK(list.v[i].origin < IOVA_ORIGIN_COUNT);
	}
	FUZZ_CHECK(look.sight == HOLES_SEEN);
	holes_free(&list);
	fuzz_files_check();
	return 0;
}
