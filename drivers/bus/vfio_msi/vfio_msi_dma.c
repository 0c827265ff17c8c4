/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory that the application maps for DMA with rte_dev_dma_map().
 *
 * That function maps for one device, but all devices share one address space. An
 * application may map the same memory for each of its ports, so equal maps are counted
 * and the last unmap removes the mapping. Memory that EAL has mapped already (for
 * example a heap of external memory) is recorded, and stays mapped when the application
 * unmaps it.
 *
 * The last detach unmaps everything; the application's mappings are restored when a
 * device is attached again.
 *
 * parts_lock protects all of this file; the address space's lock is taken under it.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "space.h"

struct part {
	TAILQ_ENTRY(part) next;
	uint64_t va;
	struct iova_range iova;
	unsigned int refs;
	bool mapped;		/* by this file; else EAL has mapped it, or no device is up */
};

static TAILQ_HEAD(, part) parts = TAILQ_HEAD_INITIALIZER(parts);
static pthread_mutex_t parts_lock = PTHREAD_MUTEX_INITIALIZER;
static bool is_up;

/* What an errno means if there is no conflicting range. */
static const char *
meaning(int ret)
{
	switch (ret) {
	case -ENODEV:
		return "no device of this bus is up; map after a device was probed";
	case -ENOENT:
		return "rte_dev_dma_map() mapped nothing there; give the range that it mapped";
	case -EBUSY:
		return "the range ends inside a mapping; unmap the whole mapping";
	case -EIO:
		return "the kernel failed to unmap a part; unmap the same range again";
	case -ENOTSUP:
		return "a secondary process can't do this; do it in the primary process";
	default:
		return strerror(-ret);
	}
}

static int
result(const char *name, const char *what, struct iova_range range, int ret, const char *why)
{
	if (ret >= 0)
		return 0;
	BUS_LOG(ERR, "%s: DMA %s of IOVA 0x%" PRIx64 "-0x%" PRIx64 " failed: %s", name,
		what, range.first, range.last, why);
	rte_errno = -ret;
	return -1;
}

/* Get the range of a call. With IOVA as VA, applications may pass 0 for "IOVA is VA". */
static int
check_call(const void *addr, uint64_t iova, size_t len, struct iova_range *out)
{
	if (iova == 0 && rte_eal_iova_mode() == RTE_IOVA_VA)
		iova = (uintptr_t)addr;
	if (!iova_range_make(iova, len, out)) {
		*out = (struct iova_range){ .first = iova, .last = iova };
		return -EINVAL;
	}
	return vfio_msi_is_secondary() ? -ENOTSUP : 0;
}

static struct part *
find(uint64_t va, struct iova_range iova)
{
	struct part *p;

	TAILQ_FOREACH(p, &parts, next)
		if (p->va == va && p->iova.first == iova.first && p->iova.last == iova.last)
			return p;
	return NULL;
}

/* What to do about a failed map, as a clause. */
static const char *
remedy(const struct part *p, int ret, const struct iova_conflict *c)
{
	/* No function can choose another IOVA then; the hint says what else to do. */
	if (ioas_traits_of(vfio_msi_bus.ioas)->no_translation ||
	    (ret != -ERANGE && ret != -EADDRINUSE && ret != -EEXIST))
		return plan_hint(vfio_msi_bus.ioas, ret, c);
	if (p->iova.first == p->va)
		return "; this VA is no good IOVA: map the memory with rte_eal_iommu_map(), which chooses an IOVA, and pass that IOVA to rte_extmem_register() and to devices; or add the memory to a heap with rte_malloc_heap_memory_add()";
	return "; use rte_eal_iommu_map(), which chooses a free IOVA";
}

/* The part is mapped in a soft hole. @return false: the hole only reserves room for EAL's memory */
static bool
explain_soft(const struct part *p, const struct iova_conflict *c, char *why, size_t size)
{
	char text[PLAN_EXPLAIN_SOFT];
	bool meets;

	ioas_layout_lock(vfio_msi_bus.ioas);
	meets = plan_explain_soft(vfio_msi_bus.layout, p->iova, c, text, sizeof(text));
	ioas_layout_unlock(vfio_msi_bus.ioas);
	snprintf(why, size, "%s; %s", text, ioas_traits_of(vfio_msi_bus.ioas)->no_translation ?
		PLAN_SOFT_PHYSICAL : "use rte_eal_iommu_map(), which chooses a better IOVA");
	return meets;
}

static void
warn_soft(const char *name, uint64_t va, struct iova_range range, const char *why)
{
	BUS_LOG(WARNING, "%s: DMA map of IOVA 0x%" PRIx64 "-0x%" PRIx64 ", VA 0x%" PRIx64 ", %s",
		name, range.first, range.last, va, why);
}

/*
 * Map a part, unless existing mappings cover it. @return 0, also in a soft hole: with text. While
 * parts are restored, holes keep their IOVAs from EAL's memory: no text about these.
 */
static int
map_part(struct part *p, bool restore, char *why, size_t size)
{
	struct iova_conflict c = { 0 };
	int ret = ioas_map(vfio_msi_bus.ioas, IOAS_DEVICE, p->va, p->iova.first,
			iova_range_size(p->iova), &c);

	why[0] = '\0';
	p->mapped = ret == 0;
	if (ret == -EEXIST &&
	    ioas_covers(vfio_msi_bus.ioas, p->va, p->iova.first, iova_range_size(p->iova)))
		return 0;
	if (ret == 0 && c.is_hole && !explain_soft(p, &c, why, size) && restore)
		why[0] = '\0';
	if (ret < 0) {
		char text[PLAN_EXPLAIN];

		ioas_layout_lock(vfio_msi_bus.ioas);
		plan_explain(vfio_msi_bus.layout, p->iova, ret, &c, text, sizeof(text));
		ioas_layout_unlock(vfio_msi_bus.ioas);
		snprintf(why, size, "%s%s", text, remedy(p, ret, &c));
	}
	return ret;
}

static int
add_part(uint64_t va, struct iova_range iova, char *why, size_t size)
{
	struct part *p = find(va, iova);
	int ret;

	if (p != NULL) {
		/* What could not be restored is tried again. */
		ret = p->mapped ? 0 : map_part(p, false, why, size);
		if (ret == 0)
			p->refs++;
		return ret;
	}
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	p->va = va;
	p->iova = iova;
	p->refs = 1;
	ret = map_part(p, false, why, size);
	if (ret == 0)
		TAILQ_INSERT_TAIL(&parts, p, next);
	else
		free(p);
	return ret;
}

int
vfio_msi_dma_map(struct rte_device *dev, void *addr, uint64_t iova, size_t len)
{
	char why[VFIO_MSI_TEXT];
	struct iova_range range;
	int ret = check_call(addr, iova, len, &range);

	pthread_mutex_lock(&parts_lock);
	if (ret == 0 && !is_up)
		ret = -ENODEV;
	snprintf(why, sizeof(why), "%s", ret < 0 ? meaning(ret) : "");
	if (ret == 0)
		ret = add_part((uintptr_t)addr, range, why, sizeof(why));
	pthread_mutex_unlock(&parts_lock);
	if (ret == 0 && why[0] != '\0')
		warn_soft(vfio_msi_of(dev)->label, (uintptr_t)addr, range, why);
	return result(vfio_msi_of(dev)->label, "map", range, ret, why);
}

/* -EBUSY: a part crosses an end of the range; -ENOENT: the range has no part. */
static int
check_unmap(struct iova_range range)
{
	struct part *p;
	int ret = -ENOENT;

	TAILQ_FOREACH(p, &parts, next) {
		if (!iova_range_overlap(range, p->iova))
			continue;
		if (!iova_range_covers(range, p->iova))
			return -EBUSY;
		ret = 0;
	}
	return ret;
}

/* A part with its last reference. If the kernel fails to unmap it, it stays. */
static int
drop_part(struct part *p)
{
	/* Whatever the kernel's number is: it can be that of check_unmap(). */
	if (p->mapped && ioas_unmap(vfio_msi_bus.ioas, IOAS_DEVICE, p->iova.first,
			iova_range_size(p->iova)) < 0)
		return -EIO;
	TAILQ_REMOVE(&parts, p, next);
	free(p);
	return 0;
}

/* What can fail comes first, so that a call that is repeated takes no reference twice. */
static int
drop_range(struct iova_range range)
{
	struct part *p, *next;
	int ret = 0;

	for (p = TAILQ_FIRST(&parts); ret == 0 && p != NULL; p = next) {
		next = TAILQ_NEXT(p, next);
		if (iova_range_overlap(range, p->iova) && p->refs == 1)
			ret = drop_part(p);
	}
	if (ret < 0)
		return ret;
	TAILQ_FOREACH(p, &parts, next)
		if (iova_range_overlap(range, p->iova))
			p->refs--;
	return 0;
}

int
vfio_msi_dma_unmap(struct rte_device *dev, void *addr, uint64_t iova, size_t len)
{
	struct iova_range range;
	int ret = check_call(addr, iova, len, &range);

	pthread_mutex_lock(&parts_lock);
	if (ret == 0)
		ret = check_unmap(range);
	if (ret == 0)
		ret = drop_range(range);
	pthread_mutex_unlock(&parts_lock);
	return result(vfio_msi_of(dev)->label, "unmap", range, ret, meaning(ret));
}

void
vfio_msi_dma_start(void)
{
	char why[VFIO_MSI_TEXT];
	struct part *p;
	int ret;

	pthread_mutex_lock(&parts_lock);
	is_up = true;
	TAILQ_FOREACH(p, &parts, next) {
		ret = map_part(p, true, why, sizeof(why));
		if (ret == 0 && why[0] != '\0')
			warn_soft(VFIO_MSI_BUS, p->va, p->iova, why);
		result(VFIO_MSI_BUS, "map", p->iova, ret, why);
	}
	pthread_mutex_unlock(&parts_lock);
}

void
vfio_msi_dma_stop(void)
{
	struct part *p;

	pthread_mutex_lock(&parts_lock);
	is_up = false;
	TAILQ_FOREACH(p, &parts, next)
		p->mapped = false;
	pthread_mutex_unlock(&parts_lock);
}

void
vfio_msi_dma_free(void)
{
	struct part *p;

	pthread_mutex_lock(&parts_lock);
	while ((p = TAILQ_FIRST(&parts)) != NULL) {
		TAILQ_REMOVE(&parts, p, next);
		free(p);
	}
	pthread_mutex_unlock(&parts_lock);
}
