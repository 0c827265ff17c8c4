/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The page tables of the IOMMUs, as the kernel counts them. Their size shows which page
 * sizes the IOMMUs translate: 1 GiB needs 2 MiB of tables in pages of 4 KiB, and 4 KiB in
 * pages of 2 MiB.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "map_meter.h"
#include "sysfs/sysfs.h"

int64_t
map_meter_tables(void)
{
	char *text, *found;
	uint64_t pages;
	int64_t bytes = -1;

	/* Reading this file adds up the counters of all processors. It needs root. */
	if (sysfs_read_file("", &text, NULL, "/proc/sys/vm/stat_refresh") == 0)
		free(text);
	if (sysfs_read_file("", &text, NULL, "/proc/vmstat") < 0)
		return -1;
	found = strstr(text, "\nnr_iommu_pages");
	if (found != NULL && sscanf(found, "\nnr_iommu_pages%" SCNu64, &pages) == 1)
		bytes = (int64_t)pages * sysconf(_SC_PAGESIZE);
	free(text);
	return bytes;
}
