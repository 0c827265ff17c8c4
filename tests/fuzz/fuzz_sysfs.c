/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The room that reads files: numbers, lines, links, and texts for a terminal. */

#include <errno.h>
#include <limits.h>

#include "fuzz.h"
#include "fuzz_files.h"
#include "sysfs/sysfs.h"

static void
numbers(void)
{
	uint64_t u = 7;
	int64_t s = 7;
	int ret = sysfs_read_u64(FUZZ_ROOT, &u, "/file");

	FUZZ_CHECK(ret == 0 || (ret == -EINVAL && u == 7));
	ret = sysfs_read_s64(FUZZ_ROOT, &s, "/file");
	FUZZ_CHECK(ret == 0 || (ret == -EINVAL && s == 7));
}

static void
lines(size_t size)
{
	struct sysfs_lines it;
	char *text, *line;
	uint64_t v;
	size_t len, all = 0;

	FUZZ_CHECK(sysfs_read_file(FUZZ_ROOT, &text, &len, "/file") == 0);
	FUZZ_CHECK(len == size && text[len] == '\0');
	sysfs_lines_start(&it, text, len);
	while ((line = sysfs_lines_next(&it)) != NULL) {
		all += strlen(line) + 1;
		sysfs_hex(line, 16, &v);
		sysfs_hex0x(line, &v);
		FUZZ_CHECK(strchr(sysfs_mask(line), 0x1b) == NULL);
	}
	FUZZ_CHECK(it.bad || all == len);
	free(text);
}

static void
links(const uint8_t *data, size_t size)
{
	char target[128], out[64], path[SYSFS_PATH_MAX];
	int ret;

	snprintf(target, sizeof(target), "%.*s", (int)(size < 127 ? size : 127), (const char *)data);
	if (target[0] == '\0')
		return;
	fuzz_link("/folder/link", target);
	ret = sysfs_read_link_name(FUZZ_ROOT, out, sizeof(out), "/folder/link");
	FUZZ_CHECK(ret == -ENAMETOOLONG || (ret == 0 && strchr(out, '/') == NULL));
	ret = sysfs_read_link_path(FUZZ_ROOT, path, sizeof(path), "/folder/link");
	FUZZ_CHECK(ret < 0 || path[0] == '/');
	fuzz_remove("/folder/link");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_file("/file", data, size);
	fuzz_text("/folder/other", "");
	numbers();
	lines(size);
	links(data, size);
	fuzz_files_check();
	return 0;
}
