/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Questions about the mappings of an address space; ioas_map.c has their record. */

#include <errno.h>

#include "ioas/ioas_private.h"

static const char *const owner_names[] = {
	[IOAS_EAL] = "EAL's memory",
	[IOAS_DEVICE] = "rte_dev_dma_map()",
	[IOAS_APPLICATION] = "rte_eal_iommu",
};

const char *
ioas_owner_name(enum ioas_owner owner)
{
	return owner_names[owner];
}

static struct ioas_mapping
mapping_of(const struct iova_used *m)
{
	return (struct ioas_mapping) {
		.iova = m->range, .va = m->va, .owner = (enum ioas_owner)m->owner,
		.read_only = m->read_only,
	};
}

int
ioas_lookup(struct ioas *ioas, uint64_t iova, struct ioas_mapping *out)
{
	struct iova_used *m;
	int ret = -ENOENT;

	pthread_mutex_lock(&ioas->lock);
	m = ioas_mapping_from(ioas, iova);
	if (m != NULL && m->range.first <= iova && m->state == IOAS_MAPPED) {
		*out = mapping_of(m);
		ret = 0;
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

/* @return 1: covered; 0: not; -EAGAIN: that depends on what is pending. */
static int
covers(struct ioas *ioas, uint64_t va, struct iova_range left)
{
	const uint64_t offset = va - left.first;
	struct iova_used *m;
	bool pending = false;

	for (m = ioas_mapping_from(ioas, left.first); m != NULL; m = ioas_mapping_next(m)) {
		if (m->state == IOAS_PARKED || m->read_only || m->range.first > left.first ||
		    m->va - m->range.first != offset)
			return 0;
		pending |= ioas_mapping_pends(m);
		if (m->range.last >= left.last)
			return pending ? -EAGAIN : 1;
		left.first = m->range.last + 1;
	}
	return 0;
}

bool
ioas_covers(struct ioas *ioas, uint64_t va, uint64_t iova, uint64_t size)
{
	struct iova_range range;
	int ret;

	if (!iova_range_make(iova, size, &range))
		return false;
	pthread_mutex_lock(&ioas->lock);
	while ((ret = covers(ioas, va, range)) == -EAGAIN)
		pthread_cond_wait(&ioas->settled, &ioas->lock);
	pthread_mutex_unlock(&ioas->lock);
	return ret == 1;
}

bool
ioas_has_others(struct ioas *ioas, enum ioas_owner owner, struct iova_range range)
{
	struct iova_used *m;
	bool has;

	pthread_mutex_lock(&ioas->lock);
	m = ioas_mapping_from(ioas, range.first);
	while (m != NULL && m->range.first <= range.last && m->owner == owner)
		m = ioas_mapping_next(m);
	has = m != NULL && m->range.first <= range.last;
	pthread_mutex_unlock(&ioas->lock);
	return has;
}

int
ioas_foreach(struct ioas *ioas,
		int (*cb)(const struct ioas_mapping *m, void *arg), void *arg)
{
	struct iova_used *m;
	int ret = 0;

	pthread_mutex_lock(&ioas->lock);
	for (m = ioas_mapping_from(ioas, 0); ret == 0 && m != NULL; m = ioas_mapping_next(m)) {
		const struct ioas_mapping mapping = mapping_of(m);

		if (m->state == IOAS_MAPPED)
			ret = cb(&mapping, arg);
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}
