/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs/sysfs_internal.h"

#define NAMES_MAX (1u << 18)

void
sysfs_free_names(char **names, size_t n)
{
	size_t i;

	for (i = 0; names != NULL && i < n; i++)
		free(names[i]);
	free(names);
}

static int
name_append(char ***names, size_t *n, size_t *cap, const char *name)
{
	size_t want = *cap == 0 ? 64 : *cap * 2;
	char **more;

	if (*n == NAMES_MAX)
		return -EFBIG;
	if (*n == *cap) {
		more = reallocarray(*names, want, sizeof(**names));
		if (more == NULL)
			return -ENOMEM;
		*names = more;
		*cap = want;
	}
	(*names)[*n] = strdup(name);
	if ((*names)[*n] == NULL)
		return -ENOMEM;
	(*n)++;
	return 0;
}

/* Read all names of an open folder except "." and "..", in the kernel's order. */
static int
names_read(DIR *dir, char ***names, size_t *n)
{
	struct dirent *e;
	size_t cap = 0;
	int ret = 0;

	while (ret == 0) {
		errno = 0;
		e = readdir(dir);
		if (e == NULL)
			return -errno;
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			ret = name_append(names, n, &cap, e->d_name);
	}
	return ret;
}

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int
sysfs_list(const char *root, char ***names, size_t *n, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], **v = NULL;
	size_t count = 0;
	DIR *dir;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret != 0)
		return ret;
	dir = opendir(path); /* glibc opens it close-on-exec */
	if (dir == NULL)
		return -errno;
	ret = names_read(dir, &v, &count);
	closedir(dir);
	if (ret != 0) {
		sysfs_free_names(v, count);
		return ret;
	}
	if (count > 1)
		qsort(v, count, sizeof(*v), name_cmp);
	*names = v;
	*n = count;
	return 0;
}
