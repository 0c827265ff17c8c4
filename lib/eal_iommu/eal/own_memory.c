/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The address space of the process comes and goes. All calls share its lock, so that it
 * remains meanwhile. A thread that sets or unsets it waits for them, and calls that come later
 * wait behind this thread, which would wait for ever if they were in a call already.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "eal/own_memory_pieces.h"
#include "eal/own_memory_private.h"

static const struct iova_range all = { 0, UINT64_MAX };

static pthread_rwlock_t space_lock = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static struct own_memory_space space;

const struct own_memory_space *
own_memory_enter(void)
{
	pthread_rwlock_rdlock(&space_lock);
	return &space;
}

void
own_memory_leave(void)
{
	pthread_rwlock_unlock(&space_lock);
}

const struct own_memory_space *
own_memory_hold(void)
{
	if (own_memory_enter()->ioas != NULL)
		return &space;
	own_memory_leave();
	return NULL;
}

struct rte_eal_iommu_mapped
own_memory_mapped(const struct ioas_mapping *m)
{
	static const enum rte_eal_iommu_owner owners[] = {
		[IOAS_EAL] = RTE_EAL_IOMMU_OWNER_EAL,
		[IOAS_DEVICE] = RTE_EAL_IOMMU_OWNER_DEVICE,
		[IOAS_APPLICATION] = RTE_EAL_IOMMU_OWNER_APPLICATION,
	};

	return (struct rte_eal_iommu_mapped) {
		.addr = (void *)(uintptr_t)m->va, .iova = m->iova.first,
		.len = iova_range_size(m->iova), .owner = owners[m->owner],
		.read_only = m->read_only,
	};
}

/* Send the event of each piece that could not be restored. Needs no memory. */
static void
report_lost(void)
{
	struct rte_eal_iommu_mapped mapped;
	struct ioas_mapping m;
	bool found;

	for (;;) {
		own_memory_enter();
		piece_lock();
		found = piece_lost_next(&m);
		piece_unlock();
		own_memory_leave();
		if (!found)
			return;
		mapped = own_memory_mapped(&m);
		own_memory_event(RTE_EAL_IOMMU_MAPPING_LOST, &mapped);
	}
}

void
own_memory_up(struct ioas *ioas, struct iova_layout *layout, uint64_t page,
		const struct own_memory_calls *calls)
{
	struct rte_eal_iommu_mapping *p, *next;
	struct iova_conflict why;
	int ret;

	pthread_rwlock_wrlock(&space_lock);
	space.ioas = ioas;
	space.layout = layout;
	space.page = page;
	space.calls = calls;
	for (p = piece_in(all); p != NULL; p = next) {
		const struct ioas_memory mem = { .va = p->m.va, .read_only = p->m.read_only };

		next = piece_next(p, all);
		ret = ioas_map_memory(ioas, IOAS_APPLICATION, &mem, p->m.iova.first,
				iova_range_size(p->m.iova), &why);
		if (ret < 0) {
			calls->lost(&p->m, ret, &why);
			piece_lose(p);
		} else if (why.is_hole) {
			calls->met(&p->m, 0, &why);
		}
	}
	calls->restore();
	pthread_rwlock_unlock(&space_lock);
	report_lost();
	own_memory_event(RTE_EAL_IOMMU_SPACE_UP, NULL);
}

/* What a failed map left is unmapped with the space. */
static void
drop_rests(void)
{
	struct rte_eal_iommu_mapping *p, *next;

	for (p = piece_in(all); p != NULL; p = next) {
		next = piece_next(p, all);
		if (!p->is_rest)
			continue;
		piece_remove(p);
		free(p);
	}
}

void
own_memory_down(void (*unmap)(void))
{
	bool was_up;

	pthread_rwlock_wrlock(&space_lock);
	was_up = space.ioas != NULL;
	space.ioas = NULL;
	space.layout = NULL;
	drop_rests();
	pthread_rwlock_unlock(&space_lock);
	unmap();
	if (was_up)
		own_memory_event(RTE_EAL_IOMMU_SPACE_DOWN, NULL);
}

void
own_memory_forget(void)
{
	own_memory_event_forget();
	pthread_rwlock_wrlock(&space_lock);
	piece_free_all();
	pthread_rwlock_unlock(&space_lock);
}
