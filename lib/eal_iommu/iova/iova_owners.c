/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova/iova_owners.h"

/* A device's holes come one after the other, so the last result is examined first. */
uint64_t
iova_owners_find(struct iova_owners *owners, const char *name)
{
	size_t i;

	if (owners->last < owners->n && strcmp(owners->v[owners->last].name, name) == 0)
		return owners->v[owners->last].number;
	for (i = 0; i < owners->n; i++)
		if (strcmp(owners->v[i].name, name) == 0) {
			owners->last = i;
			return owners->v[i].number;
		}
	return 0;
}

uint64_t
iova_owners_number(struct iova_owners *owners, const char *name)
{
	const uint64_t known = iova_owners_find(owners, name);
	const size_t cap = owners->cap == 0 ? 8 : owners->cap * 2;
	struct iova_owner *v;

	if (known != 0)
		return known;
	if (owners->n == owners->cap) {
		v = realloc(owners->v, cap * sizeof(*v));
		if (v == NULL)
			return 0;
		owners->v = v;
		owners->cap = cap;
	}
	owners->last = owners->n++;
	v = &owners->v[owners->last];
	v->number = ++owners->next;
	strlcpy(v->name, name, sizeof(v->name));
	return v->number;
}

const char *
iova_owners_name(const struct iova_owners *owners, uint64_t number)
{
	size_t low = 0, high = owners->n, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (owners->v[mid].number < number)
			low = mid + 1;
		else
			high = mid;
	}
	return owners->v[low].name;
}

void
iova_owners_drop(struct iova_owners *owners, const char *name)
{
	struct iova_owner *v;

	if (iova_owners_find(owners, name) == 0)
		return;
	v = &owners->v[owners->last];
	owners->n--;
	memmove(v, v + 1, (owners->n - owners->last) * sizeof(*v));
}

void
iova_owners_clear(struct iova_owners *owners)
{
	free(owners->v);
	*owners = (struct iova_owners){ 0 };
}
