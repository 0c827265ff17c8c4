/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <pthread.h>
#include <stdlib.h>

#include "eal/own_memory_pieces.h"

static int
by_iova(const struct rte_eal_iommu_mapping *a, const struct rte_eal_iommu_mapping *b)
{
	return (a->m.iova.first > b->m.iova.first) - (a->m.iova.first < b->m.iova.first);
}

/* Disjoint. */
static RB_HEAD(piece_tree, rte_eal_iommu_mapping) pieces = RB_INITIALIZER(&pieces);
RB_PROTOTYPE_INTERNAL(piece_tree, rte_eal_iommu_mapping, link, by_iova, static __attribute__((unused)));
RB_GENERATE_INTERNAL(piece_tree, rte_eal_iommu_mapping, link, by_iova, static __attribute__((unused)));

/* Those whose event was not sent come first. */
static struct piece_list lost = TAILQ_HEAD_INITIALIZER(lost);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t call_ended = PTHREAD_COND_INITIALIZER;
static LIST_HEAD(, piece_unmap) calls = LIST_HEAD_INITIALIZER(&calls);

void
piece_lock(void)
{
	pthread_mutex_lock(&lock);
}

void
piece_unlock(void)
{
	pthread_mutex_unlock(&lock);
}

void
piece_insert(struct rte_eal_iommu_mapping *p)
{
	RB_INSERT(piece_tree, &pieces, p);
}

void
piece_remove(struct rte_eal_iommu_mapping *p)
{
	RB_REMOVE(piece_tree, &pieces, p);
}

struct rte_eal_iommu_mapping *
piece_in(struct iova_range range)
{
	struct rte_eal_iommu_mapping *p = RB_ROOT(&pieces), *best = NULL;

	while (p != NULL) {
		if (p->m.iova.last >= range.first) {
			best = p;
			p = RB_LEFT(p, link);
		} else {
			p = RB_RIGHT(p, link);
		}
	}
	return best != NULL && best->m.iova.first <= range.last ? best : NULL;
}

struct rte_eal_iommu_mapping *
piece_next(struct rte_eal_iommu_mapping *p, struct iova_range range)
{
	p = RB_NEXT(piece_tree, &pieces, p);
	return p != NULL && p->m.iova.first <= range.last ? p : NULL;
}

static bool
is_unmapping(struct iova_range range)
{
	const struct piece_unmap *call;

	LIST_FOREACH(call, &calls, next)
		if (iova_range_overlap(call->range, range))
			return true;
	return false;
}

void
piece_unmap_begin(struct piece_unmap *call, struct iova_range range)
{
	while (is_unmapping(range))
		pthread_cond_wait(&call_ended, &lock);
	call->range = range;
	TAILQ_INIT(&call->pieces);
	LIST_INSERT_HEAD(&calls, call, next);
}

void
piece_unmap_take(struct piece_unmap *call, struct rte_eal_iommu_mapping *p)
{
	piece_remove(p);
	p->is_leaving = true;
	TAILQ_INSERT_TAIL(&call->pieces, p, next);
}

void
piece_unmap_end(struct piece_unmap *call)
{
	struct rte_eal_iommu_mapping *p;

	TAILQ_FOREACH(p, &call->pieces, next) {
		p->is_leaving = false;
		piece_insert(p);
	}
	LIST_REMOVE(call, next);
	pthread_cond_broadcast(&call_ended);
}

void
piece_lose(struct rte_eal_iommu_mapping *p)
{
	piece_remove(p);
	p->is_lost = true;
	TAILQ_INSERT_HEAD(&lost, p, next);
}

void
piece_lost_free(struct rte_eal_iommu_mapping *p)
{
	TAILQ_REMOVE(&lost, p, next);
	free(p);
}

bool
piece_lost_next(struct ioas_mapping *out)
{
	struct rte_eal_iommu_mapping *p = TAILQ_FIRST(&lost);

	if (p == NULL || p->is_reported)
		return false;
	*out = p->m;
	if (!p->has_handle) {
		piece_lost_free(p);
		return true;
	}
	p->is_reported = true;
	TAILQ_REMOVE(&lost, p, next);
	TAILQ_INSERT_TAIL(&lost, p, next);
	return true;
}

void
piece_free_all(void)
{
	struct rte_eal_iommu_mapping *p;

	while ((p = RB_ROOT(&pieces)) != NULL) {
		piece_remove(p);
		free(p);
	}
	while ((p = TAILQ_FIRST(&lost)) != NULL)
		piece_lost_free(p);
}
