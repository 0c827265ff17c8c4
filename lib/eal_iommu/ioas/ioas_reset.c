/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices that can be reset together only: the functions of a slot or bus.
 *
 * The kernel resets them only for a process that owns all of them. If a device was
 * opened by its group, the nodes of the groups prove this. If it was opened by its
 * character device, the iommufd that it is bound to does. The kernel reports which of
 * the two applies together with the list of devices.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ioas/ioas_private.h"
#include "uapi/vfio_uapi.h"

#define RESET_DEVICES 8		/* first guess */
#define RESET_DEVICES_MAX 65536	/* a list above this is a fault */
#define RESET_TRIES 16		/* how often the list may grow meanwhile */

/* The node of an attached group, or NULL. */
static const struct ioas_attachment *
group_attachment(const struct ioas *ioas, int group)
{
	const struct ioas_attachment *s;

	for (s = ioas->attachments; s != NULL; s = s->next)
		if (s->attached && s->name[0] == '\0' && s->group == group)
			return s;
	return NULL;
}

/* The list as the kernel has it; freed by the caller also on an error. */
static int
ask(int device, struct vfio_pci_dependent_device **v, uint32_t *n, uint32_t *flags)
{
	uint32_t room = RESET_DEVICES;
	unsigned int tries;
	int ret = -ENOSPC;

	*v = NULL;
	for (tries = 0; ret == -ENOSPC && tries < RESET_TRIES; tries++) {
		free(*v);
		*v = calloc(room, sizeof(**v));
		if (*v == NULL)
			return -ENOMEM;
		*n = room;
		ret = vfio_uapi_hot_reset_info(device, *v, n, flags);
		if (ret == -ENOSPC ? *n <= room || *n > RESET_DEVICES_MAX :
		    ret == 0 && (*n == 0 || *n > room))
			return -EBADMSG;
		room = *n;
	}
	return ret == -ENOSPC ? -EBADMSG : ret;
}

/*
 * All that share a slot or bus are of one domain. Those of Intel's VMD begin at 0x10000, and
 * without its upper bits the address would be that of another device.
 */
static uint32_t
domain_of(const struct vfio_pci_dependent_device *d, uint32_t domain)
{
	return d->segment == (uint16_t)domain ? domain : d->segment;
}

static void
take(const struct ioas *ioas, const struct vfio_pci_dependent_device *d, uint32_t domain,
		bool by_id, struct ioas_reset_peer *out)
{
	snprintf(out->name, sizeof(out->name), "%04x:%02x:%02x.%u", domain_of(d, domain), d->bus,
			d->devfn >> 3u, d->devfn & 7u);
	out->group = by_id ? -1 : (int)d->group_id;
	out->ours = by_id ? d->group_id != ABI_DEVID_NOT_OWNED :
			group_attachment(ioas, out->group) != NULL;
}

int
ioas_reset_set_get(struct ioas *ioas, int device, uint32_t domain, struct ioas_reset_set *out)
{
	struct vfio_pci_dependent_device *v;
	uint32_t n, flags, i;
	int ret = ask(device, &v, &n, &flags);

	out->n = 0;
	out->v = ret < 0 ? NULL : calloc(n, sizeof(*out->v));
	if (ret == 0 && out->v == NULL)
		ret = -ENOMEM;
	if (ret == 0) {
		pthread_mutex_lock(&ioas->lock);
		for (i = 0; i < n; i++)
			take(ioas, &v[i], domain, (flags & ABI_HOT_RESET_DEVID) != 0,
					&out->v[i]);
		pthread_mutex_unlock(&ioas->lock);
		out->n = n;
	}
	free(v);
	return ret;
}

void
ioas_reset_set_free(struct ioas_reset_set *set)
{
	free(set->v);
	set->v = NULL;
	set->n = 0;
}

/* Nodes of the groups, each once. @return how many; -EPERM: one is not ours. */
static int
group_nodes(const struct ioas *ioas, const struct ioas_reset_set *set, int *fds)
{
	const struct ioas_attachment *s;
	int n = 0, k;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (!set->v[i].ours)
			return -EPERM;
		if (set->v[i].group < 0)
			continue;
		s = group_attachment(ioas, set->v[i].group);
		if (s == NULL)
			return -EPERM;
		for (k = 0; k < n && fds[k] != s->fd; k++)
			;
		if (k == n)
			fds[n++] = s->fd;
	}
	return n;
}

int
ioas_reset_all(struct ioas *ioas, int device, const struct ioas_reset_set *set)
{
	int *fds = calloc(set->n + 1, sizeof(*fds));
	int ret;

	if (fds == NULL)
		return -ENOMEM;
	/* Nobody may leave meanwhile: its node would be closed, and be another's. */
	pthread_mutex_lock(&ioas->lock);
	ret = group_nodes(ioas, set, fds);
	if (ret >= 0)
		ret = vfio_uapi_hot_reset(device, fds, (uint32_t)ret);
	pthread_mutex_unlock(&ioas->lock);
	free(fds);
	return ret;
}
