/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Refusals of devices, said once of each argument that stays, as each hotplug scans
 * again. Those stay that were there at the start, until they are written again; EAL
 * drops the one of a hotplug that failed.
 */

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "neighbours.h"

/* A device that was refused: what was written for it, and the reason. */
struct rejection {
	SLIST_ENTRY(rejection) link;
	char name[RTE_DEV_NAME_MAX_LEN];
	const char *data;		/* of the argument, to know it again; never read */
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

void
vfio_msi_reject(const char *name, const struct rte_devargs *da, const char *why)
{
	struct rejection *r = find_rejection(name);
	bool same = r != NULL && r->data == da->data;

	if (same && strcmp(r->why, why) == 0)
		return;
	BUS_LOG(ERR, "%s: not used: %s", name, why);
	if (!same && vfio_msi_bus.memory_is_up && strcmp(da->name, VFIO_MSI_ALL) != 0) {
		forget_rejection(r);
		return;
	}
	if (r == NULL) {
		r = calloc(1, sizeof(*r));
		if (r == NULL)	/* then it is said again */
			return;
		strlcpy(r->name, name, sizeof(r->name));
		SLIST_INSERT_HEAD(&rejections, r, link);
	}
	r->data = da->data;
	strlcpy(r->why, why, sizeof(r->why));
}
