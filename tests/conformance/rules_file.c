/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Files as memory of iommufd: real ones, on the fake kernel too.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "rules.h"

#define PAGE RULES_PAGE
#define IOVA RULES_IOVA
#define UNKNOWN 9999

static int iommufd;
static uint32_t space;

static int
map_file(int fd, uint64_t start, uint64_t iova, uint64_t size)
{
	return vfio_uapi_ioas_map_file(iommufd, space, fd, start, iova, size, false);
}

/* The build may be on a file system in memory, whose files the kernel maps. */
static int
map_of_disk(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), ret;
	struct statfs fs;

	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return -errno;
	ret = fs.f_type == TMPFS_MAGIC ? -EINVAL : map_file(fd, 0, 64 * IOVA, PAGE);
	close(fd);
	return ret;
}

void
rules_files(struct rules_machine *machine, int of, uint32_t id)
{
	uint64_t last = UINT64_MAX - PAGE + 1, bytes = 0;
	int fd = memfd_create("rules", MFD_CLOEXEC);
	int efd = eventfd(0, EFD_CLOEXEC);

	iommufd = of;
	space = id;
	rule("file: four pages", fd >= 0 ? ftruncate(fd, 4 * PAGE) : -1, 0);
	rule("file: in an unknown space", vfio_uapi_ioas_map_file(iommufd, UNKNOWN, fd, 0, IOVA, 0, false),
			-ENOENT);
	rule("file: size 0 of none", map_file(-1, 0, IOVA, 0), -EINVAL);
	rule("file: none, which wraps", map_file(-1, last, IOVA, 2 * PAGE), -EOVERFLOW);
	rule("file: none", map_file(-1, 0, IOVA + 1, PAGE), -EBADF);
	rule("file: closed", map_file(9999, 0, IOVA, PAGE), -EBADF);
	rule("file: map", map_file(fd, PAGE, IOVA, 2 * PAGE), 0);
	rule("file: the same", map_file(fd, PAGE, IOVA, 2 * PAGE), -EEXIST);
	rule("file: odd IOVA of what is mapped", map_file(fd, 0, IOVA + 1, PAGE), -EINVAL);
	rule("file: odd start of what is mapped", map_file(fd, 1, IOVA, PAGE), -EEXIST);
	rule("file: odd start", map_file(fd, 1, 16 * IOVA, PAGE), -EINVAL);
	rule("file: the same pages elsewhere", map_file(fd, PAGE, 16 * IOVA, 2 * PAGE), 0);
	rule("file: behind its end", map_file(fd, 4 * PAGE, 32 * IOVA, PAGE), -EINVAL);
	rule("file: over its end", map_file(fd, 3 * PAGE, 32 * IOVA, 2 * PAGE), -EINVAL);
	rule("file: up to its end", map_file(fd, 3 * PAGE, 32 * IOVA, PAGE), 0);
	rule("file: read-only",
			vfio_uapi_ioas_map_file(iommufd, space, fd, 0, 48 * IOVA, PAGE, true), 0);
	rule("file: reserved", map_file(fd, 0, rules_reserved(machine), PAGE), -EINVAL);
	rule("file: of a disk", map_of_disk(), -EINVAL);
	rule("file: an eventfd", map_file(efd, 0, 64 * IOVA, PAGE), -EINVAL);
	close(efd);
	close(fd);
	rule("file: half of it", vfio_uapi_ioas_unmap(iommufd, space, IOVA, PAGE, &bytes), -ENOENT);
	rule("file: unmap when it is closed",
			vfio_uapi_ioas_unmap(iommufd, space, 0, UINT64_MAX, &bytes), 0);
	rule("file: bytes unmapped", (int64_t)bytes, 6 * PAGE);
}
