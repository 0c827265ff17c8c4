/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that are kept open so that their group is attached.
 *
 * With an iommufd behind a group the kernel attaches nothing at SET_CONTAINER: each
 * device of the group is attached when it is first opened, and detached at its last
 * close. Memory that is mapped before that is not pinned, and neither reserved regions
 * nor the aperture keep it out; what conflicts fails when the device is opened. So the
 * device of every member is opened with its attach and closed with its detach.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "ioas/ioas_private.h"
#include "uapi/vfio_uapi.h"

static struct ioas_anchor **
find(struct ioas_attachment *attachment, const struct ioas_member *m)
{
	struct ioas_anchor **p = &attachment->anchors;

	while (*p != NULL && strcmp((*p)->name, m->name) != 0)
		p = &(*p)->next;
	return p;
}

/* Take it out of its list and close it. */
static void
drop(struct ioas_anchor **p)
{
	struct ioas_anchor *a = *p;

	*p = a->next;
	vfio_uapi_close(a->fd);
	free(a);
}

int
ioas_anchor_get(const struct ioas *ioas, struct ioas_attachment *attachment,
		const struct ioas_member *m)
{
	struct ioas_anchor **p = find(attachment, m), *a = *p;

	if (!ioas->ops->traits.group_by_device || attachment->name[0] != '\0')
		return 0;
	if (a != NULL) {
		a->refs++;
		return 0;
	}
	a = calloc(1, sizeof(*a));
	if (a == NULL)
		return -ENOMEM;
	if (strlcpy(a->name, m->name, sizeof(a->name)) >= sizeof(a->name))
		a->fd = -EINVAL;
	else
		a->fd = ioas->ops->open_device(attachment, m);
	if (a->fd < 0) {
		int ret = a->fd;

		free(a);
		return ret;
	}
	a->refs = 1;
	*p = a;
	return 0;
}

void
ioas_anchor_put(struct ioas_attachment *attachment, const struct ioas_member *m)
{
	struct ioas_anchor **p = find(attachment, m);

	if (*p != NULL && --(*p)->refs == 0)
		drop(p);
}

void
ioas_anchor_surrender(struct ioas_attachment *attachment, const struct ioas_member *m)
{
	struct ioas_anchor *a = *find(attachment, m);

	if (a == NULL)
		return;
	vfio_uapi_close(a->fd);
	a->fd = -1;
}

void
ioas_anchors_free(struct ioas_attachment *attachment)
{
	while (attachment->anchors != NULL)
		drop(&attachment->anchors);
}
