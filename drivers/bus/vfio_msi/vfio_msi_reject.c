/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Every hotplug rescans all arguments. One that was rejected at start-up is not tried again, so
 * its rejection is logged once.
 *
 * EAL keeps the arguments from start-up, until they are given again. It drops the
 * argument of a failed hotplug, so that is not recorded here.
 */

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "neighbours.h"

struct rejection {
	SLIST_ENTRY(rejection) link;
	char name[RTE_DEV_NAME_MAX_LEN];
	const char *data;		/* identifies the argument; never dereferenced */
	char why[VFIO_MSI_TEXT];
};

static SLIST_HEAD(, rejection) rejections = SLIST_HEAD_INITIALIZER(rejections);

static struct rejection *
find_rejection(const char *name)
{
	struct rejection *r;

	SLIST_FOREACH(r, &rejections, link)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

static void
forget_rejection(struct rejection *r)
{
	if (r == NULL)
		return;
	SLIST_REMOVE(&rejections, r, rejection, link);
	free(r);
}

bool
vfio_msi_was_rejected(const char *name, const struct rte_devargs *da)
{
	const struct rejection *r = find_rejection(name);

	return r != NULL && r->data == da->data;
}

void
vfio_msi_rejection_forget(const char *name)
{
	forget_rejection(find_rejection(name));
}

void
vfio_msi_rejections_free(void)
{
	while (!SLIST_EMPTY(&rejections))
		forget_rejection(SLIST_FIRST(&rejections));
}

bool
vfio_msi_reject(const char *name, const struct rte_devargs *da, const char *why)
{
	struct rejection *r = find_rejection(name);
	bool same = vfio_msi_was_rejected(name, da);

	if (same && strcmp(r->why, why) == 0)
		return false;
	BUS_LOG(ERR, "%s: not used: %s", name, why);
	if (!same && vfio_msi_bus.scanned && strcmp(da->name, VFIO_MSI_ALL) != 0) {
		forget_rejection(r);
		return true;
	}
	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)	/* the next scan logs it again */
			return !same;
		strlcpy(r->name, name, sizeof(r->name));
		SLIST_INSERT_HEAD(&rejections, r, link);
	}
	r->data = da->data;
	strlcpy(r->why, why, sizeof(r->why));
	return !same;
}
