/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* System calls on VFIO's character devices and on /dev/iommu. */

#include <stddef.h>

#include "uapi/vfio_uapi.h"
#include "uapi/vfio_uapi_private.h"

int
vfio_uapi_device_bind(int device, int iommufd, const uint8_t *token)
{
	struct abi_device_bind bind = {
		.argsz = token != NULL ? sizeof(bind) :
			offsetof(struct abi_device_bind, token),
		.flags = token != NULL ? ABI_BIND_TOKEN : 0,
		.iommufd = iommufd,
		.token = (uintptr_t)token,
	};

	return call(device, ABI_DEVICE_BIND, &bind);
}

int
vfio_uapi_device_attach(int device, uint32_t ioas)
{
	struct abi_device_attach attach = { .argsz = sizeof(attach), .id = ioas };

	return call(device, ABI_DEVICE_ATTACH, &attach);
}

int
vfio_uapi_device_detach(int device)
{
	struct abi_device_detach detach = { .argsz = sizeof(detach) };

	return call(device, ABI_DEVICE_DETACH, &detach);
}

int
vfio_uapi_iommufd_rlimit_mode(int fd)
{
	struct abi_option option = {
		.size = sizeof(option),
		.option = ABI_OPTION_RLIMIT_MODE,
		.op = ABI_OPTION_GET,
	};
	int ret = call(fd, ABI_OPTION, &option);

	return ret < 0 ? ret : option.value != 0;
}

int
vfio_uapi_ioas_alloc(int iommufd, uint32_t *ioas)
{
	struct abi_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret = call(iommufd, ABI_IOAS_ALLOC, &alloc);

	*ioas = alloc.id;
	return ret;
}

int
vfio_uapi_ioas_destroy(int iommufd, uint32_t ioas)
{
	struct abi_destroy destroy = { .size = sizeof(destroy), .id = ioas };

	return call(iommufd, ABI_DESTROY, &destroy);
}

int
vfio_uapi_ioas_ranges(int iommufd, uint32_t ioas, struct abi_iova_range *v,
		uint32_t *n, uint64_t *alignment)
{
	struct abi_ioas_ranges ranges = {
		.size = sizeof(ranges),
		.id = ioas,
		.count = *n,
		.ranges = (uintptr_t)v,
	};
	int ret = call(iommufd, ABI_IOAS_IOVA_RANGES, &ranges);

	*n = ranges.count;
	*alignment = ranges.alignment;
	return ret;
}

int
vfio_uapi_ioas_allow(int iommufd, uint32_t ioas, const struct abi_iova_range *v,
		uint32_t n)
{
	struct abi_ioas_ranges allow = {
		.size = offsetof(struct abi_ioas_ranges, alignment),
		.id = ioas,
		.count = n,
		.ranges = (uintptr_t)v,
	};

	return call(iommufd, ABI_IOAS_ALLOW_IOVAS, &allow);
}

int
vfio_uapi_ioas_map(int iommufd, uint32_t ioas, uint64_t vaddr, uint64_t iova,
		uint64_t size, bool read_only)
{
	struct abi_ioas_map map = {
		.size = sizeof(map),
		.flags = ABI_MAP_FIXED | ABI_MAP_READ | (read_only ? 0 : ABI_MAP_WRITE),
		.id = ioas,
		.va = vaddr,
		.length = size,
		.iova = iova,
	};

	return call(iommufd, ABI_IOAS_MAP, &map);
}

int
vfio_uapi_ioas_map_file(int iommufd, uint32_t ioas, int fd, uint64_t start, uint64_t iova,
		uint64_t size, bool read_only)
{
	struct abi_ioas_map_file map = {
		.size = sizeof(map),
		.flags = ABI_MAP_FIXED | ABI_MAP_READ | (read_only ? 0 : ABI_MAP_WRITE),
		.id = ioas,
		.fd = fd,
		.start = start,
		.length = size,
		.iova = iova,
	};

	return call(iommufd, ABI_IOAS_MAP_FILE, &map);
}

int
vfio_uapi_ioas_unmap(int iommufd, uint32_t ioas, uint64_t iova, uint64_t size,
		uint64_t *unmapped)
{
	struct abi_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.id = ioas,
		.iova = iova,
		.length = size,
	};
	int ret = call(iommufd, ABI_IOAS_UNMAP, &unmap);

	*unmapped = ret == 0 ? unmap.length : 0;
	return ret;
}

int
vfio_uapi_ioas_for_groups(int iommufd, uint32_t ioas)
{
	struct abi_vfio_ioas set = {
		.size = sizeof(set),
		.id = ioas,
		.op = ABI_VFIO_IOAS_SET,
	};

	return call(iommufd, ABI_VFIO_IOAS, &set);
}
