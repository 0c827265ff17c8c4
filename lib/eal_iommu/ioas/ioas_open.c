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

/* In the order in which "auto" takes them. */
static const struct ioas_ops *const ioas_backends[] = {
	&ioas_iommufd_ops,
	&ioas_type1_ops,
};
#define N_BACKENDS (sizeof(ioas_backends) / sizeof(ioas_backends[0]))

static const char *const ioas_names[IOAS_BACKEND_COUNT] = {
	[IOAS_BACKEND_AUTO] = "auto",
	[IOAS_BACKEND_TYPE1] = "type1",
	[IOAS_BACKEND_IOMMUFD] = "iommufd",
	[IOAS_BACKEND_COMPAT] = "type1-over-iommufd",
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

	for (i = 0; i < N_BACKENDS; i++)
		if (ioas_backends[i]->backend == backend)
			return ioas_backends[i];
	/* Never tried by itself: type1 is, and finds this one. */
	return backend == IOAS_BACKEND_COMPAT ? &ioas_compat_ops : NULL;
}

bool
ioas_backend_serves(enum ioas_backend wanted, enum ioas_backend has)
{
	/* Which of the two it is, the node decides. */
	if (wanted == IOAS_BACKEND_COMPAT)
		wanted = IOAS_BACKEND_TYPE1;
	return wanted == IOAS_BACKEND_AUTO || wanted == has ||
		(wanted == IOAS_BACKEND_TYPE1 && has == IOAS_BACKEND_COMPAT);
}

enum ioas_backend
ioas_backend_at(size_t i)
{
	return i < N_BACKENDS ? ioas_backends[i]->backend : IOAS_BACKEND_COUNT;
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
	vfio_uapi_group_node(m->group, false, group);
	strlcpy(out, is_alone(ops, m) ? m->cdev : group, size);
}

/* A backend that can be had for a member, or for nobody yet. */
static int
try_backend(const struct ioas_ops *ops, const struct ioas_member *m,
		struct ioas_kernel *k, const char **node)
{
	int ret = 0;

	if (m != NULL && ops->fits != NULL) {
		*node = m->cdev;
		ret = ops->fits(m);
	}
	if (ret < 0)
		return ret;
	*node = ops->traits.node;
	return ops->open(k);
}

/* The first backend that is wanted and can be had; *note tells of the others. */
static int
choose_backend(enum ioas_backend backend, const struct ioas_member *m,
		struct ioas *ioas, struct ioas_choice *note)
{
	int ret = -ENOTSUP;
	size_t i;

	for (i = 0; i < N_BACKENDS && ioas->ops == NULL; i++) {
		if (!ioas_backend_serves(backend, ioas_backends[i]->backend))
			continue;
		ret = try_backend(ioas_backends[i], m, &ioas->kernel,
				&note->node);
		note->traits = &ioas_backends[i]->traits;
		note->backend = ioas_backends[i]->backend;
		if (ret == 0) {
			ioas->ops = ioas->kernel.over_iommufd ? &ioas_compat_ops :
				ioas_backends[i];
			note->traits = &ioas->ops->traits;
			note->backend = ioas->ops->backend;
		} else if (note->passed == IOAS_BACKEND_AUTO) {
			note->passed = ioas_backends[i]->backend;
			note->passed_node = note->node;
			note->error = ret;
		}
	}
	return ret;
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
	ret = choose_backend(backend, first, ioas, &note);
	if (choice != NULL)
		*choice = note;
	if (ret < 0) {
		free(ioas);
		return ret;
	}
	pthread_mutex_init(&ioas->lock, NULL);
	ioas->layout = layout;
	*out = ioas;
	return 0;
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
	return ioas->ops->traits.memlock_by_user && !ioas->kernel.memlock_by_process;
}

const char *
ioas_hint(const struct ioas *ioas, int ret)
{
	return ioas->ops->hint(ret);
}

void
ioas_info_free(struct ioas_info *info)
{
	free(info->ranges);
	info->ranges = NULL;
	info->n_ranges = 0;
}
