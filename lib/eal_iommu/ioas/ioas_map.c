/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The mappings of an address space.
 *
 * The record of a mapping is the used range of the layout: who mapped it, the memory,
 * and its state. Used ranges without an owner are not of this file.
 *
 * The kernel pins and unpins the memory, which may take seconds: a map or an unmap is in
 * the kernel without the lock. Its range is IOAS_PENDING, and calls that change the legs wait.
 *
 * Invariants, under the lock: every used range with an owner that is IOAS_MAPPED is
 * mapped in every leg, at that IOVA, from that VA, by one call of the backend's map; no
 * leg has anything else, except what is IOAS_PENDING or IOAS_PARKED. Map: the layout is asked first, then
 * the legs; undo runs backwards. Unmap: checked as a whole before the first mapping is
 * touched. What the kernel has in part, because it fails to unmap, is parked: its IOVA is
 * given to nobody until an unmap succeeds.
 */

#include <errno.h>
#include <string.h>

#include <bsd/string.h>

#include "ioas/ioas_private.h"

/* What the used range of a mapping is called. */
struct name {
	char v[IOVA_OWNER_LEN];
};

static struct name
name_of(enum ioas_owner owner, const struct ioas_memory *mem)
{
	struct name name;

	strlcpy(name.v, ioas_owner_name(owner), sizeof(name.v));
	if (mem->read_only)
		strlcat(name.v, ", read-only", sizeof(name.v));
	return name;
}

static void
forget(struct ioas *ioas, struct iova_used *m)
{
	ioas_freed_add(ioas, m);
	iova_layout_release(ioas->layout, m->range);
}

static void
park(struct iova_used *m)
{
	m->state = IOAS_PARKED;
	m->parked = true;
}

void
ioas_settle(struct ioas *ioas)
{
	ioas->n_settling++;
	while (ioas->n_pending > 0)
		pthread_cond_wait(&ioas->settled, &ioas->lock);
	ioas->n_settling--;
	pthread_cond_broadcast(&ioas->settled);
}

/* Lock, for a call that has a mapping pend: after those who wait for all of them. */
static void
lock_to_map(struct ioas *ioas)
{
	pthread_mutex_lock(&ioas->lock);
	while (ioas->n_settling > 0)
		pthread_cond_wait(&ioas->settled, &ioas->lock);
}

/* Forget the mappings; the kernel is asked too while it still has them. */
void
ioas_unmap_all_locked(struct ioas *ioas)
{
	struct iova_used *m, *next;
	struct ioas_leg *leg;
	bool left = false, parked;

	for (m = ioas_mapping_from(ioas, 0); m != NULL; m = next) {
		next = ioas_mapping_next(m);
		parked = m->state == IOAS_PARKED;
		left |= ioas_legs_unmap(ioas, m->va, m->range, &parked) < 0;
		forget(ioas, m);
	}
	if (left && ioas->ops->clear != NULL)
		TAILQ_FOREACH(leg, &ioas->legs, link)
			ioas->ops->clear(leg->state);
}

/* Unmap in one leg what lies below an IOVA. @return false: the kernel has some left. */
static bool
leave_below(struct ioas *ioas, struct ioas_leg *leg, const struct iova_used *end)
{
	struct iova_used *m;
	bool all = true;

	for (m = ioas_mapping_from(ioas, 0); m != end; m = ioas_mapping_next(m))
		all &= ioas_leg_unmap(ioas, leg, m->va, m->range,
				m->state == IOAS_PARKED) == 0;
	return all;
}

int
ioas_mappings_enter(struct ioas *ioas, struct ioas_leg *leg)
{
	struct iova_used *m;
	int ret;

	for (m = ioas_mapping_from(ioas, 0); m != NULL; m = ioas_mapping_next(m)) {
		const struct ioas_memory mem = { .va = m->va, .read_only = m->read_only };

		if (m->state != IOAS_MAPPED)
			continue;
		ret = ioas->ops->map(leg->state, &mem, m->range.first,
				iova_range_size(m->range));
		if (ret < 0) {
			leave_below(ioas, leg, m);
			return ret;
		}
	}
	return 0;
}

void
ioas_mappings_leave(struct ioas *ioas, struct ioas_leg *leg)
{
	if (!leave_below(ioas, leg, NULL) && ioas->ops->clear != NULL)
		ioas->ops->clear(leg->state);
}

/* The range is placed in the layout: map it and record it, or park it, or release it. */
static int
map_placed(struct ioas *ioas, enum ioas_owner owner, const struct ioas_memory *mem, uint64_t iova,
		bool *parked)
{
	struct iova_used *m = iova_layout_used_from(ioas->layout, iova);
	const struct iova_range range = m->range;
	int ret;

	m->va = mem->va;
	m->owner = owner;
	m->read_only = mem->read_only;
	m->state = IOAS_PENDING;
	ioas->n_pending++;
	pthread_mutex_unlock(&ioas->lock);
	ret = ioas_legs_map(ioas, mem, range, parked);
	pthread_mutex_lock(&ioas->lock);
	ioas->n_pending--;
	pthread_cond_broadcast(&ioas->settled);
	if (ret == 0)
		m->state = IOAS_MAPPED;
	else if (*parked)
		park(m);
	else
		iova_layout_release(ioas->layout, range);
	return ret;
}

/* @return 0; -EINVAL if the memory's addresses would wrap. */
static int
check(const struct ioas *ioas, uint64_t va, uint64_t size)
{
	struct iova_range range;

	if (ioas->layout == NULL)
		return -ENOTSUP;
	return iova_range_make(va, size, &range) ? 0 : -EINVAL;
}

int
ioas_map(struct ioas *ioas, enum ioas_owner owner, uint64_t va, uint64_t iova, uint64_t size,
		struct iova_conflict *why)
{
	const struct ioas_memory mem = { .va = va };

	return ioas_map_memory(ioas, owner, &mem, iova, size, why);
}

int
ioas_map_memory(struct ioas *ioas, enum ioas_owner owner, const struct ioas_memory *mem,
		uint64_t iova, uint64_t size, struct iova_conflict *why)
{
	struct iova_range range;
	bool parked = false;
	int ret = check(ioas, mem->va, size);

	if (why != NULL)
		memset(why, 0, sizeof(*why));
	if (ret == 0 && !iova_range_make(iova, size, &range))
		ret = -EINVAL;
	if (ret < 0)
		return ret;
	lock_to_map(ioas);
	ret = iova_layout_place_at(ioas->layout, range, name_of(owner, mem).v, why);
	if (ret == 0)
		ret = map_placed(ioas, owner, mem, iova, &parked);
	/* Once unlocked, the space may be closed. */
	ret = ioas_verify(ioas, mem->va, range, ret);
	pthread_mutex_unlock(&ioas->lock);
	if (ret == -EADDRNOTAVAIL && why != NULL)
		memset(why, 0, sizeof(*why));
	return ret;
}

/* Map memory that has its IOVA by itself. */
static int
map_located(struct ioas *ioas, enum ioas_owner owner, const struct ioas_memory *mem, uint64_t size,
		const struct ioas_place *place, uint64_t *iova, struct ioas_located *out)
{
	struct iova_conflict why = { 0 };
	uint64_t at;
	int ret = ioas_locate(ioas, mem, size, place, &at);

	if (ret < 0)
		return ret;
	ret = ioas_map_memory(ioas, owner, mem, at, size, &why);
	if (ret == 0)
		*iova = at;
	if (out != NULL && iova_range_make(at, size, &out->range))
		out->why = why;
	return ret;
}

int
ioas_map_any(struct ioas *ioas, enum ioas_owner owner, uint64_t va, uint64_t size,
		uint64_t align, uint64_t limit, uint64_t *iova)
{
	const struct ioas_memory mem = { .va = va };
	const struct ioas_place place = { .align = align, .limit = limit };

	return ioas_map_any_memory(ioas, owner, &mem, size, &place, iova, NULL);
}

int
ioas_map_any_memory(struct ioas *ioas, enum ioas_owner owner,
		const struct ioas_memory *mem, uint64_t size, const struct ioas_place *place,
		uint64_t *iova, struct ioas_located *located)
{
	uint64_t align = place->align;
	struct iova_range range;
	bool parked = false;
	int ret = check(ioas, mem->va, size);

	*iova = IOAS_NOWHERE;
	if (located != NULL)
		memset(located, 0, sizeof(*located));
	/* The layout checks it too, but not where the memory has its IOVA. */
	if (ret == 0 && (align == 0 || (align & (align - 1)) != 0))
		ret = -EINVAL;
	if (ret == 0 && ioas->ops->locate != NULL)
		return map_located(ioas, owner, mem, size, place, iova, located);
	if (ret < 0)
		return ret;
	lock_to_map(ioas);
	do {
		ret = iova_layout_place(ioas->layout, size - 1, align, place->limit,
			name_of(owner, mem).v, &range);
		align /= 2;
	} while (ret == -ENOSPC && place->align_min != 0 && align >= place->align_min);
	if (ret == 0)
		ret = map_placed(ioas, owner, mem, range.first, &parked);
	if (ret == 0 || parked)
		*iova = range.first;
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

/*
 * -EBUSY if a mapping reaches out of the range or is pending, -EPERM if one has another
 * owner, -ENOENT if none is in it.
 */
static int
unmap_check(struct ioas *ioas, enum ioas_owner owner, struct iova_range range)
{
	struct iova_used *m = ioas_mapping_from(ioas, range.first);

	if (m == NULL || m->range.first > range.last)
		return -ENOENT;
	for (; m != NULL && m->range.first <= range.last; m = ioas_mapping_next(m)) {
		if (m->owner != owner)
			return -EPERM;
		if (!iova_range_covers(range, m->range) || ioas_mapping_pends(m))
			return -EBUSY;
	}
	return 0;
}

/* Mark the mappings of a range that was checked, and have them pend. */
static struct iova_used *
unmap_begin(struct ioas *ioas, struct iova_range range)
{
	struct iova_used *first = ioas_mapping_from(ioas, range.first), *m;

	if (++ioas->n_unmaps == 0)	/* the number of mappings that no call unmaps */
		ioas->n_unmaps = 1;
	for (m = first; m != NULL && m->range.first <= range.last; m = ioas_mapping_next(m)) {
		m->state = m->state == IOAS_PARKED ? IOAS_PENDING_PARKED : IOAS_PENDING;
		m->call = ioas->n_unmaps;
	}
	ioas->n_pending++;
	return first;
}

/* The next mapping of the same call. Others may have come to the gaps in between. */
static struct iova_used *
unmap_next(struct iova_used *m, uint64_t last)
{
	const uint32_t call = m->call;

	do
		m = ioas_mapping_next(m);
	while (m != NULL && m->range.first <= last && m->call != call);
	return m != NULL && m->range.first <= last ? m : NULL;
}

/* A mapping pends no more; it is still there. */
static void
unmap_end(struct iova_used *m, bool parked)
{
	const bool was_parked = m->state == IOAS_PENDING_PARKED;

	m->state = was_parked ? IOAS_PARKED : IOAS_MAPPED;
	if (parked && !was_parked)
		park(m);
}

/* The first that fails is the last that is tried. */
static int
unmap_marked(struct ioas *ioas, struct iova_used *m, uint64_t last)
{
	struct iova_used *next;
	bool parked;
	int ret = 0;

	for (; m != NULL; m = next) {
		next = unmap_next(m, last);
		parked = m->state == IOAS_PENDING_PARKED;
		if (ret < 0) {
			unmap_end(m, parked);
			continue;
		}
		pthread_mutex_unlock(&ioas->lock);
		ret = ioas_legs_unmap(ioas, m->va, m->range, &parked);
		pthread_mutex_lock(&ioas->lock);
		if (ret == 0)
			forget(ioas, m);
		else
			unmap_end(m, parked);
	}
	return ret;
}

int
ioas_unmap(struct ioas *ioas, enum ioas_owner owner, uint64_t iova, uint64_t size)
{
	struct iova_range range;
	int ret;

	if (!iova_range_make(iova, size, &range))
		return -EINVAL;
	lock_to_map(ioas);
	ret = unmap_check(ioas, owner, range);
	if (ret == 0) {
		ret = unmap_marked(ioas, unmap_begin(ioas, range), range.last);
		ioas->n_pending--;
		pthread_cond_broadcast(&ioas->settled);
	}
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

void
ioas_unmap_all(struct ioas *ioas)
{
	pthread_mutex_lock(&ioas->lock);
	ioas_settle(ioas);
	ioas_unmap_all_locked(ioas);
	pthread_mutex_unlock(&ioas->lock);
}
