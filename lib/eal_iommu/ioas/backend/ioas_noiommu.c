/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Backend of VFIO's no-IOMMU mode: a container, and groups "noiommu-N" in it, each with one
 * device that has no IOMMU.
 *
 * Nothing is translated. The IOVA of memory is its physical address, which the memory has
 * already, and the kernel neither maps nor pins anything. So a map has the kernel provide the
 * pages, asks for the physical address of each page and compares. It accepts memory of
 * hugetlbfs only: other pages move while the process runs (compaction, swap), and devices
 * would go on with what the kernel puts in their place. Pages of a private mapping move too: a
 * write after fork(), or the first one to a page of a file, gets a copy. A device reaches all
 * memory, whatever is mapped.
 */

#include <errno.h>
#include <unistd.h>

#include "ioas/backend/ioas_node.h"
#include "ioas/ioas_ops.h"
#include "uapi/vfio_uapi.h"

#define PER_LOOK 512	/* pages */

static uint64_t
page_size(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE);
}

static int
noiommu_open(void *leg, const struct ioas_fds *fds)
{
	/* While the mode is off, the kernel does not offer it, though groups may be left. */
	return ioas_node_open_container(leg, fds, VFIO_NOIOMMU_IOMMU);
}

static int
noiommu_attach(void *leg, struct ioas_attachment *attachment)
{
	const struct ioas_node *k = leg;

	return ioas_group_attach(attachment, k->fd);
}

static int
noiommu_prepare(void *leg, const struct ioas_need *need, struct ioas_info *out)
{
	const struct ioas_node *k = leg;

	return vfio_uapi_set_iommu(k->fd, VFIO_NOIOMMU_IOMMU);
}

static int
noiommu_info(void *leg, struct ioas_info *out)
{
	*out = (struct ioas_info){ .page_sizes = -page_size(), .dma_avail = UINT64_MAX };
	return 0;
}

/*
 * Memory has no pages where the process has not written yet. Other backends' kernels provide
 * them when they pin memory. A kernel that can't be asked to leaves them absent, which is an error.
 */
static int
populate(uint64_t va, uint64_t size)
{
	int ret = vfio_uapi_populate(va, size);

	return ret == -EOPNOTSUPP ? 0 : ret;
}

static int
noiommu_locate(void *leg, const struct ioas_memory *mem, uint64_t *iova)
{
	const uint64_t offset = mem->va & (page_size() - 1);
	int ret = populate(mem->va - offset, page_size());

	if (ret == 0)
		ret = vfio_uapi_physical(mem->va - offset, 1, iova);
	if (ret < 0)
		return ret;
	*iova += offset;
	return 0;
}

/* Is each page of the memory at its physical address, and shared? */
static int
check_pages(uint64_t va, uint64_t iova, uint64_t n)
{
	const uint64_t page = page_size();
	uint64_t physical[PER_LOOK];
	bool shared = true;
	size_t some, i;
	int ret;

	for (; n > 0; n -= some) {
		some = n < PER_LOOK ? n : PER_LOOK;
		ret = vfio_uapi_physical(va, some, physical);
		if (ret < 0)
			return ret;
		for (i = 0; i < some; i++)
			if (physical[i] != iova + i * page)
				return -EADDRNOTAVAIL;
		shared &= ret > 0;
		va += some * page;
		iova += some * page;
	}
	return shared ? 0 : -EFAULT;
}

static bool
is_aligned(const struct ioas_memory *mem, uint64_t iova, uint64_t size)
{
	return ((iova | mem->va | size) & (page_size() - 1)) == 0;
}

static int
noiommu_verify(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size)
{
	int ret;

	if (!is_aligned(mem, iova, size))
		return -EINVAL;
	ret = populate(mem->va, size);
	return ret < 0 ? ret : check_pages(mem->va, iova, size / page_size());
}

static int
noiommu_map(void *leg, const struct ioas_memory *mem, uint64_t iova, uint64_t size)
{
	int ret;

	if (is_aligned(mem, iova, size) && mem->read_only)
		return -ENOTSUP;
	ret = noiommu_verify(leg, mem, iova, size);
	if (ret < 0)
		return ret;
	ret = vfio_uapi_is_huge(iova, size / page_size());
	return ret == 0 ? -EFAULT : ret < 0 ? ret : 0;
}

static int
noiommu_unmap(void *leg, uint64_t va, uint64_t iova, uint64_t size, uint64_t *done)
{
	*done = size;
	return 0;
}

static void
noiommu_detach(struct ioas_attachment *attachment)
{
	vfio_uapi_group_unset_container(attachment->fd);
}

static const char *
noiommu_hint(int ret)
{
	switch (ret) {
	case -EADDRNOTAVAIL:
		return "; without an IOMMU the IOVA must be the physical address, and memory must be contiguous there: map each hugepage by itself";
	case -EFAULT:
		return "; without an IOMMU only hugepages mapped with MAP_SHARED can be used, as the kernel moves other memory; if it is such memory, too few hugepages are free, the process can't write to it, or Linux is older than 5.14 and it must be written to first";
	case -EADDRINUSE:
	case -ERANGE:
		return "; the kernel has put these hugepages out of the device's reach: use others, reserve fewer, or earlier (hugepages= on the kernel command line), or use another device";
	case -EEXIST:
		return "; without an IOMMU memory is mapped once only: map only what is outside of that mapping";
	case -ENOTSUP:
		return "; without an IOMMU devices can write to all memory, so no mapping is read-only";
	case -EPERM:
	case -EACCES:
		return "; physical addresses (/proc/self/pagemap) can't be read without CAP_SYS_ADMIN, or the kinds of pages (/proc/kpageflags) without root: run the application so";
	default:
		return "";
	}
}

const struct ioas_ops ioas_noiommu_ops = {
	.backend = IOAS_BACKEND_NOIOMMU,
	.traits = {
		.node = TYPE1_NODE,
		.need = TYPE1_NEED,
		.no_translation = true,
		.fds = TYPE1_FDS,
	},
	.leg_size = sizeof(struct ioas_node),
	.open = noiommu_open,
	.close = ioas_node_close,
	.enter = ioas_group_enter,
	.attach = noiommu_attach,
	.prepare = noiommu_prepare,
	.detach = noiommu_detach,
	.open_device = ioas_group_device,
	.info = noiommu_info,
	.locate = noiommu_locate,
	.verify = noiommu_verify,
	.map = noiommu_map,
	.unmap = noiommu_unmap,
	.hint = noiommu_hint,
};
