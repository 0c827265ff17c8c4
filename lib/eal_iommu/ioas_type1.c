/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Backend VFIO type1 v2: a container, and groups in it.
 *
 * Version 1 is not used: it answers an impossible unmap with success. The
 * container gets its IOMMU with the first group and loses it, with every
 * mapping, when the last group leaves.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ioas_ops.h"
#include "vfio_uapi.h"

#define TYPE1_NODE "/dev/vfio/vfio"
#define TYPE1_INFO_MAX (1u << 20)	/* a capability chain above this is a fault */
#define TYPE1_CAPS_MAX 64		/* chain links we follow */
#define TYPE1_INFO_TRIES 16		/* how often the chain may grow meanwhile */

static int
type1_open(void)
{
	int fd = vfio_uapi_open(TYPE1_NODE);
	int ret;

	if (fd < 0)
		return fd;
	ret = vfio_uapi_api_version(fd);
	if (ret >= 0)
		ret = ret == VFIO_API_VERSION ?
			vfio_uapi_check_extension(fd, VFIO_TYPE1v2_IOMMU) : 0;
	if (ret > 0)
		return fd;
	vfio_uapi_close(fd);
	return ret < 0 ? ret : -ENOTSUP;
}

/* The group's node: somebody else's, or opened here. */
static int
type1_group_fd(const struct ioas_member *m)
{
	char path[32];

	if (m->group_fd >= 0)
		return m->group_fd;
	snprintf(path, sizeof(path), "/dev/vfio/%d", m->group);
	return vfio_uapi_open(path);
}

static int
type1_attach(int fd, const struct ioas_member *m, unsigned int n_attached,
		int *group_fd, bool *viable)
{
	uint32_t flags;
	int gfd, ret;

	*viable = true;
	gfd = type1_group_fd(m);
	if (gfd < 0)
		return gfd;
	ret = vfio_uapi_group_status(gfd, &flags);
	if (ret < 0)
		goto err_close;
	if ((flags & VFIO_GROUP_FLAGS_VIABLE) == 0) {
		*viable = false;
		ret = -EPERM;
		goto err_close;
	}
	ret = vfio_uapi_group_set_container(gfd, fd);
	if (ret < 0)
		goto err_close;
	if (n_attached == 0) {
		ret = vfio_uapi_set_iommu(fd, VFIO_TYPE1v2_IOMMU);
		if (ret < 0)
			goto err_unset;
	}
	*group_fd = gfd;
	return 0;

err_unset:
	vfio_uapi_group_unset_container(gfd);
err_close:
	if (m->group_fd < 0)
		vfio_uapi_close(gfd);
	return ret;
}

static void
type1_detach(int group_fd, bool ours)
{
	/* EBUSY while a device is open: closing the group has the same end. */
	vfio_uapi_group_unset_container(group_fd);
	if (ours)
		vfio_uapi_close(group_fd);
}

static int
type1_open_device(int group_fd, const struct ioas_member *m)
{
	char name[128];
	int n;

	if (m->vf_token == NULL)
		return vfio_uapi_group_get_device(group_fd, m->name);
	n = snprintf(name, sizeof(name), "%s vf_token=%s", m->name, m->vf_token);
	if (n < 0 || (size_t)n >= sizeof(name))
		return -EINVAL;
	return vfio_uapi_group_get_device(group_fd, name);
}

/*
 * Kernels before 6.6 align capabilities to 4 bytes only: what is in them is
 * copied out, never pointed to.
 */

/* Take the ranges of one IOVA_RANGE capability of len bytes. */
static int
type1_take_ranges(const char *cap, size_t len, struct ioas_info *out)
{
	struct vfio_iommu_type1_info_cap_iova_range c;
	struct vfio_iova_range r;
	size_t i;

	if (len < sizeof(c) || out->ranges != NULL)
		return -EBADMSG;
	memcpy(&c, cap, sizeof(c));
	if (c.nr_iovas > (len - sizeof(c)) / sizeof(r))
		return -EBADMSG;
	if (c.nr_iovas == 0)
		return 0;
	out->ranges = calloc(c.nr_iovas, sizeof(*out->ranges));
	if (out->ranges == NULL)
		return -ENOMEM;
	for (i = 0; i < c.nr_iovas; i++) {
		memcpy(&r, cap + sizeof(c) + i * sizeof(r), sizeof(r));
		out->ranges[i].first = r.start;
		out->ranges[i].last = r.end;
		if (!iova_range_valid(out->ranges[i]))
			return -EBADMSG;
	}
	out->n_ranges = c.nr_iovas;
	return 0;
}

static int
type1_take_avail(const char *cap, size_t len, struct ioas_info *out)
{
	struct vfio_iommu_type1_info_dma_avail a;

	if (len < sizeof(a))
		return -EBADMSG;
	memcpy(&a, cap, sizeof(a));
	out->dma_avail = a.avail;
	return 0;
}

/* Walk the chain; the kernel's offsets are checked, a cycle ends at CAPS_MAX. */
static int
type1_walk_caps(const struct vfio_iommu_type1_info *info, size_t size,
		struct ioas_info *out)
{
	struct vfio_info_cap_header h;
	size_t off = info->cap_offset;
	unsigned int n;
	int ret = 0;

	for (n = 0; off != 0 && ret == 0; n++) {
		const char *cap = (const char *)info + off;

		if (n == TYPE1_CAPS_MAX || off % 4 != 0 ||
		    off < sizeof(*info) - sizeof(info->cap_offset) ||
		    off > size - sizeof(h))
			return -EBADMSG;
		memcpy(&h, cap, sizeof(h));
		if (h.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			ret = type1_take_ranges(cap, size - off, out);
		else if (h.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			ret = type1_take_avail(cap, size - off, out);
		off = h.next;
	}
	return ret;
}

static int
type1_info(int fd, struct ioas_info *out)
{
	struct vfio_iommu_type1_info *info = NULL;
	size_t size = sizeof(*info);
	unsigned int n;
	int ret;

	memset(out, 0, sizeof(*out));
	out->dma_avail = UINT64_MAX;
	/* The chain may grow between two calls: ask until it fits. */
	for (n = 0;; n++) {
		struct vfio_iommu_type1_info *bigger = realloc(info, size);

		if (bigger == NULL) {
			ret = -ENOMEM;
			goto out;
		}
		info = bigger;
		memset(info, 0, size);
		info->argsz = (uint32_t)size;
		ret = vfio_uapi_iommu_info(fd, info);
		if (ret < 0)
			goto out;
		if (info->argsz <= size)
			break;
		size = info->argsz;
		if (size > TYPE1_INFO_MAX || n == TYPE1_INFO_TRIES) {
			ret = -EBADMSG;
			goto out;
		}
	}
	if (info->flags & VFIO_IOMMU_INFO_PGSIZES)
		out->page_sizes = info->iova_pgsizes;
	if (info->flags & VFIO_IOMMU_INFO_CAPS)
		ret = type1_walk_caps(info, size, out);
out:
	if (ret < 0)
		ioas_info_free(out);
	free(info);
	return ret;
}

static int
type1_map(int fd, uint64_t va, uint64_t iova, uint64_t size)
{
	return vfio_uapi_map_dma(fd, va, iova, size);
}

static int
type1_unmap(int fd, uint64_t iova, uint64_t size, uint64_t *done)
{
	return vfio_uapi_unmap_dma(fd, iova, size, done);
}

const struct ioas_ops ioas_type1_ops = {
	.backend = IOAS_BACKEND_TYPE1,
	.open = type1_open,
	.attach = type1_attach,
	.detach = type1_detach,
	.open_device = type1_open_device,
	.info = type1_info,
	.map = type1_map,
	.unmap = type1_unmap,
};
