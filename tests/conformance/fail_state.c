/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fail_state.h"
#include "mappings_count.h"
#include "sysfs/sysfs.h"

/* The number behind a name at the beginning of a line; 0 without it. */
static uint64_t
number_of(const char *text, const char *name)
{
	const char *at = text != NULL ? strstr(text, name) : NULL;

	return at != NULL ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static uint64_t
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	uint64_t n = 0;

	while (dir != NULL && readdir(dir) != NULL)
		n++;
	if (dir != NULL)
		closedir(dir);
	return n;
}

void
fail_state_read(const struct ioas *space, struct fail_state *out)
{
	char *text = NULL;

	*out = (struct fail_state){ .descriptors = descriptors() };
	if (space != NULL)
		out->mappings = mappings_count((struct ioas *)(uintptr_t)space);
	/* The kernel adds what each processor has counted. */
	if (sysfs_read_file("", &text, NULL, "/proc/sys/vm/stat_refresh") == 0)
		free(text);
	text = NULL;
	sysfs_read_file("", &text, NULL, "/proc/vmstat");
	out->pinned = number_of(text, "\nnr_foll_pin_acquired ") -
		number_of(text, "\nnr_foll_pin_released ");
	out->tables = number_of(text, "\nnr_iommu_pages ");
	free(text);
	text = NULL;
	sysfs_read_file("", &text, NULL, "/proc/self/status");
	out->locked_kib = number_of(text, "\nVmLck:");
	out->pinned_kib = number_of(text, "\nVmPin:");
	free(text);
}

const char *
fail_state_differs(const struct fail_state *now, const struct fail_state *then)
{
	static char text[96];
	const struct {
		const char *what;
		uint64_t now, then;
	} rows[] = {
		{ "open descriptors", now->descriptors, then->descriptors },
		{ "mappings", now->mappings, then->mappings },
		{ "pinned pages", now->pinned, then->pinned },
		{ "KiB locked", now->locked_kib, then->locked_kib },
		{ "KiB pinned", now->pinned_kib, then->pinned_kib },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (rows[i].now != rows[i].then) {
			snprintf(text, sizeof(text), "%s: %" PRIu64 ", not %" PRIu64, rows[i].what,
				rows[i].now, rows[i].then);
			return text;
		}
	return NULL;
}
