/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"

int
tree_setup(void **state)
{
	const char *tmp = getenv("TMPDIR");
	char path[TREE_PATH_MAX];

	snprintf(path, sizeof(path), "%s/vfio_msi_test.XXXXXX", tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	if (mkdtemp(path) == NULL)
		return -1;
	*state = strdup(path);
	return *state != NULL ? 0 : -1;
}

static int
entry_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

int
tree_teardown(void **state)
{
	int ret = nftw(*state, entry_remove, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return ret;
}

/* Make the full path and the directories above it. */
static void
prepare(char *full, const char *root, const char *path)
{
	char *p;
	int n = snprintf(full, TREE_PATH_MAX, "%s%s", root, path);

	assert_in_range(n, 1, TREE_PATH_MAX - 1);
	for (p = strchr(full + strlen(root) + 1, '/'); p != NULL; p = strchr(p + 1, '/')) {
		*p = '\0';
		assert_true(mkdir(full, 0755) == 0 || errno == EEXIST);
		*p = '/';
	}
}

void
tree_write(const char *root, const char *path, const void *data, size_t len)
{
	char full[TREE_PATH_MAX];
	FILE *f;

	prepare(full, root, path);
	f = fopen(full, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void
tree_text(const char *root, const char *path, const char *text)
{
	tree_write(root, path, text, strlen(text));
}

static void
path_format(char *out, const char *format, va_list ap)
{
	assert_in_range(vsnprintf(out, TREE_PATH_MAX, format, ap), 1, TREE_PATH_MAX - 1);
}

void
tree_empty(const char *root, const char *format, ...)
{
	char path[TREE_PATH_MAX];
	va_list ap;

	va_start(ap, format);
	path_format(path, format, ap);
	va_end(ap);
	tree_text(root, path, "");
}

bool
tree_exists(const char *root, const char *format, ...)
{
	char path[TREE_PATH_MAX], full[2 * TREE_PATH_MAX];
	va_list ap;

	va_start(ap, format);
	path_format(path, format, ap);
	va_end(ap);
	snprintf(full, sizeof(full), "%s%s", root, path);
	return access(full, F_OK) == 0;
}

void
tree_cells(const char *root, const char *path, const uint32_t *cells, size_t n)
{
	uint8_t *bytes = calloc(n + 1, 4);
	size_t i;

	assert_non_null(bytes);
	for (i = 0; i < n; i++) {
		bytes[4 * i] = (uint8_t)(cells[i] >> 24);
		bytes[4 * i + 1] = (uint8_t)(cells[i] >> 16);
		bytes[4 * i + 2] = (uint8_t)(cells[i] >> 8);
		bytes[4 * i + 3] = (uint8_t)cells[i];
	}
	tree_write(root, path, bytes, 4 * n);
	free(bytes);
}

void
tree_link(const char *root, const char *path, const char *target)
{
	char full[TREE_PATH_MAX];

	prepare(full, root, path);
	unlink(full);
	assert_int_equal(symlink(target, full), 0);
}

void
tree_device(const char *root, const char *path)
{
	static const char *const files[][2] = {
		{ "vendor", "0x8086\n" }, { "device", "0x10c9\n" }, { "class", "0x020000\n" },
		{ "subsystem_vendor", "0x1af4\n" }, { "subsystem_device", "0x1100\n" },
	};
	char name[512], target[512];
	size_t i;

	for (i = 0; i < sizeof(files) / sizeof(*files); i++) {
		snprintf(name, sizeof(name), "/sys%s/%s", path, files[i][0]);
		tree_text(root, name, files[i][1]);
	}
	snprintf(name, sizeof(name), "/sys/bus/pci/devices/%s", strrchr(path, '/') + 1);
	snprintf(target, sizeof(target), "../../..%s", path);
	tree_link(root, name, target);
}

size_t
tree_open_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

const char *
tree_fixture(const char *name)
{
	static char path[TREE_PATH_MAX];
	const char *base = getenv("FIXTURES");

	assert_non_null(base);
	snprintf(path, sizeof(path), "%s/%s", base, name);
	return path;
}

uint64_t
tree_random(uint64_t *seed)
{
	uint64_t z;

	/* splitmix64 */
	*seed += UINT64_C(0x9e3779b97f4a7c15);
	z = *seed;
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}
