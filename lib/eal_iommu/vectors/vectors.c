/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "uapi/vfio_uapi.h"
#include "vectors/vectors.h"
#include "vectors/vectors_request.h"

static bool
is_intx(const struct vectors *vs)
{
	return vs->index == VFIO_PCI_INTX_IRQ_INDEX;
}

/* Grow the arrays for more sources. On error they have not changed, except in size. */
static int
grow(struct vectors *vs, unsigned int wanted, unsigned int sources)
{
	struct vectors_one *v = vs->v;
	int *source = vs->source;

	if (wanted > vs->n_v) {
		v = realloc(vs->v, wanted * sizeof(*v));
		if (v == NULL)
			return -ENOMEM;
		vs->v = v;
		while (vs->n_v < wanted)
			v[vs->n_v++] = (struct vectors_one){ .efd = -1 };
	}
	if (sources <= vs->sources)
		return 0;
	source = realloc(vs->source, sources * sizeof(*source));
	if (source == NULL)
		return -ENOMEM;
	vs->source = source;
	memset(&source[vs->sources], -1, (sources - vs->sources) * sizeof(*source));
	return 0;
}

/*
 * Request the first vectors, all at once: those in use with their eventfds.
 *
 * @return the number granted, at least 1; -ENOSPC; -errno
 */
static int
request(struct vectors *vs, unsigned int n, unsigned int tries)
{
	unsigned int i;
	int *fds = calloc(n, sizeof(*fds));
	int ret;

	if (fds == NULL)
		return -ENOMEM;
	for (i = 0; i < n; i++)
		fds[i] = vs->v[i].on ? vs->v[i].efd : -1;
	ret = vectors_request(vs->device, vs->index, fds, n, tries);
	free(fds);
	return ret;
}

static void
set_granted(struct vectors *vs, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < vs->n_v; i++)
		vs->v[i].granted = i < n;
}

int
vectors_start(struct vectors *vs, int device, unsigned int index, unsigned int sources,
		unsigned int tries)
{
	struct vfio_irq_info info;
	int ret;

	*vs = (struct vectors){ .device = device, .index = index };
	if (sources == 0)
		return -EINVAL;
	ret = vfio_uapi_irq_info(device, index, &info);
	if (ret < 0)
		return ret;
	if (info.count == 0 || (info.flags & VFIO_IRQ_INFO_EVENTFD) == 0)
		return -ENOTSUP;
	vs->has = info.count;
	vs->dynamic = index == VFIO_PCI_MSIX_IRQ_INDEX &&
		(info.flags & VFIO_IRQ_INFO_NORESIZE) == 0;
	vs->wanted = sources < vs->has ? sources : vs->has;
	ret = grow(vs, vs->wanted, sources);
	vs->sources = ret < 0 ? 0 : sources;
	/* INTx is a wire, which is not requested without an eventfd. */
	if (ret == 0)
		ret = is_intx(vs) ? 1 : request(vs, vs->dynamic ? 1 : vs->wanted, tries);
	if (ret < 0) {
		vectors_stop(vs);
		return ret;
	}
	set_granted(vs, (unsigned int)ret);
	return 0;
}

void
vectors_stop(struct vectors *vs)
{
	unsigned int i;

	if (vectors_granted(vs) > 0)
		(void)vfio_uapi_set_irqs(vs->device, vs->index, 0, NULL, 0);
	for (i = 0; i < vs->n_v; i++)
		vfio_uapi_close(vs->v[i].efd);
	free(vs->v);
	free(vs->source);
	*vs = (struct vectors){ .device = -1 };
}

unsigned int
vectors_granted(const struct vectors *vs)
{
	unsigned int i, n = 0;

	for (i = 0; i < vs->n_v; i++)
		n += vs->v[i].granted;
	return n;
}

/* After all vectors were off: handlers must look at the device. */
static void
replay(struct vectors *vs)
{
	unsigned int i;

	for (i = 0; i < vs->n_v; i++) {
		if (!vs->v[i].on)
			continue;
		vs->v[i].own++;
		vfio_uapi_signal(vs->v[i].efd);
	}
}

static void
lose_all(struct vectors *vs)
{
	unsigned int i;

	for (i = 0; i < vs->n_v; i++) {
		vs->v[i].granted = vs->v[i].on = false;
		vs->v[i].users = 0;
	}
	for (i = 0; i < vs->sources; i++)
		vs->source[i] = -1;
}

/* Disable all vectors and request more. @return 0; as vectors_resize() */
static int
request_again(struct vectors *vs, unsigned int n)
{
	unsigned int had = vectors_granted(vs);
	int ret = had == 0 ? 0 : vfio_uapi_set_irqs(vs->device, vs->index, 0, NULL, 0);
	int again;

	if (ret < 0)
		return ret;
	/* All interrupts are off: wait only to get back what was granted. */
	ret = request(vs, n, had == 0 ? VECTORS_TRIES : 1);
	if (ret >= (int)had) {
		set_granted(vs, (unsigned int)ret);
		replay(vs);
		return 0;
	}
	/* Others have taken vectors meanwhile, or the kernel refuses. */
	if (ret > 0)
		(void)vfio_uapi_set_irqs(vs->device, vs->index, 0, NULL, 0);
	again = had == 0 ? 0 : request(vs, had, VECTORS_TRIES);
	if (again != (int)had) {
		if (again > 0)
			(void)vfio_uapi_set_irqs(vs->device, vs->index, 0, NULL, 0);
		lose_all(vs);
		return -EIO;
	}
	replay(vs);
	return ret > 0 ? -ENOSPC : ret;
}

int
vectors_resize(struct vectors *vs, unsigned int sources)
{
	unsigned int wanted = sources < vs->has ? sources : vs->has, i;
	int ret;

	if (sources == 0)
		return -EINVAL;
	for (i = sources; i < vs->sources; i++)
		if (vs->source[i] >= 0)
			return -EBUSY;
	ret = grow(vs, wanted, sources);
	if (ret == 0 && !vs->dynamic && !is_intx(vs) && wanted > vectors_granted(vs))
		ret = request_again(vs, wanted);
	if (ret < 0)
		return ret;
	vs->sources = sources;
	vs->wanted = wanted;
	return 0;
}

/* Let the kernel signal a vector. @return 0; -ENOSPC; -errno */
static int
switch_on(struct vectors *vs, struct vectors_one *one)
{
	int ret;

	if (one->efd < 0) {
		ret = vfio_uapi_eventfd();
		if (ret < 0)
			return ret;
		one->efd = ret;
	}
	ret = vfio_uapi_set_irqs(vs->device, vs->index, (unsigned int)(one - vs->v), &one->efd, 1);
	if (ret == 0)
		one->granted = one->on = true;
	return ret > 0 ? -ENOSPC : ret;
}

/* The vector that a source without an own one shares, or NULL. */
static struct vectors_one *
shared(const struct vectors *vs)
{
	struct vectors_one *best = NULL;
	unsigned int i;

	for (i = 1; i < vs->n_v; i++)
		if (vs->v[i].granted && (best == NULL || vs->v[i].users < best->users))
			best = &vs->v[i];
	if (best == NULL && vs->n_v > 0 && vs->v[0].granted)
		best = &vs->v[0];
	return best;
}

int
vectors_enable(struct vectors *vs, unsigned int source, bool share)
{
	struct vectors_one *one = NULL;
	int ret = -ENOSPC;

	if (source >= vs->sources)
		return -EINVAL;
	if (vs->source[source] >= 0)
		return -EEXIST;
	if (source < vs->wanted && (vs->dynamic || vs->v[source].granted)) {
		one = &vs->v[source];
		ret = one->on ? 0 : switch_on(vs, one);
	}
	/* Not granted, or no such vector. */
	if (ret == -ENOSPC && (one == NULL || (!one->granted && share))) {
		one = shared(vs);
		if (one != NULL)
			ret = one->on ? 0 : switch_on(vs, one);
	}
	if (ret < 0)
		return ret;
	one->users++;
	vs->source[source] = (int)(one - vs->v);
	return vs->source[source];
}

void
vectors_disable(struct vectors *vs, unsigned int source)
{
	struct vectors_one *one;

	if (source >= vs->sources || vs->source[source] < 0)
		return;
	one = &vs->v[vs->source[source]];
	vs->source[source] = -1;
	if (--one->users > 0)
		return;
	one->on = false;
	/* The kernel masks a wire when it signals it, until it is unmasked or requested again. */
	if (is_intx(vs))
		(void)vfio_uapi_set_irqs(vs->device, vs->index, 0, NULL, 0);
	else
		(void)vfio_uapi_set_irqs(vs->device, vs->index, (unsigned int)(one - vs->v),
			&(int){ -1 }, 1);
}

bool
vectors_take(struct vectors *vs, unsigned int vector, uint64_t *n)
{
	struct vectors_one *one = &vs->v[vector];
	uint64_t own;

	*n = 0;
	if (one->efd < 0 || vfio_uapi_eventfd_read(one->efd, n) < 0)
		return false;
	own = one->own < *n ? one->own : *n;
	one->own -= own;
	*n -= own;
	return true;
}
