/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail_calls.h"
#include "uapi/vfio_abi.h"

#define FAIL_NTH "/proc/thread-self/fail-nth"
#define DEBUG "/sys/kernel/debug/"

/* fail-nth has this instead of a number: nothing fails. */
#define NONE "0"

int __real_open64(const char *path, int flags, ...);
int __real_close(int fd);
int __real_ioctl(int fd, unsigned long request, ...);
void *__real_mmap64(void *hint, size_t len, int prot, int flags, int fd, off_t offset);
int __real_eventfd(unsigned int count, int flags);

int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_ioctl(int fd, unsigned long request, ...);
void *__wrap_mmap64(void *hint, size_t len, int prot, int flags, int fd, off_t offset);
int __wrap_eventfd(unsigned int count, int flags);

static int control = -1;
static bool watched;
static unsigned int wanted_call, wanted_nth;
static struct fail_seen seen;

static int
setting_write(const char *path, const char *text)
{
	int fd = __real_open64(path, O_WRONLY | O_CLOEXEC), ret;

	if (fd < 0)
		return -errno;
	ret = write(fd, text, strlen(text)) < 0 ? -errno : 0;
	__real_close(fd);
	return ret;
}

int
fail_open(void)
{
	static const struct {
		const char *path, *text;
	} settings[] = {
		{ DEBUG "failslab/ignore-gfp-wait", "N" },
		{ DEBUG "failslab/verbose", "0" },
		{ DEBUG "fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUG "fail_page_alloc/min-order", "0" },
		{ DEBUG "fail_page_alloc/verbose", "0" },
	};
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < sizeof(settings) / sizeof(*settings); i++)
		ret = setting_write(settings[i].path, settings[i].text);
	if (ret < 0)
		return ret;
	control = __real_open64(FAIL_NTH, O_RDWR | O_CLOEXEC);
	return control < 0 ? -errno : 0;
}

void
fail_begin(unsigned int call, unsigned int nth)
{
	memset(&seen, 0, sizeof(seen));
	wanted_call = call;
	wanted_nth = nth;
	watched = true;
}

void
fail_end(struct fail_seen *out)
{
	watched = false;
	*out = seen;
}

static void
control_set(const char *text)
{
	if (pwrite(control, text, strlen(text), 0) < 0) {
		perror(FAIL_NTH);
		exit(2);
	}
}

/* Before a call. @return whether it is the one. */
static bool
call_begin(const char *name)
{
	char text[16];

	if (!watched || ++seen.calls != wanted_call)
		return false;
	snprintf(seen.name, sizeof(seen.name), "%s", name);
	snprintf(text, sizeof(text), "%u", wanted_nth);
	control_set(text);
	return true;
}

/* After it: 0 is left in the control if the allocation failed. errno is unchanged. */
static void
call_end(bool is, bool error)
{
	int saved = errno;
	char text[16] = "";

	if (!is)
		return;
	if (pread(control, text, sizeof(text) - 1, 0) <= 0) {
		perror(FAIL_NTH);
		exit(2);
	}
	seen.failed = strtoul(text, NULL, 10) == 0;
	seen.error = error ? -saved : 0;
	control_set(NONE);
	errno = saved;
}

static const char *
request_name(unsigned long request)
{
#define NAME(name) { name, #name }
	static const struct {
		unsigned long request;
		const char *name;
	} names[] = {
		NAME(VFIO_GET_API_VERSION), NAME(VFIO_CHECK_EXTENSION), NAME(VFIO_SET_IOMMU),
		NAME(VFIO_IOMMU_GET_INFO), NAME(VFIO_IOMMU_MAP_DMA), NAME(VFIO_IOMMU_UNMAP_DMA),
		NAME(VFIO_GROUP_GET_STATUS), NAME(VFIO_GROUP_SET_CONTAINER),
		NAME(VFIO_GROUP_UNSET_CONTAINER), NAME(VFIO_GROUP_GET_DEVICE_FD),
		NAME(VFIO_DEVICE_GET_INFO), NAME(VFIO_DEVICE_GET_REGION_INFO),
		NAME(VFIO_DEVICE_GET_IRQ_INFO), NAME(VFIO_DEVICE_SET_IRQS), NAME(VFIO_DEVICE_RESET),
		/* Numbers above are those of other nodes too. */
		{ ABI_DEVICE_BIND, "VFIO_DEVICE_BIND_IOMMUFD" },
		{ ABI_DEVICE_ATTACH, "VFIO_DEVICE_ATTACH_IOMMUFD_PT" },
		{ ABI_DEVICE_DETACH, "VFIO_DEVICE_DETACH_IOMMUFD_PT" },
		{ ABI_DESTROY, "IOMMU_DESTROY" }, { ABI_IOAS_ALLOC, "IOMMU_IOAS_ALLOC" },
		{ ABI_IOAS_ALLOW_IOVAS, "IOMMU_IOAS_ALLOW_IOVAS" },
		{ ABI_IOAS_IOVA_RANGES, "IOMMU_IOAS_IOVA_RANGES" },
		{ ABI_IOAS_MAP, "IOMMU_IOAS_MAP" }, { ABI_IOAS_UNMAP, "IOMMU_IOAS_UNMAP" },
		{ ABI_OPTION, "IOMMU_OPTION" }, { ABI_VFIO_IOAS, "IOMMU_VFIO_IOAS" },
		{ ABI_IOAS_MAP_FILE, "IOMMU_IOAS_MAP_FILE" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].request == request)
			return names[i].name;
	return "ioctl";
}

int
__wrap_open64(const char *path, int flags, ...)
{
	char name[FAIL_NAME_LEN];
	va_list ap;
	int mode, ret;
	bool is;

	va_start(ap, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(ap, int) : 0;
	va_end(ap);
	if (strncmp(path, "/dev/", 5) != 0)
		return __real_open64(path, flags, mode);
	snprintf(name, sizeof(name), "open %s", path);
	is = call_begin(name);
	ret = __real_open64(path, flags, mode);
	call_end(is, ret < 0);
	return ret;
}

int
__wrap_close(int fd)
{
	bool is = call_begin("close");
	int ret = __real_close(fd);

	call_end(is, ret < 0);
	return ret;
}

int
__wrap_ioctl(int fd, unsigned long request, ...)
{
	bool is = call_begin(request_name(request));
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	ret = __real_ioctl(fd, request, arg);
	call_end(is, ret < 0);
	return ret;
}

void *
__wrap_mmap64(void *hint, size_t len, int prot, int flags, int fd, off_t offset)
{
	bool is = call_begin("mmap");
	void *p = __real_mmap64(hint, len, prot, flags, fd, offset);

	call_end(is, p == MAP_FAILED);
	return p;
}

int
__wrap_eventfd(unsigned int count, int flags)
{
	bool is = call_begin("eventfd");
	int ret = __real_eventfd(count, flags);

	call_end(is, ret < 0);
	return ret;
}
