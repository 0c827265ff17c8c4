/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Replacements of libc's ioctl() and close() for all libraries of the process. They measure
 * EAL's own mapping, which has no counters, at the same place as this bus's, with only two
 * clock readings added.
 */

#include <linux/vfio.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "map_meter.h"
#include "uapi/vfio_abi.h"

#define FDS_MAX 4096	/* higher descriptors belong to others */

struct map_meter map_meter;

enum of_vfio { NOT_VFIO, ANY_VFIO, VFIO_DEVICE, VFIO_CONTAINER };

static atomic_int kinds[FDS_MAX];	/* descriptors that took a call of VFIO or iommufd */
static bool in_teardown;
static uint64_t teardown_first, teardown_last;
static uint64_t closing, closing_within;	/* devices, of it before teardown_last */

uint64_t
map_meter_now(void)
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

static void
count_map(uint64_t bytes, uint64_t start, uint64_t end)
{
	count(&map_meter.map, bytes, end - start);
	if (map_meter.first_map == 0)
		map_meter.first_map = start;
	map_meter.last_map = end;
}

/* The kernel returns the number of unmapped bytes. */
static void
measure(unsigned long request, const void *arg, uint64_t start, uint64_t end)
{
	switch (request) {
	case VFIO_IOMMU_MAP_DMA:
		count_map(((const struct vfio_iommu_type1_dma_map *)arg)->size, start, end);
		break;
	case VFIO_IOMMU_UNMAP_DMA:
		count(&map_meter.unmap, ((const struct vfio_iommu_type1_dma_unmap *)arg)->size,
			end - start);
		break;
	case ABI_IOAS_MAP:
		count_map(((const struct abi_ioas_map *)arg)->length, start, end);
		break;
	case ABI_IOAS_MAP_FILE:
		map_meter.by_file++;
		count_map(((const struct abi_ioas_map_file *)arg)->length, start, end);
		break;
	case ABI_IOAS_UNMAP:
		count(&map_meter.unmap, ((const struct abi_ioas_unmap *)arg)->length,
			end - start);
		break;
	case VFIO_GROUP_GET_DEVICE_FD:
		count(&map_meter.open, 0, end - start);
		break;
	default:
		break;
	}
}

static void
count_teardown(uint64_t start, uint64_t end)
{
	if (!in_teardown)
		return;
	if (teardown_first == 0)
		teardown_first = start;
	teardown_last = end;
	closing_within = closing;
	map_meter.teardown_calls_ns += end - start;
}

static void
count_close(uint64_t start, uint64_t end)
{
	if (!in_teardown)
		return;
	count(&map_meter.close, 0, end - start);
	if (teardown_first != 0)
		closing += end - start;
}

/* @param ret  of the call: VFIO_GROUP_GET_DEVICE_FD returns a descriptor */
static void
know(int fd, unsigned long request, int ret)
{
	int none = NOT_VFIO;

	if (request == VFIO_GROUP_GET_DEVICE_FD && ret < FDS_MAX)
		atomic_store(&kinds[ret], VFIO_DEVICE);
	if (fd >= FDS_MAX)
		return;
	if (request == VFIO_SET_IOMMU)
		atomic_store(&kinds[fd], VFIO_CONTAINER);
	/* To a container of POWER, this number means to unregister memory. */
	else if (request == ABI_DEVICE_BIND && atomic_load(&kinds[fd]) != VFIO_CONTAINER)
		atomic_store(&kinds[fd], VFIO_DEVICE);
	else
		atomic_compare_exchange_strong(&kinds[fd], &none, ANY_VFIO);
}

static bool
tears_down(unsigned long request)
{
	return request == VFIO_IOMMU_UNMAP_DMA || request == ABI_IOAS_UNMAP ||
		request == ABI_DEVICE_DETACH || request == VFIO_GROUP_UNSET_CONTAINER;
}

int
ioctl(int fd, unsigned long request, ...)
{
	uint64_t start = map_meter_now(), end;
	va_list ap;
	void *arg;
	int ret;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	ret = (int)syscall(SYS_ioctl, fd, request, arg);
	if (ret < 0 || _IOC_TYPE(request) != VFIO_TYPE)
		return ret;
	end = map_meter_now();
	__atomic_fetch_add(&map_meter.vfio_calls, 1, __ATOMIC_RELAXED);
	know(fd, request, ret);
	measure(request, arg, start, end);
	if (tears_down(request))
		count_teardown(start, end);
	return ret;
}

int
close(int fd)
{
	int kind = fd >= 0 && fd < FDS_MAX ? atomic_exchange(&kinds[fd], NOT_VFIO) : NOT_VFIO;
	uint64_t start = map_meter_now();
	int ret = (int)syscall(SYS_close, fd);

	if (kind == VFIO_DEVICE)
		count_close(start, map_meter_now());
	else if (kind != NOT_VFIO)
		count_teardown(start, map_meter_now());
	return ret;
}

void
map_meter_teardown(void)
{
	in_teardown = true;
}

void
map_meter_finish(void)
{
	int fd;

	for (fd = 0; fd < FDS_MAX; fd++)
		if (atomic_load(&kinds[fd]) != NOT_VFIO)
			close(fd);
	in_teardown = false;
	map_meter.teardown_ns = teardown_last - teardown_first - closing_within;
}
