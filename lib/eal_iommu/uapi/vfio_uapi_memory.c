/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "uapi/vfio_uapi.h"

/* Documentation/admin-guide/mm/pagemap.rst of the kernel */
#define PAGEMAP "/proc/self/pagemap"
#define PAGEMAP_FRAME ((UINT64_C(1) << 55) - 1)
#define PAGEMAP_SHARED (UINT64_C(1) << 61)	/* a page of a file, or of shared memory */
#define PAGEMAP_PRESENT (UINT64_C(1) << 63)
#define PAGEFLAGS "/proc/kpageflags"
#define PAGEFLAGS_HUGE (UINT64_C(1) << 17)	/* of hugetlbfs */
#define PER_READ 512

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23	/* Linux 5.14 */
#endif

/* Read words of 64 bits, from word number first on. */
static int
read_words(int fd, uint64_t first, size_t n, uint64_t *out)
{
	ssize_t got = pread(fd, out, n * sizeof(*out), (off_t)(first * sizeof(*out)));

	if (got < 0)
		return -errno;
	return (size_t)got == n * sizeof(*out) ? 0 : -EFAULT;
}

static int
open_words(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
vfio_uapi_populate(uint64_t va, uint64_t size)
{
	int error;

	if (madvise((void *)(uintptr_t)va, size, MADV_POPULATE_WRITE) == 0)
		return 0;
	error = errno;
	/* A kernel that knows the advice accepts it for no memory. */
	if (error == EINVAL && madvise(NULL, 0, MADV_POPULATE_WRITE) < 0)
		return -EOPNOTSUPP;
	/* EINVAL: the process can't write to it. ENOMEM: not all of it is mapped. */
	return error == EINVAL || error == ENOMEM ? -EFAULT : -error;
}

int
vfio_uapi_physical(uint64_t va, size_t n, uint64_t *out)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int fd = open_words(PAGEMAP), ret;
	bool shared = true;
	size_t i;

	if (fd < 0)
		return fd;
	ret = read_words(fd, va / page, n, out);
	for (i = 0; ret == 0 && i < n; i++) {
		if ((out[i] & PAGEMAP_PRESENT) == 0)
			ret = -EFAULT;
		/* Frame 0 is what a process without the capability reads. */
		else if ((out[i] & PAGEMAP_FRAME) == 0)
			ret = -EPERM;
		else if ((out[i] & PAGEMAP_FRAME) > UINT64_MAX / page)
			ret = -EBADMSG;
		shared &= (out[i] & PAGEMAP_SHARED) != 0;
		out[i] = (out[i] & PAGEMAP_FRAME) * page;
	}
	vfio_uapi_close(fd);
	return ret == 0 ? shared : ret;
}

int
vfio_uapi_is_huge(uint64_t physical, size_t n)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	int fd = open_words(PAGEFLAGS), ret = 1;
	uint64_t flags[PER_READ];
	size_t done, some, i;

	if (fd < 0)
		return fd;
	for (done = 0; ret > 0 && done < n; done += some) {
		some = n - done < PER_READ ? n - done : PER_READ;
		ret = read_words(fd, physical / page + done, some, flags);
		if (ret < 0)
			break;
		ret = 1;
		for (i = 0; i < some; i++)
			if ((flags[i] & PAGEFLAGS_HUGE) == 0)
				ret = 0;
	}
	vfio_uapi_close(fd);
	return ret;
}
