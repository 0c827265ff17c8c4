/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The oracle answers by brute force. It shares only the types with the engine: a bool
 * or an index per unit, and an unsorted array of holes. It is slow, but simple enough to
 * be trusted.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "iova_model.h"

uint64_t
model_address(const struct iova_model *m, unsigned int unit)
{
	return m->base + ((uint64_t)unit << m->shift);
}

struct iova_range
model_range(const struct iova_model *m, unsigned int first, unsigned int last)
{
	uint64_t unit_span = (UINT64_C(1) << m->shift) - 1;

	return (struct iova_range){ model_address(m, first), model_address(m, last) + unit_span };
}

static unsigned int
unit_of(const struct iova_model *m, uint64_t addr)
{
	return (addr - m->base) >> m->shift;
}

static bool
on_unit(const struct iova_model *m, struct iova_range r, unsigned int unit)
{
	uint64_t addr = model_address(m, unit);

	return r.first <= addr && addr <= r.last;
}

void
model_reset(struct iova_model *m, uint64_t base, unsigned int shift, unsigned int first,
		unsigned int last)
{
	unsigned int u;

	memset(m, 0, sizeof(*m));
	m->base = base;
	m->shift = shift;
	for (u = 0; u < MODEL_UNITS; u++) {
		m->space[u] = first <= u && u <= last;
		m->allowed[u] = m->space[u];
		m->owner[u] = -1;
	}
}

bool
model_unit_free(const struct iova_model *m, unsigned int unit)
{
	unsigned int i;

	if (!m->allowed[unit] || m->owner[unit] >= 0)
		return false;
	for (i = 0; i < m->n_holes; i++)
		if (on_unit(m, m->holes[i].range, unit))
			return false;
	return true;
}

/* Is hole a reported before hole b? */
static bool
before(const struct iova_hole *a, const struct iova_hole *b)
{
	if (a->range.first != b->range.first)
		return a->range.first < b->range.first;
	if (a->range.last != b->range.last)
		return a->range.last < b->range.last;
	if (a->origin != b->origin)
		return a->origin < b->origin;
	if (a->hardness != b->hardness)
		return a->hardness < b->hardness;
	return strcmp(a->detail, b->detail) < 0;
}

static const struct iova_hole *
lowest_hole(const struct iova_model *m, struct iova_range range, bool hard_only)
{
	const struct iova_hole *hole, *low = NULL;
	unsigned int i;

	for (i = 0; i < m->n_holes; i++) {
		hole = &m->holes[i];
		if (hole->range.last < range.first || hole->range.first > range.last)
			continue;
		if (hard_only && hole->hardness != IOVA_HARD)
			continue;
		if (low == NULL || before(hole, low))
			low = hole;
	}
	return low;
}

static const struct iova_used *
lowest_used(const struct iova_model *m, struct iova_range range)
{
	unsigned int u;

	for (u = unit_of(m, range.first); u <= unit_of(m, range.last); u++)
		if (m->owner[u] >= 0)
			return &m->used[m->owner[u]];
	return NULL;
}

/* The gap around this unit, which is not allowed. The gap may extend beyond the model. */
static struct iova_range
gap_around(const struct iova_model *m, unsigned int unit)
{
	struct iova_range gap = { 0, UINT64_MAX };
	unsigned int u;

	for (u = 0; u < MODEL_UNITS; u++) {
		if (!m->allowed[u])
			continue;
		if (u < unit)
			gap.first = model_range(m, u, u).last + 1;
		if (u > unit) {
			gap.last = model_address(m, u) - 1;
			break;
		}
	}
	return gap;
}

static void
tell_hole(struct iova_conflict *why, const struct iova_hole *hole)
{
	why->with = hole->range;
	why->hole = *hole;
	why->is_hole = true;
}

int
model_test(const struct iova_model *m, struct iova_range range, bool soft_too,
		struct iova_conflict *why)
{
	unsigned int u;

	memset(why, 0, sizeof(*why));
	if (range.first > range.last)
		return -EINVAL;
	for (u = unit_of(m, range.first); u <= unit_of(m, range.last); u++) {
		if (!m->allowed[u]) {
			why->with = gap_around(m, u);
			return -ERANGE;
		}
	}
	if (lowest_hole(m, range, !soft_too) != NULL) {
		tell_hole(why, lowest_hole(m, range, !soft_too));
		return -EADDRINUSE;
	}
	if (lowest_used(m, range) != NULL) {
		why->with = lowest_used(m, range)->range;
		return -EEXIST;
	}
	if (lowest_hole(m, range, false) != NULL)
		tell_hole(why, lowest_hole(m, range, false));
	return 0;
}

static void
mark(struct iova_model *m, struct iova_range range, const char *what)
{
	unsigned int u, first = unit_of(m, range.first);

	for (u = first; u <= unit_of(m, range.last); u++)
		m->owner[u] = what != NULL ? (int)first : -1;
	m->used[first].range = range;
	snprintf(m->what[first], sizeof(m->what[first]), "%s", what ? what : "");
	m->used[first].what = m->what[first];
}

int
model_place_at(struct iova_model *m, struct iova_range range, const char *what,
		struct iova_conflict *why)
{
	int ret = model_test(m, range, false, why);

	if (ret == 0)
		mark(m, range, what);
	return ret;
}

int
model_place(struct iova_model *m, uint64_t span, uint64_t align, uint64_t limit,
		const char *what, struct iova_range *out)
{
	unsigned int u, n, units = (span >> m->shift) + 1;

	if (align == 0 || (align & (align - 1)) != 0)
		return -EINVAL;
	for (u = 0; u + units <= MODEL_UNITS; u++) {
		if (model_address(m, u) % align != 0 ||
				model_range(m, u, u + units - 1).last > limit)
			continue;
		for (n = 0; n < units && model_unit_free(m, u + n); n++)
			;
		if (n == units) {
			*out = model_range(m, u, u + units - 1);
			mark(m, *out, what);
			return 0;
		}
	}
	return -ENOSPC;
}

int
model_release(struct iova_model *m, struct iova_range range)
{
	const struct iova_used *used = NULL;

	if (range.first <= range.last)
		used = lowest_used(m, range);
	if (used == NULL || memcmp(&used->range, &range, sizeof(range)) != 0)
		return -ENOENT;
	mark(m, range, NULL);
	return 0;
}

/* A unit is allowed if all present devices grant it. */
static void
allow_again(struct iova_model *m)
{
	unsigned int u, i;

	for (u = 0; u < MODEL_UNITS; u++) {
		m->allowed[u] = m->space[u];
		for (i = 0; i < m->n_grants; i++)
			m->allowed[u] &= m->grants[i].owner[0] == '\0' || m->grants[i].allowed[u];
	}
}

int
model_allow(struct iova_model *m, const struct iova_range *ranges, size_t n, const char *owner,
		struct iova_conflict *why)
{
	struct model_grant *grant = &m->grants[m->n_grants];
	unsigned int u;
	size_t i;

	memset(why, 0, sizeof(*why));
	memset(grant, 0, sizeof(*grant));
	for (i = 0; i < n; i++) {
		if (ranges[i].first > ranges[i].last)
			return -EINVAL;
		for (u = 0; u < MODEL_UNITS; u++)
			grant->allowed[u] |= on_unit(m, ranges[i], u);
	}
	if (n == 0)
		return -EINVAL;
	for (u = 0; u < MODEL_UNITS; u++) {
		if (m->owner[u] >= 0 && !grant->allowed[u]) {
			why->with = m->used[m->owner[u]].range;
			snprintf(why->hole.owner, sizeof(why->hole.owner), "%s", owner);
			return -ERANGE;
		}
	}
	snprintf(grant->owner, sizeof(grant->owner), "%s", owner);
	m->n_grants++;
	allow_again(m);
	return 0;
}

/* Add an owner to hole i, unless the hole already has it. */
static void
own(struct iova_model *m, unsigned int i, const char *owner)
{
	unsigned int k;

	for (k = 0; k < m->n_owners[i]; k++)
		if (strcmp(m->owners[i][k], owner) == 0)
			return;
	snprintf(m->owners[i][m->n_owners[i]++], IOVA_OWNER_LEN, "%s", owner);
}

/* Remove this owner. @return true if another owner remains */
static bool
disown(struct iova_model *m, unsigned int i, const char *owner)
{
	unsigned int k, left = 0;

	for (k = 0; k < m->n_owners[i]; k++)
		if (strcmp(m->owners[i][k], owner) != 0)
			memmove(m->owners[i][left++], m->owners[i][k], IOVA_OWNER_LEN);
	m->n_owners[i] = left;
	memcpy(m->holes[i].owner, m->owners[i][0], IOVA_OWNER_LEN);
	return left > 0;
}

void
model_forget(struct iova_model *m, const char *owner)
{
	unsigned int i, left = 0;

	if (owner[0] == '\0')
		return;
	for (i = 0; i < m->n_holes; i++) {
		if (!disown(m, i, owner))
			continue;
		m->holes[left] = m->holes[i];
		memmove(m->owners[left], m->owners[i], sizeof(m->owners[i]));
		m->n_owners[left++] = m->n_owners[i];
	}
	m->n_holes = left;
	for (i = 0; i < m->n_grants; i++)
		if (strcmp(m->grants[i].owner, owner) == 0)
			m->grants[i].owner[0] = '\0';
	allow_again(m);
}

int
model_add_hole(struct iova_model *m, const struct iova_hole *hole, struct iova_conflict *why)
{
	const struct iova_hole *had;
	unsigned int i;

	memset(why, 0, sizeof(*why));
	if (hole->range.first > hole->range.last)
		return -EINVAL;
	for (i = 0; i < m->n_holes; i++) {
		had = &m->holes[i];
		if (!before(had, hole) && !before(hole, had)) {
			own(m, i, hole->owner);
			return 0;
		}
	}
	if (hole->hardness == IOVA_HARD && lowest_used(m, hole->range) != NULL) {
		why->with = lowest_used(m, hole->range)->range;
		return -EADDRINUSE;
	}
	m->n_owners[m->n_holes] = 0;
	own(m, m->n_holes, hole->owner);
	m->holes[m->n_holes++] = *hole;
	return 0;
}

const struct iova_used *
model_lookup(const struct iova_model *m, uint64_t iova)
{
	int owner = m->owner[unit_of(m, iova)];

	return owner >= 0 ? &m->used[owner] : NULL;
}

const struct iova_hole *
model_hole_in(const struct iova_model *m, struct iova_range range)
{
	return range.first <= range.last ? lowest_hole(m, range, false) : NULL;
}
