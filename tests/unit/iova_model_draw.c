/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Inputs for the oracle: mostly valid, sometimes invalid. */

#include <stdio.h>

#include "iova_model.h"

/* Ranges are mostly short. One in 50 is invalid. */
struct iova_range
model_draw_range(const struct iova_model *m, unsigned int longest)
{
	unsigned int first = model_random(MODEL_UNITS);
	unsigned int units = 1 + model_random(1 + model_random(longest));
	struct iova_range range;

	if (first + units > MODEL_UNITS)
		units = MODEL_UNITS - first;
	range = model_range(m, first, first + units - 1);
	if (model_random(50) == 0 && range.first != 0)
		range.last = range.first - 1;
	return range;
}

/* Mostly a used range, if there is one nearby. */
struct iova_range
model_draw_used(const struct iova_model *m)
{
	unsigned int u = model_random(MODEL_UNITS);
	unsigned int end = u + 16 < MODEL_UNITS ? u + 16 : MODEL_UNITS;

	for (; u < end; u++)
		if (m->owner[u] >= 0 && model_random(4) != 0)
			return m->used[m->owner[u]].range;
	return model_draw_range(m, 16);
}

uint64_t
model_draw_align(const struct iova_model *m)
{
	switch (model_random(10)) {
	case 0:
		return model_random(2) * 24;	/* not a power of two */
	case 1:
		return UINT64_C(1) << model_random(64);
	default:
		return UINT64_C(1) << (m->shift + model_random(6));
	}
}

uint64_t
model_draw_limit(const struct iova_model *m)
{
	if (model_random(3) == 0)
		return m->base + model_random((uint64_t)MODEL_UNITS << m->shift);
	if (model_random(16) == 0)
		return model_random(1024);
	return UINT64_MAX;
}

void
model_draw_name(char *name, size_t size, const char *prefix)
{
	snprintf(name, size, "%s%u", prefix, (unsigned int)model_random(4));
}
