/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Backends: their names, the choice of one, and what is asked of it. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "ioas/ioas_private.h"
#include "uapi/vfio_uapi.h"

static const char *const ioas_names[IOAS_BACKEND_COUNT] = {
	[IOAS_BACKEND_AUTO] = "auto",
	[IOAS_BACKEND_TYPE1] = "type1",
	[IOAS_BACKEND_IOMMUFD] = "iommufd",
	[IOAS_BACKEND_COMPAT] = "type1-over-iommufd",
	[IOAS_BACKEND_SPAPR] = "spapr",
	[IOAS_BACKEND_NOIOMMU] = "noiommu",
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

static const struct ioas_ops *
backend_find(enum ioas_backend backend)
{
	size_t i;

	for (i = 0; ioas_backends[i] != NULL; i++)
		if (ioas_backends[i]->backend == backend)
			return ioas_backends[i];
	/* Never tried by themselves: type1 is, and finds these. */
	if (backend == IOAS_BACKEND_SPAPR)
		return &ioas_spapr_ops;
	return backend == IOAS_BACKEND_COMPAT ? &ioas_compat_ops : NULL;
}

bool
ioas_backend_serves(enum ioas_backend wanted, enum ioas_backend has)
{
	/* Which of the three it is, the node decides. */
	if (wanted == IOAS_BACKEND_COMPAT || wanted == IOAS_BACKEND_SPAPR)
		wanted = IOAS_BACKEND_TYPE1;
	/* Only who asks for it gives memory without protection to devices. */
	return (wanted == IOAS_BACKEND_AUTO && has != IOAS_BACKEND_NOIOMMU) || wanted == has ||
		(wanted == IOAS_BACKEND_TYPE1 &&
		 (has == IOAS_BACKEND_COMPAT || has == IOAS_BACKEND_SPAPR));
}

enum ioas_backend
ioas_backend_at(size_t i)
{
	return ioas_backends[i] != NULL ? ioas_backends[i]->backend : IOAS_BACKEND_COUNT;
}

const struct ioas_traits *
ioas_backend_traits(enum ioas_backend backend)
{
	const struct ioas_ops *ops = backend_find(backend);

	return ops != NULL ? &ops->traits : NULL;
}

static bool
is_alone(const struct ioas_ops *ops, const struct ioas_member *m)
{
	return ops->alone != NULL && ops->alone(m);
}

bool
ioas_backend_opens(enum ioas_backend backend, const struct ioas_member *m)
{
	const struct ioas_ops *ops = backend_find(backend);

	return ops != NULL && (ops->traits.group_by_device || is_alone(ops, m));
}

void
ioas_backend_node(enum ioas_backend backend, const struct ioas_member *m, char *out,
		size_t size)
{
	const struct ioas_ops *ops = backend_find(backend);
	char group[VFIO_UAPI_NODE_LEN];

	*out = '\0';
	if (ops == NULL)
		return;
	vfio_uapi_group_node(m->group, m->noiommu, group);
	strlcpy(out, is_alone(ops, m) ? m->cdev : group, size);
}

/* Open a backend that is available for a member, or without one. */
static int
try_backend(const struct ioas_ops *ops, const struct ioas_member *m,
		struct ioas_leg **leg, const char **node)
{
	int ret = 0;

	if (m != NULL && m->noiommu != ops->traits.no_translation)
		return -ENODEV;
	if (m != NULL && ops->fits != NULL) {
		*node = m->cdev;
		ret = ops->fits(m);
	}
	if (ret < 0)
		return ret;
	*node = ops->traits.node;
	return ioas_leg_open(ops, m != NULL ? m->fds : NULL, leg);
}

/* Choose the first requested backend that is available; *note says why others are not. */
static int
choose_backend(enum ioas_backend backend, const struct ioas_member *m,
		struct ioas *ioas, struct ioas_choice *note)
{
	const struct ioas_ops *ops, *other;
	struct ioas_leg *leg;
	int ret = -ENOTSUP;
	size_t i;

	for (i = 0; (ops = ioas_backends[i]) != NULL && ioas->ops == NULL; i++) {
		if (!ioas_backend_serves(backend, ops->backend))
			continue;
		ret = try_backend(ops, m, &leg, &note->node);
		if (ret == 0) {
			other = ops->stand_in != NULL ? ops->stand_in(leg->state) : NULL;
			ops = other != NULL ? other : ops;
			if (backend == IOAS_BACKEND_SPAPR && ops->backend != backend) {
				ioas_leg_close(ops, leg);
				return -ENOTSUP;
			}
			ioas->ops = ops;
			TAILQ_INSERT_TAIL(&ioas->legs, leg, link);
		} else if (note->passed == IOAS_BACKEND_AUTO) {
			note->passed = ops->backend;
			note->passed_node = note->node;
			note->error = ret;
		}
		note->traits = &ops->traits;
		note->backend = ops->backend;
	}
	return ret;
}

static void
remember_fd(struct ioas *ioas, const struct ioas_member *first)
{
	ioas->fd = -1;
	if (first == NULL || first->fds == NULL)
		return;
	ioas->fd = ioas->ops->backend == IOAS_BACKEND_IOMMUFD ? first->fds->iommufd :
			first->fds->container;
	strlcpy(ioas->fd_by, first->name, sizeof(ioas->fd_by));
	ioas->fd_group = first->group;
}

int
ioas_open(enum ioas_backend backend, const struct ioas_member *first,
		struct iova_layout *layout, struct ioas **out,
		struct ioas_choice *choice)
{
	struct ioas *ioas = calloc(1, sizeof(*ioas));
	struct ioas_choice note = { .passed = IOAS_BACKEND_AUTO };
	int ret;

	if (ioas == NULL)
		return -ENOMEM;
	TAILQ_INIT(&ioas->legs);
	ret = choose_backend(backend, first, ioas, &note);
	if (choice != NULL)
		*choice = note;
	if (ret < 0) {
		free(ioas);
		return ret;
	}
	pthread_mutex_init(&ioas->lock, NULL);
	pthread_cond_init(&ioas->settled, NULL);
	ioas->layout = layout;
	remember_fd(ioas, first);
	*out = ioas;
	return 0;
}

void
ioas_need_set(struct ioas *ioas, const struct ioas_need *need)
{
	pthread_mutex_lock(&ioas->lock);
	ioas->need = *need;
	pthread_mutex_unlock(&ioas->lock);
}

int
ioas_fd_of(const struct ioas *ioas, const char **by, int *group)
{
	*by = ioas->fd_by;
	*group = ioas->ops->leg_per_group ? ioas->fd_group : -1;
	return ioas->fd;
}

enum ioas_backend
ioas_backend_of(const struct ioas *ioas)
{
	return ioas->ops->backend;
}

const struct ioas_traits *
ioas_traits_of(const struct ioas *ioas)
{
	return &ioas->ops->traits;
}

bool
ioas_memlock_by_user(const struct ioas *ioas)
{
	const struct ioas_ops *ops = ioas->ops;

	return ops->traits.memlock_by_user && (ops->memlock_by_process == NULL ||
		!ops->memlock_by_process(ioas_first_leg(ioas)));
}

const char *
ioas_hint(const struct ioas *ioas, int ret)
{
	return ioas->ops->hint(ret);
}
