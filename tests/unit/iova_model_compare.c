/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Compare the engine's answers and sets with those of the oracle. */

#include <string.h>

#include "iova_model.h"

bool
model_same_range(struct iova_range a, struct iova_range b)
{
	return a.first == b.first && a.last == b.last;
}

bool
model_same_hole(const struct iova_hole *a, const struct iova_hole *b)
{
	return model_same_range(a->range, b->range) && a->origin == b->origin &&
		a->hardness == b->hardness && strcmp(a->detail, b->detail) == 0 &&
		strcmp(a->owner, b->owner) == 0;
}

const char *
model_conflict_differs(const struct iova_conflict *got, const struct iova_conflict *want)
{
	if (got->is_hole != want->is_hole)
		return "kind of conflict";
	if (!model_same_range(got->with, want->with))
		return "range in conflict";
	if (want->is_hole && !model_same_hole(&got->hole, &want->hole))
		return "hole in conflict";
	return NULL;
}

/* The result of walking the layout, unit by unit. */
struct picture {
	const struct iova_model *model;
	bool allowed[MODEL_UNITS];
	bool free[MODEL_UNITS];
	int owner[MODEL_UNITS];
	unsigned int n_holes;
};

/* Mark the units of a range. @return its first unit, or -1 unless it is whole units */
static int
paint(const struct iova_model *m, struct iova_range range, bool *units)
{
	unsigned int u, first = (range.first - m->base) >> m->shift;
	unsigned int last = (range.last - m->base) >> m->shift;

	if (range.first < m->base || last >= MODEL_UNITS ||
			!model_same_range(range, model_range(m, first, last)))
		return -1;
	for (u = first; u <= last; u++)
		units[u] = true;
	return first;
}

static int
paint_allowed(const struct iova_range *range, void *arg)
{
	struct picture *p = arg;

	return paint(p->model, *range, p->allowed) < 0;
}

static int
paint_free(const struct iova_range *range, void *arg)
{
	struct picture *p = arg;

	return paint(p->model, *range, p->free) < 0;
}

static int
paint_used(const struct iova_used *used, void *arg)
{
	bool units[MODEL_UNITS] = { false };
	struct picture *p = arg;
	int u, first = paint(p->model, used->range, units);

	if (first < 0 || strcmp(used->what, p->model->used[first].what) != 0)
		return 1;
	for (u = first; u < MODEL_UNITS && units[u]; u++)
		p->owner[u] = first;
	return 0;
}

static int
count_hole(const struct iova_hole *hole, void *arg)
{
	struct picture *p = arg;
	unsigned int i;

	p->n_holes++;
	for (i = 0; i < p->model->n_holes; i++)
		if (model_same_hole(hole, &p->model->holes[i]))
			return 0;
	return 1;
}

const char *
model_sets_differ(const struct iova_model *m, const struct iova_layout *layout)
{
	struct picture p = { .model = m };
	unsigned int u;

	for (u = 0; u < MODEL_UNITS; u++)
		p.owner[u] = -1;
	if (iova_layout_foreach_allowed(layout, paint_allowed, &p) != 0 ||
			memcmp(p.allowed, m->allowed, sizeof(p.allowed)) != 0)
		return "allowed set";
	if (iova_layout_foreach_used(layout, paint_used, &p) != 0 ||
			memcmp(p.owner, m->owner, sizeof(p.owner)) != 0)
		return "used set";
	if (iova_layout_foreach_hole(layout, count_hole, &p) != 0 || p.n_holes != m->n_holes)
		return "set of holes";
	if (iova_layout_foreach_free(layout, paint_free, &p) != 0)
		return "free set";
	for (u = 0; u < MODEL_UNITS; u++)
		if (p.free[u] != model_unit_free(m, u))
			return "free set";
	return NULL;
}
