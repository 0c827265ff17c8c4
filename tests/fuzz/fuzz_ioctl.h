/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A kernel whose answers are the input, for the files of the uapi room; included before
 * their text, as fuzz_calls.h is.
 */

#ifndef FUZZ_IOCTL_H
#define FUZZ_IOCTL_H

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

int fuzz_kernel_open(const char *path);
int fuzz_kernel_close(int fd);
int fuzz_kernel_fcntl(int fd, int command, ...);
int fuzz_kernel_ioctl(int fd, unsigned long request, ...);
ssize_t fuzz_kernel_pread(int fd, void *buf, size_t size);
int fuzz_kernel_madvise(size_t size);

#ifndef FUZZ_IOCTL_DEFINED_HERE
#define open(path, ...) fuzz_kernel_open(path)
#define close(fd) fuzz_kernel_close(fd)
#define fcntl(...) fuzz_kernel_fcntl(__VA_ARGS__)
#define ioctl(...) fuzz_kernel_ioctl(__VA_ARGS__)
#define madvise(addr, size, advice) fuzz_kernel_madvise(size)
#define pread(fd, buf, size, offset) fuzz_kernel_pread(fd, buf, size)
#endif

#endif /* FUZZ_IOCTL_H */
