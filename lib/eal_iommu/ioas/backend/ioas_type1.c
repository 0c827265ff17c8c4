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
 *
 * The container's node may be an iommufd that stands in for it (kernels with
 * CONFIG_IOMMUFD_VFIO_CONTAINER, or a link to /dev/iommu). It answers most of type1's
 * calls, but attaches a group when a device of it is opened: until then every range
 * seems good and nothing is pinned. It is used as the iommufd that it is, with groups:
 * see ioas_compat_ops.
 *
 * On POWER the same node has containers of another type: see ioas_spapr_ops.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioas/backend/ioas_node.h"
#include "ioas/ioas_ops.h"
#include "uapi/vfio_uapi.h"

#define TYPE1_INFO_MAX (1u << 20)	/* a capability chain above this is a fault */
#define TYPE1_CAPS_MAX 64		/* chain links we follow */
#define TYPE1_INFO_TRIES 16		/* how often the chain may grow meanwhile */

/* Is the container an iommufd? Then it gets its address space here. */
static int
find_iommufd(struct ioas_node *k)
{
	int ret = vfio_uapi_iommufd_rlimit_mode(k->fd);

	if (ret == -EMFILE || ret == -ENOMEM)
		return ret;
	/* A container does not know this call, and where a filter denies it none is needed. */
	if (ret < 0)
		return 0;
	k->memlock_by_process = ret > 0;
	ret = ioas_node_alloc(k);
	k->over_iommufd = ret == 0;
	return ret;
}

/* Whose calls does the node answer? */
static int
find_type(struct ioas_node *k)
{
	int ret = vfio_uapi_check_extension(k->fd, VFIO_TYPE1v2_IOMMU);

	if (ret > 0)
		return find_iommufd(k);
	if (ret == 0)
		ret = vfio_uapi_check_extension(k->fd, VFIO_SPAPR_TCE_v2_IOMMU);
	k->is_spapr = ret > 0;
	return ret == 0 ? -ENOTSUP : ret < 0 ? ret : 0;
}

static int
type1_open(void *leg, const struct ioas_fds *fds)
{
	struct ioas_node *k = leg;
	int ret = ioas_node_open(k, TYPE1_NODE, fds != NULL ? fds->container : -1);

	if (ret < 0)
		return ret;
	ret = vfio_uapi_api_version(k->fd);
	if (ret >= 0)
		ret = ret == VFIO_API_VERSION ? find_type(k) : -ENOTSUP;
	if (ret < 0)
		vfio_uapi_close(k->fd);
	return ret;
}

static const struct ioas_ops *
type1_stand_in(const void *leg)
{
	const struct ioas_node *k = leg;

	if (k->is_spapr)
		return &ioas_spapr_ops;
	return k->over_iommufd ? &ioas_compat_ops : NULL;
}

static int
type1_attach(void *leg, struct ioas_attachment *attachment)
{
	const struct ioas_node *k = leg;

	return ioas_group_attach(attachment, k->fd);
}

static int
type1_prepare(void *leg, const struct ioas_need *need, struct ioas_info *out)
{
	const struct ioas_node *k = leg;

	return vfio_uapi_set_iommu(k->fd, VFIO_TYPE1v2_IOMMU);
}

static void
type1_detach(struct ioas_attachment *attachment)
{
	/* EBUSY while a device is open: closing the group has the same end. */
	vfio_uapi_group_unset_container(attachment->fd);
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
type1_info(void *leg, struct ioas_info *out)
{
	const struct ioas_node *k = leg;
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
		ret = vfio_uapi_iommu_info(k->fd, info);
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
type1_map(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size)
{
	const struct ioas_node *k = leg;

	return vfio_uapi_map_dma(k->fd, mem->va, iova, size, mem->read_only);
}

static int
type1_unmap(void *leg, uint64_t va, uint64_t iova, uint64_t size, uint64_t *done)
{
	const struct ioas_node *k = leg;

	return vfio_uapi_unmap_dma(k->fd, iova, size, done);
}

static const char *
type1_hint(int ret)
{
	switch (ret) {
	case -ENOMEM:
		return "; is RLIMIT_MEMLOCK too low? (ulimit -l)";
	case -ENOSPC:
		return "; the kernel's budget of mappings is used up: raise vfio_iommu_type1.dma_entry_limit or use larger hugepages";
	case -EINVAL:
		return "; the kernel refuses the range or its alignment";
	default:
		return "";
	}
}

const struct ioas_ops ioas_type1_ops = {
	.backend = IOAS_BACKEND_TYPE1,
	.traits = {
		.node = TYPE1_NODE,
		.need = TYPE1_NEED,
		.unsafe_interrupts = "vfio_iommu_type1.allow_unsafe_interrupts=1",
		/* It gives a domain the means to map doorbells for SW_MSI only. */
		.serves_msi_window = false,
		.fds = TYPE1_FDS,
	},
	.leg_size = sizeof(struct ioas_node),
	.open = type1_open,
	.stand_in = type1_stand_in,
	.close = ioas_node_close,
	.enter = ioas_group_enter,
	.attach = type1_attach,
	.prepare = type1_prepare,
	.detach = type1_detach,
	.open_device = ioas_group_device,
	.info = type1_info,
	.map = type1_map,
	.unmap = type1_unmap,
	.hint = type1_hint,
};
