/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * System calls on files in memory. This header is included before the text of a source
 * file (-include), and replaces the calls in it.
 */

#ifndef FUZZ_CALLS_H
#define FUZZ_CALLS_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int fuzz_call_open(const char *path, int flags);
ssize_t fuzz_call_read(int fd, void *buf, size_t size);
ssize_t fuzz_call_write(int fd, const void *buf, size_t size);
int fuzz_call_close(int fd);
int fuzz_call_access(const char *path, int mode);
int fuzz_call_stat(const char *path, struct stat *out);
ssize_t fuzz_call_readlink(const char *path, char *out, size_t size);
char *fuzz_call_realpath(const char *path, char *out);
DIR *fuzz_call_opendir(const char *path);
struct dirent *fuzz_call_readdir(DIR *dir);
int fuzz_call_closedir(DIR *dir);

#ifndef FUZZ_CALLS_DEFINED_HERE
#define open(path, flags) fuzz_call_open(path, flags)
#define read(fd, buf, size) fuzz_call_read(fd, buf, size)
#define write(fd, buf, size) fuzz_call_write(fd, buf, size)
#define close(fd) fuzz_call_close(fd)
#define access(path, mode) fuzz_call_access(path, mode)
#define stat(path, out) fuzz_call_stat(path, out)
#define readlink(path, out, size) fuzz_call_readlink(path, out, size)
#define realpath(path, out) fuzz_call_realpath(path, out)
#define opendir(path) fuzz_call_opendir(path)
#define readdir(dir) fuzz_call_readdir(dir)
#define closedir(dir) fuzz_call_closedir(dir)
#endif

#endif /* FUZZ_CALLS_H */
