/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"
#include "fake_kernel.h"

/* System calls of the C library to read a folder: openat, fstat, two getdents64, close. */
#define FOLDER_CALLS 5

/* The open file. The engine opens one file at a time. */
static struct {
	char path[PATH_MAX];
	size_t bytes;
	int fd;
} now = { .fd = -1 };

static unsigned int on_files, vfio_before;

void (*calls_file)(const char *path, size_t bytes);

/* With --wrap the linker redirects calls to __wrap_*. The original functions become __real_*. */
int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __real_read(int fd, void *buf, size_t size);
ssize_t __wrap_read(int fd, void *buf, size_t size);
int __real_close(int fd);
int __wrap_close(int fd);
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
ssize_t __real_readlink(const char *path, char *buf, size_t size);
ssize_t __wrap_readlink(const char *path, char *buf, size_t size);
char *__real_realpath(const char *path, char *out);
char *__wrap_realpath(const char *path, char *out);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);
void __real_vfio_uapi_close(int fd);
void __wrap_vfio_uapi_close(int fd);

void
calls_reset(void)
{
	on_files = 0;
	vfio_before = fake_calls();
}

unsigned int
calls_count(void)
{
	return on_files + fake_calls() - vfio_before;
}

/* The engine opens all files read-only, so there is no mode argument. */
int
__wrap_open64(const char *path, int flags, ...)
{
	on_files++;
	now.fd = __real_open64(path, flags);
	snprintf(now.path, sizeof(now.path), "%s", path);
	now.bytes = 0;
	return now.fd;
}

ssize_t
__wrap_read(int fd, void *buf, size_t size)
{
	ssize_t n = __real_read(fd, buf, size);

	on_files++;
	if (fd == now.fd && n > 0)
		now.bytes += (size_t)n;
	return n;
}

int
__wrap_close(int fd)
{
	on_files++;
	if (fd == now.fd && calls_file != NULL)
		calls_file(now.path, now.bytes);
	now.fd = -1;
	return __real_close(fd);
}

DIR *
__wrap_opendir(const char *path)
{
	DIR *dir = __real_opendir(path);

	on_files += dir != NULL ? FOLDER_CALLS : 1;
	if (dir != NULL && calls_file != NULL)
		calls_file(path, 0);
	return dir;
}

ssize_t
__wrap_readlink(const char *path, char *buf, size_t size)
{
	on_files++;
	return __real_readlink(path, buf, size);
}

/* At least one readlink for each component of the path and of the resolved path. */
char *
__wrap_realpath(const char *path, char *out)
{
	const char *c;

	for (c = path; *c != '\0'; c++)
		on_files += *c == '/';
	out = __real_realpath(path, out);
	for (c = out; c != NULL && *c != '\0'; c++)
		on_files += *c == '/';
	return out;
}

int
__wrap_access(const char *path, int mode)
{
	on_files++;
	return __real_access(path, mode);
}

void
__wrap_vfio_uapi_close(int fd)
{
	on_files++;
	__real_vfio_uapi_close(fd);
}
