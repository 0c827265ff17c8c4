/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova/iova_grant.h"

void
iova_grant_free(struct iova_grant *grant)
{
	struct iova_grantee *grantee;

	while ((grantee = STAILQ_FIRST(&grant->owners)) != NULL) {
		STAILQ_REMOVE_HEAD(&grant->owners, link);
		free(grantee);
	}
	free(grant);
}

static int
by_first(const void *a, const void *b)
{
	const struct iova_range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

static bool
is_sorted(const struct iova_range *v, size_t n)
{
	size_t i = 1;

	while (i < n && v[i - 1].first <= v[i].first)
		i++;
	return i >= n;
}

/* Sort, and join what overlaps or touches. Returns the number of remaining ranges. */
static size_t
normalize(struct iova_range *v, size_t n)
{
	size_t i, out = 0;

	if (!is_sorted(v, n))
		qsort(v, n, sizeof(*v), by_first);
	for (i = 1; i < n; i++) {
		if (v[i].first > v[out].last && v[i].first - v[out].last > 1)
			v[++out] = v[i];
		else if (v[i].last > v[out].last)
			v[out].last = v[i].last;
	}
	return out + 1;
}

struct iova_grant *
iova_grant_new(const struct iova_range *ranges, size_t n, const char *owner, uint64_t arrival)
{
	struct iova_grant *grant = malloc(sizeof(*grant) + n * sizeof(*ranges));
	struct iova_grantee *grantee;

	if (grant == NULL)
		return NULL;
	grantee = malloc(sizeof(*grantee));
	if (grantee == NULL) {
		free(grant);
		return NULL;
	}
	grantee->arrival = arrival;
	strlcpy(grantee->owner, owner, sizeof(grantee->owner));
	STAILQ_INIT(&grant->owners);
	STAILQ_INSERT_HEAD(&grant->owners, grantee, link);
	memcpy(grant->v, ranges, n * sizeof(*ranges));
	grant->n = normalize(grant->v, n);
	return grant;
}

void
iova_grant_share(struct iova_grant *grant, struct iova_grant *same)
{
	STAILQ_CONCAT(&grant->owners, &same->owners);
	iova_grant_free(same);
}

const char *
iova_grant_owner(const struct iova_grant *grant)
{
	return STAILQ_FIRST(&grant->owners)->owner;
}

struct iova_grant *
iova_grants_same(const struct iova_grants *grants, const struct iova_grant *as)
{
	struct iova_grant *grant;

	TAILQ_FOREACH(grant, grants, link)
		if (grant->n == as->n && memcmp(grant->v, as->v, as->n * sizeof(*as->v)) == 0)
			break;
	return grant;
}

bool
iova_grant_leave(struct iova_grant *grant, const char *owner)
{
	struct iova_grantee *grantee, *next;

	for (grantee = STAILQ_FIRST(&grant->owners); grantee != NULL; grantee = next) {
		next = STAILQ_NEXT(grantee, link);
		if (strcmp(grantee->owner, owner) != 0)
			continue;
		STAILQ_REMOVE(&grant->owners, grantee, iova_grantee, link);
		free(grantee);
	}
	return !STAILQ_EMPTY(&grant->owners);
}

uint64_t
iova_grant_arrival(const struct iova_grant *grant)
{
	return STAILQ_FIRST(&grant->owners)->arrival;
}

void
iova_grants_insert(struct iova_grants *grants, struct iova_grant *grant)
{
	struct iova_grant *later = TAILQ_FIRST(grants);

	while (later != NULL && iova_grant_arrival(later) <
			iova_grant_arrival(grant))
		later = TAILQ_NEXT(later, link);
	if (later != NULL)
		TAILQ_INSERT_BEFORE(later, grant, link);
	else
		TAILQ_INSERT_TAIL(grants, grant, link);
}
