/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Regions of a device: the table librte_bus_pci reads, and the BARs mapped.
 *
 * A BAR is mapped whole where the kernel lets it (it does, even with the MSI-X
 * table in it, since 4.16), in pieces where it gives a list of pieces, and not
 * at all where it is I/O space or forbidden: its address is NULL then.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "private.h"
#include "vfio_uapi.h"

#define REGION_INFO_MAX (64u << 10)
#define REGION_CAPS_MAX 64

/* Region info with its capabilities, asked for until it fits. */
static int
region_info(int fd, unsigned int index, struct vfio_region_info **out)
{
	struct vfio_region_info *info = NULL;
	size_t size = sizeof(*info);
	int ret;

	for (;;) {
		struct vfio_region_info *bigger = realloc(info, size);

		if (bigger == NULL) {
			ret = -ENOMEM;
			break;
		}
		info = bigger;
		memset(info, 0, size);
		info->argsz = (uint32_t)size;
		info->index = index;
		ret = vfio_uapi_region_info(fd, info);
		if (ret < 0)
			break;
		if (info->argsz <= size) {
			*out = info;
			return 0;
		}
		size = info->argsz;
		if (size > REGION_INFO_MAX) {
			ret = -EBADMSG;
			break;
		}
	}
	free(info);
	return ret;
}

/*
 * Offset of the list of mappable pieces, 0 if there is none. Offsets of the
 * kernel are checked, and capabilities are copied out: older kernels align them
 * to 4 bytes only.
 */
static size_t
sparse_cap(const struct vfio_region_info *info,
		struct vfio_region_info_cap_sparse_mmap *cap)
{
	size_t off, size = info->argsz;
	unsigned int n;

	if ((info->flags & VFIO_REGION_INFO_FLAG_CAPS) == 0)
		return 0;
	off = info->cap_offset;
	for (n = 0; off != 0 && n < REGION_CAPS_MAX; n++) {
		if (off < sizeof(*info) || off > size - sizeof(cap->header))
			return 0;
		memcpy(&cap->header, (const char *)info + off, sizeof(cap->header));
		if (cap->header.id != VFIO_REGION_INFO_CAP_SPARSE_MMAP) {
			off = cap->header.next;
			continue;
		}
		if (size - off < sizeof(*cap))
			return 0;
		memcpy(cap, (const char *)info + off, sizeof(*cap));
		return cap->nr_areas <= (size - off - sizeof(*cap)) /
			sizeof(struct vfio_region_sparse_mmap_area) ? off : 0;
	}
	return 0;
}

static int
map_pieces(int fd, const struct vfio_region_info *info, size_t off,
		unsigned int n, char *base)
{
	struct vfio_region_sparse_mmap_area area;
	unsigned int i;
	void *got;
	int ret = 0;

	off += sizeof(struct vfio_region_info_cap_sparse_mmap);
	for (i = 0; ret == 0 && i < n; i++) {
		memcpy(&area, (const char *)info + off + i * sizeof(area), sizeof(area));
		if (area.size == 0)
			continue;
		if (area.offset >= info->size || area.size > info->size - area.offset)
			return -EBADMSG;
		ret = vfio_uapi_mmap(base + area.offset, area.size,
				PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
				info->offset + area.offset, &got);
	}
	return ret;
}

static int
map_bar(struct vfio_msi_device *dev, unsigned int i,
		const struct vfio_region_info *info)
{
	struct vfio_region_info_cap_sparse_mmap cap;
	size_t off = sparse_cap(info, &cap);
	void *addr;
	int ret;

	if (info->size == 0 || (info->flags & VFIO_REGION_INFO_FLAG_MMAP) == 0)
		return 0;
	if (off == 0) {
		ret = vfio_uapi_mmap(NULL, info->size, PROT_READ | PROT_WRITE,
				MAP_SHARED, dev->fd, info->offset, &addr);
		if (ret < 0)
			return ret;
	} else {
		ret = vfio_uapi_mmap(NULL, info->size, PROT_NONE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0,
				&addr);
		if (ret < 0)
			return ret;
		ret = map_pieces(dev->fd, info, off, cap.nr_areas, addr);
		if (ret < 0) {
			vfio_uapi_munmap(addr, info->size);
			return ret;
		}
	}
	dev->bar[i].addr = addr;
	dev->bar[i].len = info->size;
	dev->pci.device.mem_resource[i].addr = addr;
	return 0;
}

int
vfio_msi_regions_map(struct vfio_msi_device *dev)
{
	struct vfio_device_info dinfo;
	unsigned int i, n;
	int ret = vfio_uapi_device_info(dev->fd, &dinfo);

	if (ret < 0)
		return ret;
	n = RTE_MIN(dinfo.num_regions, (uint32_t)COMPAT_PCI_REGIONS);
	for (i = 0; ret == 0 && i < n; i++) {
		struct vfio_region_info *info = NULL;

		ret = region_info(dev->fd, i, &info);
		/* The kernel has no VGA region for most devices. */
		if (ret == -EINVAL && i == VFIO_PCI_VGA_REGION_INDEX) {
			ret = 0;
			break;
		}
		if (ret == 0) {
			dev->pci.region[i].size = info->size;
			dev->pci.region[i].offset = info->offset;
			if (i < TOPO_BARS)
				ret = map_bar(dev, i, info);
		}
		free(info);
	}
	if (ret < 0)
		vfio_msi_regions_unmap(dev);
	return ret;
}

void
vfio_msi_regions_unmap(struct vfio_msi_device *dev)
{
	unsigned int i;

	for (i = 0; i < TOPO_BARS; i++) {
		if (dev->bar[i].addr == NULL)
			continue;
		vfio_uapi_munmap(dev->bar[i].addr, dev->bar[i].len);
		dev->bar[i].addr = NULL;
		dev->pci.device.mem_resource[i].addr = NULL;
	}
	memset(dev->pci.region, 0, sizeof(dev->pci.region));
}
