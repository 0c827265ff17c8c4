/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about the keys that a device has or needs, and what keys make of other findings. */

#include <string.h>

#include "doctor.h"

bool
doctor_unit_runs(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].held_by_unit)
			return true;
	return false;
}

/* Do the user's holes together cover a range? */
static bool
is_covered(const struct hole_list *holes, struct iova_range range)
{
	size_t i = 0;

	while (i < holes->n) {
		const struct iova_hole *h = &holes->v[i++];

		if (h->origin != IOVA_ORIGIN_USER || h->range.first > range.first || h->range.last < range.first)
			continue;
		if (h->range.last >= range.last)
			return true;
		range.first = h->range.last + 1;
		i = 0;
	}
	return false;
}

bool
doctor_windows_given(const struct doctor_device *d)
{
	const struct hole_list *holes = &d->plan.holes;
	size_t i;

	if (!d->keys.windows)
		return false;
	for (i = 0; i < holes->n; i++)
		if ((holes->v[i].origin == IOVA_ORIGIN_HOST_BRIDGE ||
				holes->v[i].origin == IOVA_ORIGIN_DMA_RANGES) &&
				!is_covered(holes, holes->v[i].range))
			return false;
	return true;
}

/* The kernel wants a token if vfio-pci itself has switched SR-IOV on. A trial shows it. */
static void
judge_token(const struct doctor_device *d, struct doctor_findings *out)
{
	if (d->physical[0] == '\0' || d->keys.token || d->trial.came >= DOCTOR_CAME_SET_UP)
		return;
	doctor_add(out, DOCTOR_VF_TOKEN, d->bdf,
		"its physical function %s is bound to a VFIO driver: if that has switched SR-IOV on, the device needs a VF token",
		d->physical);
	doctor_cure(out, "give the token of the process that uses the physical function: -a vfio_msi:%s,vf_token=UUID (doc/howto/vf.rst)",
		d->bdf);
}

/* All devices share one address space, and EAL has one memory. */
static void
judge_iova(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	const struct doctor_device *first = f->v;

	while (first < f->v + f->n && first->keys.iova == VA_KEY_AUTO)
		first++;
	if (d->keys.iova == VA_KEY_AUTO || d->keys.iova == first->keys.iova)
		return;
	doctor_add(out, DOCTOR_DEVICE_UNUSABLE, d->bdf, "its key iova= conflicts with that of %s, as all devices share one address space",
		first->bdf);
	doctor_cure(out, "give one value to all");
}

void
doctor_judge_keys(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	judge_token(d, out);
	judge_iova(f, d, out);
	if (d->used && doctor_is_noiommu(d))
		doctor_add(out, DOCTOR_DEVICE_NOIOMMU, d->bdf, "no IOMMU restricts the device, as its key backend=noiommu allows");
}
