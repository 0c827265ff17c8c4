/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * An address space and the groups attached to it; ioas_map.c has its mappings.
 *
 * Invariant, under the lock: a group is in the list while it is attached, with
 * its node open; the last group that leaves takes every mapping with it, as in
 * the kernel.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "ioas_private.h"
#include "vfio_uapi.h"

static const struct ioas_ops *const ioas_backends[] = {
	&ioas_type1_ops,
};

static const char *const ioas_names[IOAS_BACKEND_COUNT] = {
	[IOAS_BACKEND_AUTO] = "auto",
	[IOAS_BACKEND_TYPE1] = "type1",
};

const char *
ioas_backend_name(enum ioas_backend backend)
{
	return (unsigned int)backend < IOAS_BACKEND_COUNT ?
		ioas_names[backend] : "?";
}

int
ioas_backend_parse(const char *name, enum ioas_backend *out)
{
	unsigned int i;

	for (i = 0; i < IOAS_BACKEND_COUNT; i++)
		if (strcmp(name, ioas_names[i]) == 0) {
			*out = (enum ioas_backend)i;
			return 0;
		}
	return -EINVAL;
}

int
ioas_open(enum ioas_backend backend, struct iova_layout *layout,
		struct ioas **out)
{
	struct ioas *ioas = calloc(1, sizeof(*ioas));
	int ret = -ENOTSUP;
	size_t i;

	if (ioas == NULL)
		return -ENOMEM;
	ioas->fd = -1;
	for (i = 0; i < sizeof(ioas_backends) / sizeof(ioas_backends[0]); i++) {
		if (backend != IOAS_BACKEND_AUTO &&
		    backend != ioas_backends[i]->backend)
			continue;
		ret = ioas_backends[i]->open();
		if (ret >= 0) {
			ioas->ops = ioas_backends[i];
			ioas->fd = ret;
			break;
		}
	}
	if (ioas->ops == NULL) {
		free(ioas);
		return ret;
	}
	pthread_mutex_init(&ioas->lock, NULL);
	RB_INIT(&ioas->tree);
	ioas->layout = layout;
	*out = ioas;
	return 0;
}

void
ioas_close(struct ioas *ioas)
{
	struct ioas_group *g;

	if (ioas == NULL)
		return;
	ioas_unmap_all(ioas);
	while ((g = ioas->groups) != NULL) {
		ioas->groups = g->next;
		ioas->ops->detach(g->fd, g->ours);
		free(g);
	}
	vfio_uapi_close(ioas->fd);
	pthread_mutex_destroy(&ioas->lock);
	free(ioas);
}

static struct ioas_group *
group_find(const struct ioas *ioas, int id)
{
	struct ioas_group *g;

	for (g = ioas->groups; g != NULL && g->id != id; g = g->next)
		;
	return g;
}

int
ioas_attach(struct ioas *ioas, const struct ioas_member *m, bool *viable)
{
	struct ioas_group *g;
	int ret = 0;

	*viable = true;
	pthread_mutex_lock(&ioas->lock);
	g = group_find(ioas, m->group);
	if (g != NULL) {
		g->refs++;
		goto out;
	}
	g = calloc(1, sizeof(*g));
	if (g == NULL) {
		ret = -ENOMEM;
		goto out;
	}
	ret = ioas->ops->attach(ioas->fd, m, ioas->n_groups, &g->fd, viable);
	if (ret < 0) {
		free(g);
		goto out;
	}
	g->id = m->group;
	g->ours = m->group_fd < 0;
	g->refs = 1;
	g->next = ioas->groups;
	ioas->groups = g;
	ioas->n_groups++;
out:
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

void
ioas_detach(struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_group **p, *g;

	pthread_mutex_lock(&ioas->lock);
	for (p = &ioas->groups; *p != NULL && (*p)->id != m->group;
	     p = &(*p)->next)
		;
	g = *p;
	if (g != NULL && --g->refs == 0) {
		/* The last group takes every mapping with it. */
		if (ioas->n_groups == 1)
			ioas_unmap_all_locked(ioas);
		*p = g->next;
		ioas->n_groups--;
		ioas->ops->detach(g->fd, g->ours);
		free(g);
	}
	pthread_mutex_unlock(&ioas->lock);
}

void
ioas_layout_lock(struct ioas *ioas)
{
	pthread_mutex_lock(&ioas->lock);
}

void
ioas_layout_unlock(struct ioas *ioas)
{
	pthread_mutex_unlock(&ioas->lock);
}

bool
ioas_has_group(struct ioas *ioas, int group)
{
	bool has;

	pthread_mutex_lock(&ioas->lock);
	has = group_find(ioas, group) != NULL;
	pthread_mutex_unlock(&ioas->lock);
	return has;
}

unsigned int
ioas_n_groups(struct ioas *ioas)
{
	unsigned int n;

	pthread_mutex_lock(&ioas->lock);
	n = ioas->n_groups;
	pthread_mutex_unlock(&ioas->lock);
	return n;
}

int
ioas_open_device(struct ioas *ioas, const struct ioas_member *m)
{
	struct ioas_group *g;
	int ret;

	pthread_mutex_lock(&ioas->lock);
	g = group_find(ioas, m->group);
	if (ioas->ops->open_device == NULL)
		ret = -ENOTSUP;
	else
		ret = g == NULL ? -ENODEV : ioas->ops->open_device(g->fd, m);
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

int
ioas_info_get(struct ioas *ioas, struct ioas_info *out)
{
	int ret;

	pthread_mutex_lock(&ioas->lock);
	ret = ioas->ops->info(ioas->fd, out);
	pthread_mutex_unlock(&ioas->lock);
	return ret;
}

void
ioas_info_free(struct ioas_info *info)
{
	free(info->ranges);
	info->ranges = NULL;
	info->n_ranges = 0;
}

enum ioas_backend
ioas_backend_of(const struct ioas *ioas)
{
	return ioas->ops->backend;
}
