/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What "layout" found out about host bridges, as the argument of a process that can't read it.
 *
 * DPDK reads 32 keys of an argument: half of them remain for others. Ranges that touch become
 * one, and of too many the closest do, with the addresses between them.
 */

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hole_argument.h"

#define MOST 16

/* Make one range of this one and the next. */
static void
join(struct iova_range *v, size_t *n, size_t i)
{
	if (v[i + 1].last > v[i].last)
		v[i].last = v[i + 1].last;
	*n -= 1;
	memmove(&v[i + 1], &v[i + 2], (*n - i - 1) * sizeof(*v));
}

/* @param v  MOST + 1 elements, sorted, with gaps between them */
static void
add(struct iova_range *v, size_t *n, struct iova_range range)
{
	size_t at = *n, i, closest = 0;

	while (at > 0 && v[at - 1].first > range.first)
		at--;
	memmove(&v[at + 1], &v[at], (*n - at) * sizeof(*v));
	v[at] = range;
	*n += 1;
	for (i = 0; i + 1 < *n; )
		if (v[i].last >= v[i + 1].first || v[i].last + 1 == v[i + 1].first)
			join(v, n, i);
		else
			i++;
	if (*n <= MOST)
		return;
	for (i = 1; i + 1 < *n; i++)
		if (v[i + 1].first - v[i].last < v[closest + 1].first - v[closest].last)
			closest = i;
	join(v, n, closest);
}

/* Does this process see all that there is to see? */
static bool
sees_all(const struct plan_device *p)
{
	int i;

	for (i = 0; i < HOLES_INPUTS; i++)
		if (p->bridge.in[i].sight == HOLES_HIDDEN || p->bridge.in[i].sight == HOLES_DENIED)
			return false;
	return p->bridge.source == HOLES_SOURCE_IOMEM ||
		p->bridge.source == HOLES_SOURCE_DEVICE_TREE;
}

static void
append(char *out, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
append(char *out, const char *fmt, ...)
{
	const size_t len = strlen(out);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out + len, HOLE_ARGUMENT_LEN - len, fmt, ap);
	va_end(ap);
}

bool
hole_argument(const char *bdf, const struct plan_device *p, char *out)
{
	struct iova_range v[MOST + 1];
	size_t i, n = 0;

	/* Only root can use a device without an IOMMU. */
	if (!sees_all(p) || p->topo.group_noiommu)
		return false;
	for (i = 0; i < p->holes.n; i++)
		if (p->holes.v[i].origin == IOVA_ORIGIN_HOST_BRIDGE ||
				p->holes.v[i].origin == IOVA_ORIGIN_DMA_RANGES)
			add(v, &n, p->holes.v[i].range);
	if (n == 0)
		return false;
	snprintf(out, HOLE_ARGUMENT_LEN, "vfio_msi:%s", bdf);
	for (i = 0; i < n; i++)
		append(out, ",hole=0x%" PRIx64 "-0x%" PRIx64, v[i].first, v[i].last);
	if (p->msi >= PLAN_MSI_LIKELY_LOST)
		append(out, ",msi=off");
	return true;
}
