/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Reading the kernel's pseudo file systems.
 *
 * The reported sizes of these files are unreliable, and the files may change between two
 * reads. So each file is read once, as a whole.
 *
 * Rules:
 * - only sysfs_write() opens a file for writing, and each function closes its descriptors on every
 *   path;
 * - every length has an upper bound (SYSFS_PATH_MAX, FILE_MAX, NAMES_MAX);
 * - an out parameter is written only on success.
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <bsd/string.h>

#include "sysfs/sysfs_internal.h"

#define FILE_MAX (4u << 20)
#define FILE_FIRST 4096u

int
sysfs_path(char *path, const char *root, const char *fmt, va_list ap)
{
	size_t len = strlcpy(path, root, SYSFS_PATH_MAX);
	int n;

	if (len >= SYSFS_PATH_MAX)
		return -ENAMETOOLONG;
	n = vsnprintf(path + len, SYSFS_PATH_MAX - len, fmt, ap);
	if (n < 0)
		return -EINVAL;
	return (size_t)n < SYSFS_PATH_MAX - len ? 0 : -ENAMETOOLONG;
}

static ssize_t
read_some(int fd, char *buf, size_t size)
{
	ssize_t n;

	do {
		n = read(fd, buf, size);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Read up to the end of the file and append a NUL. */
static int
read_all(int fd, char **out, size_t *len)
{
	size_t size = 0, used = 0;
	char *buf = NULL, *more;
	ssize_t n;
	int ret;

	do {
		if (used == size) {
			size = size == 0 ? FILE_FIRST : size * 2;
			more = realloc(buf, size + 1);
			ret = -ENOMEM;
			if (more == NULL)
				goto err_free;
			buf = more;
		}
		n = read_some(fd, buf + used, size - used);
		ret = (int)n;
		if (n < 0)
			goto err_free;
		used += (size_t)n;
		ret = -EFBIG;
		if (used > FILE_MAX)
			goto err_free;
	} while (n > 0);
	buf[used] = '\0';
	*out = buf;
	*len = used;
	return 0;

err_free:
	free(buf);
	return ret;
}

static int
file_read(const char *path, char **out, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	int ret;

	if (fd < 0)
		return -errno;
	ret = read_all(fd, out, len);
	close(fd);
	return ret;
}

int
sysfs_read_file(const char *root, char **out, size_t *len, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	size_t n;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0)
		ret = file_read(path, out, &n);
	if (ret == 0 && len != NULL)
		*len = n;
	return ret;
}

int
sysfs_read_start(const char *root, void *buf, size_t size, size_t *len, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	size_t used = 0;
	ssize_t n = 1;
	int ret, fd;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret != 0)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	while (used < size && n > 0) {
		n = read_some(fd, (char *)buf + used, size - used);
		used += n > 0 ? (size_t)n : 0;
	}
	close(fd);
	if (n < 0)
		return (int)n;
	*len = used;
	return 0;
}

int
sysfs_exists(const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0 && access(path, F_OK) < 0)
		ret = -errno;
	return ret;
}

int
sysfs_node_driven(const char *root, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	struct stat st;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0 && stat(path, &st) < 0)
		ret = -errno;
	if (ret == 0 && !S_ISCHR(st.st_mode))
		ret = -ENOTTY;
	if (ret < 0)
		return ret;
	ret = sysfs_exists(root, "/sys/dev/char/%u:%u", major(st.st_rdev), minor(st.st_rdev));
	return ret == -ENOENT ? -ENODEV : ret;
}

int
sysfs_inode(const char *root, uint64_t *out, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	struct stat st;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0 && stat(path, &st) < 0)
		ret = -errno;
	if (ret == 0)
		*out = st.st_ino;
	return ret;
}

int
sysfs_write(const char *root, const char *text, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX];
	size_t len = strlen(text);
	ssize_t n;
	int ret, fd;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret != 0)
		return ret;
	fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	ret = n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
	close(fd);
	return ret;
}

/* Read a file that must hold one word, up to the newline. */
static int
number_read(const char *path, char **out)
{
	char *text, *end;
	size_t len;
	int ret;

	ret = file_read(path, &text, &len);
	if (ret != 0)
		return ret;
	end = text + len;
	if (len > 0 && end[-1] == '\n')
		*--end = '\0';
	/* strtoull() skips blanks and stops at a NUL; reject both. */
	if (strlen(text) != (size_t)(end - text) || end == text ||
			!(isdigit((unsigned char)*text) || *text == '-')) {
		free(text);
		return -EINVAL;
	}
	*out = text;
	return 0;
}

int
sysfs_read_u64(const char *root, uint64_t *out, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], *text, *end;
	unsigned long long v;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0)
		ret = number_read(path, &text);
	if (ret != 0)
		return ret;
	errno = 0;
	v = strtoull(text, &end, 0);
	if (errno != 0 || *end != '\0' || *text == '-')
		ret = -EINVAL;
	else
		*out = v;
	free(text);
	return ret;
}

int
sysfs_read_s64(const char *root, int64_t *out, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], *text, *end;
	long long v;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0)
		ret = number_read(path, &text);
	if (ret != 0)
		return ret;
	errno = 0;
	v = strtoll(text, &end, 0);
	if (errno != 0 || *end != '\0' || end == text)
		ret = -EINVAL;
	else
		*out = v;
	free(text);
	return ret;
}

/* Read the target of a link into a buffer of PATH_MAX bytes. */
static int
link_target(char *target, const char *path)
{
	ssize_t n = readlink(path, target, PATH_MAX - 1);

	if (n < 0)
		return errno == EINVAL ? -ENOENT : -errno;
	if (n == PATH_MAX - 1)
		return -ENAMETOOLONG;
	target[n] = '\0';
	return 0;
}

static int
copy_out(char *out, size_t size, const char *s)
{
	if (strlen(s) >= size)
		return -ENAMETOOLONG;
	strlcpy(out, s, size);
	return 0;
}

int
sysfs_read_link_target(const char *root, char *out, size_t size, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], target[PATH_MAX];
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0)
		ret = link_target(target, path);
	return ret == 0 ? copy_out(out, size, target) : ret;
}

int
sysfs_read_link_name(const char *root, char *out, size_t size, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], target[PATH_MAX];
	const char *slash;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret == 0)
		ret = link_target(target, path);
	if (ret != 0)
		return ret;
	slash = strrchr(target, '/');
	return copy_out(out, size, slash != NULL ? slash + 1 : target);
}

int
sysfs_read_link_path(const char *root, char *out, size_t size, const char *fmt, ...)
{
	char path[SYSFS_PATH_MAX], base[PATH_MAX], real[PATH_MAX];
	size_t skip = 0;
	int ret;

	SYSFS_PATH(ret, path, root, fmt);
	if (ret != 0)
		return ret;
	if (realpath(path, real) == NULL)
		return -errno;
	if (*root != '\0') {
		if (realpath(root, base) == NULL)
			return -errno;
		skip = strcmp(base, "/") == 0 ? 0 : strlen(base);
		if (strncmp(real, base, skip) != 0 ||
				(skip > 0 && real[skip] != '/' && real[skip] != '\0'))
			return -EXDEV;
	}
	return copy_out(out, size, real[skip] != '\0' ? real + skip : "/");
}
