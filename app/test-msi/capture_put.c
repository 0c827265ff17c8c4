/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "capture.h"
#include "sysfs/sysfs.h"
#include "tool_progress.h"

/* Format the path from the caller's arguments; return if there is nothing to do. */
#define PATH_OF(path, c, fmt) do { \
	va_list ap_; \
	int len_; \
	va_start(ap_, fmt); \
	len_ = vsnprintf(path, sizeof(path), fmt, ap_); \
	va_end(ap_); \
	if (len_ < 0 || (size_t)len_ >= sizeof(path)) { \
		capture_miss(c, "%s: the path is too long", path); \
		return; \
	} \
} while (0)

static int
name_cmp(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Record a name for the tar file. @return NULL if it is there already, or on an error. */
static const char *
name_new(struct capture *c, const char *path)
{
	char *name = strdup(path + (*path == '/'));
	void *slot = name != NULL ? tsearch(name, &c->names, name_cmp) : NULL;

	if (slot == NULL) {
		free(name);
		c->error = -ENOMEM;
		return NULL;
	}
	if (*(char **)slot != name) {
		free(name);
		return NULL;
	}
	tool_progress_tick();
	fprintf(c->taken, "%s\n", name);
	c->n_taken++;
	return name;
}

void
capture_miss(struct capture *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(c->missing, fmt, ap);
	va_end(ap);
	fputc('\n', c->missing);
	c->n_missing++;
}

/* What the machine does not have is not recorded as missing. */
static void
miss_error(struct capture *c, const char *path, int error)
{
	if (error == -EACCES || error == -EPERM)
		capture_miss(c, "%s: %s; run as root", path, strerror(-error));
	else if (error != -ENOENT && error != -ENOTDIR && error != -ENODEV)
		capture_miss(c, "%s: %s", path, strerror(-error));
}

void
capture_put(struct capture *c, const char *path, const void *data, size_t len)
{
	const char *name = c->error == 0 ? name_new(c, path) : NULL;

	if (name != NULL)
		c->error = tar_out_file(c->tar, name, data, len);
}

void
capture_folder(struct capture *c, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], **names;
	const char *name;
	size_t n;
	int ret;

	PATH_OF(path, c, fmt);
	ret = sysfs_list(c->root, &names, &n, "%s", path);
	if (ret == 0)
		sysfs_free_names(names, n);
	else if (ret != -EACCES)
		return;
	/* A folder that can't be listed exists all the same. */
	name = c->error == 0 ? name_new(c, path) : NULL;
	if (name != NULL)
		c->error = tar_out_folder(c->tar, name);
	if (ret == -EACCES)
		miss_error(c, path, ret);
}

void
capture_link(struct capture *c, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], target[SYSFS_PATH_MAX];
	const char *name;
	int ret;

	PATH_OF(path, c, fmt);
	ret = sysfs_read_link_target(c->root, target, sizeof(target), "%s", path);
	if (ret != 0) {
		miss_error(c, path, ret);
		return;
	}
	if (!tar_link_stays(path + 1, target)) {
		capture_miss(c, "%s: the link leads out of the tree", path);
		return;
	}
	name = c->error == 0 ? name_new(c, path) : NULL;
	if (name != NULL)
		c->error = tar_out_link(c->tar, name, target);
}

void
capture_file(struct capture *c, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], *data;
	size_t len;
	int ret;

	PATH_OF(path, c, fmt);
	ret = sysfs_read_file(c->root, &data, &len, "%s", path);
	if (ret != 0) {
		miss_error(c, path, ret);
		return;
	}
	capture_put(c, path, data, len);
	free(data);
}

void
capture_name(struct capture *c, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], full[2 * SYSFS_PATH_MAX];
	struct stat st;

	PATH_OF(path, c, fmt);
	snprintf(full, sizeof(full), "%s%s", c->root, path);
	if (lstat(full, &st) == 0)
		capture_put(c, path, "", 0);
	else
		miss_error(c, path, -errno);
}
