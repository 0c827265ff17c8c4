/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A replacement of libc's ioctl() for all libraries of the process. It measures EAL's own
 * mapping, which has no counters, at the same place as this bus's, with only two clock
 * readings added.
 */

#include <linux/vfio.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "map_meter.h"
#include "uapi/vfio_abi.h"

struct map_meter map_meter;

static uint64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void
count(struct map_calls *calls, uint64_t bytes, uint64_t ns)
{
	calls->n++;
	calls->bytes += bytes;
	calls->ns += ns;
}

/* The kernel returns the number of unmapped bytes. */
static void
measure(unsigned long request, const void *arg, uint64_t ns)
{
	switch (request) {
	case VFIO_IOMMU_MAP_DMA:
		count(&map_meter.map, ((const struct vfio_iommu_type1_dma_map *)arg)->size, ns);
		break;
	case VFIO_IOMMU_UNMAP_DMA:
		count(&map_meter.unmap, ((const struct vfio_iommu_type1_dma_unmap *)arg)->size,
			ns);
		break;
	case ABI_IOAS_MAP:
		count(&map_meter.map, ((const struct abi_ioas_map *)arg)->length, ns);
		break;
	case ABI_IOAS_MAP_FILE:
		count(&map_meter.map, ((const struct abi_ioas_map_file *)arg)->length, ns);
		break;
	case ABI_IOAS_UNMAP:
		count(&map_meter.unmap, ((const struct abi_ioas_unmap *)arg)->length, ns);
		break;
	case VFIO_GROUP_GET_DEVICE_FD:
		count(&map_meter.open, 0, ns);
		break;
	default:
		break;
	}
}

int
ioctl(int fd, unsigned long request, ...)
{
	uint64_t start = now_ns();
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	ret = (int)syscall(SYS_ioctl, fd, request, arg);
	if (ret >= 0)
		measure(request, arg, now_ns() - start);
	return ret;
}
