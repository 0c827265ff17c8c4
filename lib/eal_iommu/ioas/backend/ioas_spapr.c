/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Backend of POWER (sPAPR TCE v2): a container for each group.
 *
 * The hypervisor translates one window or two. The default window begins at 0, is small, and
 * has pages of 4 KiB. A large window (DDW) is created on demand: we choose its size and
 * page size, the kernel chooses its place, today 1 << 59. Only its creation needs care:
 *
 * - A size that is too large gets EINVAL, and a smaller one may work. After any other failure
 *   the kernel creates no large window for the device until the next boot, and says ENODEV
 *   from then on. So the only calls that are repeated are those that got EINVAL.
 * - A group with a large window uses no other, so that all its memory has large pages.
 * - Where one window is all there is, it must be the large one: the default window is removed
 *   first, before the kernel has made it. It returns with the next user of the group.
 * - A page of the window can't be larger than the pages of the memory that is mapped there.
 *
 * Memory must be registered, which pins it, before it is mapped. A range can be registered
 * once (EBUSY), and mapped at several IOVAs. The end of a registration succeeds
 * while the memory is mapped, and then the memory stays pinned until the process ends. So
 * further users of a range are counted here. A lock covers both calls of a map, and of an
 * unmap; the kernel has a lock around each of them anyway.
 *
 * A map replaces what is mapped at its IOVA, and one that begins in a window is not checked
 * against its end: Linux 7.2 writes past its table. Only the layout prevents both.
 *
 * The last detach ends windows, mappings and registrations. The kernel then gives the
 * default window back to its own drivers.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "ioas/backend/ioas_node.h"
#include "ioas/ioas_ops.h"
#include "uapi/vfio_uapi.h"

#define SPAPR_DEFAULT_SHIFT 12		/* pages of the default window */
#define SPAPR_SIZE_MIN (UINT64_C(1) << 28)
#define SPAPR_NO_DDW UINT32_MAX		/* so many windows: the kernel has no large one */

/* Of registration and mapping, in all legs. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int
spapr_open(void *leg, const struct ioas_fds *fds)
{
	return ioas_node_open_container(leg, fds, VFIO_SPAPR_TCE_v2_IOMMU);
}

static int
spapr_attach(void *leg, struct ioas_attachment *attachment)
{
	const struct ioas_node *k = leg;

	return ioas_group_attach(attachment, k->fd);
}

/* The largest page of the window that memory in pages of this size can have. */
static unsigned int
choose_shift(uint64_t page_sizes, uint64_t page)
{
	unsigned int shift;

	for (shift = 63; shift > SPAPR_DEFAULT_SHIFT; shift--)
		if ((page_sizes >> shift & 1) != 0 && UINT64_C(1) << shift <= page)
			break;
	return shift;
}

/* A window of twice the memory, as placement leaves gaps; no larger than half of all IOVAs. */
static uint64_t
choose_size(uint64_t bytes)
{
	uint64_t size = SPAPR_SIZE_MIN;

	while (size / 2 < bytes && size < UINT64_C(1) << 62)
		size *= 2;
	return size;
}

/* Create the large window. @return 0; -ERANGE if even the smallest is too large; -errno */
static int
create_window(struct ioas_node *k, uint64_t page_sizes, const struct ioas_need *need)
{
	struct ioas_window *w = &k->window;
	uint64_t size, start;
	int ret = -EINVAL;

	w->page_shift = choose_shift(page_sizes, need->page);
	for (size = choose_size(need->bytes); size >= SPAPR_SIZE_MIN; size /= 2) {
		ret = vfio_uapi_spapr_create(k->fd, w->page_shift, size, &start);
		if (ret == 0)
			return iova_range_make(start, size, &w->range) ? 0 : -EBADMSG;
		if (ret != -EINVAL)
			return ret;
	}
	return -ERANGE;
}

static int
default_window(struct ioas_node *k, const struct vfio_iommu_spapr_tce_info *info)
{
	k->window.page_shift = SPAPR_DEFAULT_SHIFT;
	return iova_range_make(info->dma32_window_start, info->dma32_window_size,
			&k->window.range) ? 0 : -EBADMSG;
}

static int
give_window(const struct ioas_node *k, struct ioas_info *out)
{
	out->ranges = malloc(sizeof(*out->ranges));
	if (out->ranges == NULL)
		return -ENOMEM;
	out->ranges[0] = k->window.range;
	out->n_ranges = 1;
	return 0;
}

static int
spapr_prepare(void *leg, const struct ioas_need *need, struct ioas_info *out)
{
	struct vfio_iommu_spapr_tce_info info;
	struct ioas_node *k = leg;
	uint32_t windows;
	int ret = vfio_uapi_set_iommu(k->fd, VFIO_SPAPR_TCE_v2_IOMMU);

	if (ret == 0)
		ret = vfio_uapi_spapr_info(k->fd, &info);
	if (ret < 0)
		return ret;
	windows = (info.flags & VFIO_IOMMU_SPAPR_INFO_DDW) != 0 ?
		info.ddw.max_dynamic_windows_supported : 0;
	if (windows == 0 || windows == SPAPR_NO_DDW)
		ret = default_window(k, &info);
	else if (windows == 1)
		ret = vfio_uapi_spapr_remove(k->fd, info.dma32_window_start);
	if (ret == 0 && windows != 0 && windows != SPAPR_NO_DDW)
		ret = create_window(k, info.ddw.pgsizes, need);
	return ret < 0 ? ret : give_window(k, out);
}

static void
spapr_detach(struct ioas_attachment *attachment)
{
	/* EBUSY while a device is open: closing the group has the same end. */
	vfio_uapi_group_unset_container(attachment->fd);
}

static int
spapr_info(void *leg, struct ioas_info *out)
{
	const struct ioas_node *k = leg;

	*out = (struct ioas_info) {
		.dma_avail = UINT64_MAX,
		.page_sizes = UINT64_C(1) << k->window.page_shift,
	};
	return give_window(k, out);
}

/* The place of a range in the list of those that are mapped several times. */
static struct ioas_shared **
shared_find(struct ioas_node *k, uint64_t va, uint64_t size)
{
	struct ioas_shared **p;

	for (p = &k->shared; *p != NULL; p = &(*p)->next)
		if ((*p)->va == va && (*p)->size == size)
			break;
	return p;
}

/* Register memory, or count one more user of it. */
static int
memory_get(struct ioas_node *k, uint64_t va, uint64_t size)
{
	int ret = vfio_uapi_spapr_register(k->fd, va, size);
	struct ioas_shared **p;

	if (ret != -EBUSY)
		return ret;
	p = shared_find(k, va, size);
	if (*p == NULL) {
		*p = calloc(1, sizeof(**p));
		if (*p == NULL)
			return -ENOMEM;
		**p = (struct ioas_shared) { .va = va, .size = size };
	}
	(*p)->more++;
	return 0;
}

static void
memory_put(struct ioas_node *k, uint64_t va, uint64_t size)
{
	struct ioas_shared **p = shared_find(k, va, size), *empty = *p;

	if (empty == NULL) {
		vfio_uapi_spapr_unregister(k->fd, va, size);
	} else if (--empty->more == 0) {
		*p = empty->next;
		free(empty);
	}
}

static int
spapr_map(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size)
{
	struct ioas_node *k = leg;
	int ret;

	pthread_mutex_lock(&lock);
	ret = memory_get(k, mem->va, size);
	if (ret == 0) {
		ret = vfio_uapi_map_dma(k->fd, mem->va, iova, size, mem->read_only);
		/* The hypervisor's own error for an IOVA. */
		ret = ret > 0 ? -EINVAL : ret;
		if (ret < 0)
			memory_put(k, mem->va, size);
	}
	pthread_mutex_unlock(&lock);
	return ret;
}

static int
spapr_unmap(void *leg, uint64_t va, uint64_t iova, uint64_t size, uint64_t *done)
{
	struct ioas_node *k = leg;
	int ret;

	pthread_mutex_lock(&lock);
	ret = vfio_uapi_unmap_dma(k->fd, iova, size, done);
	if (ret == 0)
		memory_put(k, va, size);
	pthread_mutex_unlock(&lock);
	return ret;
}

static void
spapr_close(void *leg)
{
	struct ioas_node *k = leg;
	struct ioas_shared *first;

	/* Unmaps that failed leave some. */
	while ((first = k->shared) != NULL) {
		k->shared = first->next;
		free(first);
	}
	ioas_node_close(leg);
}

/*
 * The hypervisor freezes a device after an error: no message comes, registers read as ones. The
 * kernel also reports STOPPED while firmware has the device temporarily unavailable, and forever
 * where firmware has no EEH for it. Only firmware itself reports STOPPED_DMA.
 */
static int
spapr_stopped(void *leg)
{
	const struct ioas_node *k = leg;
	int state = vfio_uapi_spapr_eeh_state(k->fd);

	switch (state) {
	case VFIO_EEH_PE_STATE_STOPPED:
		return IOAS_STOPPED_OR_UNKNOWN;
	case VFIO_EEH_PE_STATE_STOPPED_DMA:
		return 1;
	/* VFIO_EEH_PE_STATE_UNAVAIL: the host recovers the bridge above; the device may come back. */
	default:
		return state < 0 ? state : 0;
	}
}

static const char *
spapr_hint(int ret)
{
	switch (ret) {
	case -ENOMEM:
		return "; is RLIMIT_MEMLOCK too low? (ulimit -l)";
	case -EINVAL:
		return "; the memory's pages are smaller than those of the DMA window (use hugepages of one size only), or a part of the memory is mapped";
	case -ENXIO:
		return "; no DMA window of the device has this IOVA";
	default:
		return "";
	}
}

const struct ioas_ops ioas_spapr_ops = {
	.backend = IOAS_BACKEND_SPAPR,
	.traits = {
		.node = TYPE1_NODE,
		.need = TYPE1_NEED,
		.reserves = true,
		.fds = TYPE1_FDS,
	},
	.leg_size = sizeof(struct ioas_node),
	.leg_per_group = true,
	.open = spapr_open,
	.close = spapr_close,
	.enter = ioas_group_enter,
	.attach = spapr_attach,
	.prepare = spapr_prepare,
	.detach = spapr_detach,
	.open_device = ioas_group_device,
	.info = spapr_info,
	.map = spapr_map,
	.unmap = spapr_unmap,
	.stopped = spapr_stopped,
	.hint = spapr_hint,
};
