/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Where EAL's memory would lie, and the end of the facts. */

#include <stdlib.h>

#include "doctor.h"

static bool
any_noiommu(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].used && doctor_is_noiommu(&f->v[i]))
			return true;
	return false;
}

/* Of the first device that has the key. */
static enum va_key
iova_key(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].keys.iova != VA_KEY_AUTO)
			return f->v[i].keys.iova;
	return VA_KEY_AUTO;
}

int
doctor_eal_place(const char *root, uint64_t base, const struct va_limits *limits,
		enum va_assign assign, struct doctor_facts *f)
{
	struct va_choice choice = { 0 };
	struct va_space space;
	int ret;

	/* Without an IOMMU addresses of EAL's memory are not chosen. */
	if (f->layout == NULL || any_noiommu(f))
		return 0;
	ret = va_space_read(root, base, &space);
	if (ret < 0)
		return ret;
	f->eal.key = iova_key(f);
	f->eal.assign = assign;
	f->eal.placed = va_place(f->layout, &f->memory.mounted, limits, &space, &choice) == 0;
	f->eal.moved = choice.moved;
	f->eal.quality = choice.quality;
	f->eal.shortage = choice.shortage;
	va_choice_free(&choice);
	va_space_free(&space);
	return 0;
}

void
doctor_facts_free(struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		plan_device_free(&f->v[i].plan);
	free(f->v);
	free(f->odd);
	free(f->memory.nodes);
	free(f->memory.free_bytes);
	iova_layout_destroy(f->layout);
	*f = (struct doctor_facts){ 0 };
}
