/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A capture as a tar file. What is accepted stays inside of the folder, also through links
 * that were unpacked before it. libarchive's own check of that does not run here.
 */

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "fuzz.h"
#define FUZZ_ARCHIVE_DEFINED_HERE
#include "fuzz_archive.h"
#include "tar_file.h"
#include "tool_signals.h"

#define FOLDER "/folder"

static const uint8_t *input;
static size_t input_size;
static uint64_t bytes;

int
fuzz_archive_open(struct archive *a, const char *path, size_t block)
{
	return archive_read_open_memory(a, input, input_size);
}

/* Depth below the folder, by names only. */
static int
depth_of(const char *path)
{
	int depth = 0;
	size_t len;

	while (*path != '\0') {
		len = strcspn(path, "/");
		if (len == 2 && strncmp(path, "..", 2) == 0)
			depth--;
		else if (len > 0 && !(len == 1 && *path == '.'))
			depth++;
		FUZZ_CHECK(depth >= 0);
		path += len + (path[len] == '/');
	}
	return depth;
}

int
fuzz_archive_header(struct archive *a, struct archive_entry *e)
{
	const char *path = archive_entry_pathname(e), *target = archive_entry_symlink(e);
	char through[PATH_MAX];

	FUZZ_CHECK(strncmp(path, FOLDER "/", strlen(FOLDER "/")) == 0);
	FUZZ_CHECK(strstr(path, "/../") == NULL);
	FUZZ_CHECK(depth_of(path + strlen(FOLDER)) > 0);
	FUZZ_CHECK(archive_entry_hardlink(e) == NULL);
	FUZZ_CHECK((archive_entry_perm(e) & (S_ISUID | S_ISGID | S_ISVTX | S_IWOTH)) == 0);
	if (archive_entry_filetype(e) == AE_IFLNK) {
		FUZZ_CHECK(target[0] != '/');
		/* From the folder of the link. */
		snprintf(through, sizeof(through), "%s", path + strlen(FOLDER));
		*strrchr(through, '/') = '\0';
		snprintf(through + strlen(through), sizeof(through) - strlen(through), "/%s", target);
		depth_of(through);
	} else {
		FUZZ_CHECK(archive_entry_filetype(e) == AE_IFREG || archive_entry_filetype(e) == AE_IFDIR);
	}
	return ARCHIVE_OK;
}

la_ssize_t
fuzz_archive_data(struct archive *a, const void *block, size_t len, la_int64_t at)
{
	FUZZ_CHECK(at >= 0 && (uint64_t)at + len <= TAR_FILE_SIZE_MAX);
	bytes += len;
	FUZZ_CHECK(bytes <= TAR_SIZE_MAX);
	return ARCHIVE_OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char why[256] = "";
	sigset_t held;
	int ret;

	input = data;
	input_size = size;
	bytes = 0;
	sigemptyset(&held);
	ret = tar_unpack("input.tar", FOLDER, &held, why, sizeof(why));
	FUZZ_CHECK(ret <= 0 && (ret == 0 || why[0] != '\0'));
	return 0;
}
