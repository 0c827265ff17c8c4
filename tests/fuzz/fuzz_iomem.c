/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* /proc/iomem: windows of host bridges, and what a capture takes. */

#include <errno.h>

#include "capture_text.h"
#include "fuzz.h"
#include "fuzz_files.h"
#include "holes/holes.h"

static void
windows(const uint8_t *data, size_t size)
{
	struct topo_snapshot snap = { .root = FUZZ_ROOT };
	struct holes_bridges bridges = { .snap = &snap };
	static const char *const buses[] = { "0000:00", "0001:40" };
	size_t i, j;

	fuzz_text("/sys/bus/pci/devices/none", "");
	fuzz_file("/proc/iomem", data, size);
	for (i = 0; i < 2; i++) {
		struct hole_list list = { 0 };
		struct holes_view view = { 0 };

		FUZZ_CHECK(holes_host_bridge(&bridges, buses[i], false, "x", &list, &view) == 0);
		FUZZ_CHECK((list.n == 0) == (view.source == HOLES_SOURCE_NONE));
		for (j = 0; j < list.n; j++)
			FUZZ_CHECK(iova_range_valid(list.v[j].range));
		holes_free(&list);
	}
	holes_bridges_free(&bridges);
	topology_snapshot_free(&snap);
	fuzz_files_check();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_string(data, size), *out;
	struct capture_iomem found;
	int ret;

	windows(data, size);
	ret = capture_iomem(text, size, &out, &found);
	FUZZ_CHECK(ret == 0 || ret == -EBADMSG);
	if (ret == 0) {
		FUZZ_CHECK(strlen(out) <= size + 8 * found.renamed);
		free(out);
	}
	free(text);
	return 0;
}
