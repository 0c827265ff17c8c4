/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Vectors of one kind, each with an eventfd and a callback in EAL's interrupt thread, and
 * the loopback: the kernel signals the eventfd, which tests everything except the
 * device's own write.
 *
 * A vector is not raised again before it was counted: EAL empties an eventfd when it reads,
 * so two signals would count as one. With "exact" the callback reads the eventfd, so that
 * each signal counts.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>

#include "irq.h"
#include "uapi/vfio_uapi.h"

#define AWAIT_MS 2000
#define QUIET_MS 50

static const struct {
	const char *name;
	unsigned int index;
	enum rte_intr_handle_type type;
} kinds[IRQ_KINDS] = {
	[IRQ_MSIX] = { "MSI-X", VFIO_PCI_MSIX_IRQ_INDEX, RTE_INTR_HANDLE_VFIO_MSIX },
	[IRQ_MSI] = { "MSI", VFIO_PCI_MSI_IRQ_INDEX, RTE_INTR_HANDLE_VFIO_MSI },
	[IRQ_INTX] = { "INTx", VFIO_PCI_INTX_IRQ_INDEX, RTE_INTR_HANDLE_VFIO_LEGACY },
};

const char *
irq_kind_name(enum irq_kind kind)
{
	return kinds[kind].name;
}

bool
irq_kind_allowed(enum irq_kind kind, enum vfio_msi_mode mode)
{
	if (mode == VFIO_MSI_REQUIRE)
		return kind != IRQ_INTX;
	return mode != VFIO_MSI_OFF || kind == IRQ_INTX;
}

static void
on_interrupt(void *arg)
{
	struct irq_vector *v = arg;
	uint64_t n = 1;

	/* Nobody else reads it, and EAL found it readable. */
	if (v->exact && read(v->efd, &n, sizeof(n)) != sizeof(n))
		n = 0;
	atomic_fetch_add(&v->calls, 1);
	atomic_fetch_add(&v->count, (unsigned int)n);
	sem_post(v->came);
}

static int
listen_to(struct irq_vectors *vs, struct irq_vector *v)
{
	int ret = vfio_uapi_eventfd();

	v->efd = ret;
	if (ret < 0)
		return ret;
	v->exact = vs->exact;
	v->came = &vs->came;
	v->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (v->handle == NULL)
		return -ENOMEM;
	rte_intr_fd_set(v->handle, v->efd);
	rte_intr_type_set(v->handle, vs->exact ? RTE_INTR_HANDLE_EXT : kinds[vs->kind].type);
	ret = rte_intr_callback_register(v->handle, on_interrupt, v);
	v->listening = ret == 0;
	return ret;
}

/* Enable as many vectors as the kernel allows. @return 0, -errno. */
static int
enable(struct irq_vectors *vs)
{
	int *fds = calloc(vs->n, sizeof(*fds));
	unsigned int i;
	int ret;

	if (fds == NULL)
		return -ENOMEM;
	for (i = 0; i < vs->n; i++)
		fds[i] = vs->v[i].efd;
	ret = vfio_uapi_set_irqs(vs->dev->fd, kinds[vs->kind].index, 0, fds, vs->n);
	if (ret > 0 && (unsigned int)ret < vs->n) {
		vs->n = (unsigned int)ret;
		ret = vfio_uapi_set_irqs(vs->dev->fd, kinds[vs->kind].index, 0, fds, vs->n);
	}
	free(fds);
	vs->enabled = ret == 0;
	return ret > 0 ? -ENOSPC : ret;
}

int
irq_vectors_enable(struct irq_vectors *vs, const struct irq_device *dev, enum irq_kind kind,
		bool exact, char *why, size_t size)
{
	struct vfio_irq_info info;
	unsigned int i;
	int ret;

	*vs = (struct irq_vectors) { .dev = dev, .kind = kind, .exact = exact };
	sem_init(&vs->came, 0, 0);
	ret = vfio_uapi_irq_info(dev->fd, kinds[kind].index, &info);
	if (ret < 0) {
		snprintf(why, size, "the kernel can't describe it: %s", strerror(-ret));
		return ret;
	}
	if (info.count == 0 || (info.flags & VFIO_IRQ_INFO_EVENTFD) == 0)
		return 0;
	vs->v = calloc(info.count, sizeof(*vs->v));
	if (vs->v == NULL)
		ret = -ENOMEM;
	else
		vs->n = vs->has = info.count;
	for (i = 0; i < vs->n; i++)
		vs->v[i].efd = -1;
	for (i = 0; ret == 0 && i < vs->n; i++)
		ret = listen_to(vs, &vs->v[i]);
	if (ret < 0) {
		snprintf(why, size, "no eventfd or callback for vector %u: %s%s", i, strerror(-ret),
			ret == -EMFILE ? "; raise the limit of open files (ulimit -n)" : "");
	} else {
		ret = enable(vs);
		if (ret < 0)
			snprintf(why, size, "the kernel can't allocate a vector: %s",
				strerror(-ret));
	}
	if (ret == 0)
		return 1;
	irq_vectors_disable(vs);
	return ret;
}

void
irq_vectors_disable(struct irq_vectors *vs)
{
	unsigned int i;

	if (vs->enabled)
		vfio_uapi_set_irqs(vs->dev->fd, kinds[vs->kind].index, 0, NULL, 0);
	vs->enabled = false;
	/* Vectors that the kernel did not enable have a callback too. */
	for (i = 0; vs->v != NULL && i < vs->has; i++) {
		struct irq_vector *v = &vs->v[i];

		if (v->listening)
			rte_intr_callback_unregister_sync(v->handle, on_interrupt, v);
		rte_intr_instance_free(v->handle);
		vfio_uapi_close(v->efd);
	}
	free(vs->v);
	vs->v = NULL;
	vs->n = vs->has = 0;
	sem_destroy(&vs->came);
}

static void
take_surplus(struct irq_vectors *vs, struct irq_count *count)
{
	unsigned int i;

	for (i = 0; i < vs->n; i++) {
		unsigned int n = atomic_load(&vs->v[i].count);

		count->surplus += n - vs->v[i].expected;
		vs->v[i].expected = n;
	}
}

/* @return whether the vector was called in time. */
static bool
await_call(const struct irq_vector *v)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += AWAIT_MS / 1000;
	/* Callbacks that came before the wait have left their posts. */
	while (atomic_load(&v->count) == v->expected)
		if (sem_clockwait(v->came, CLOCK_MONOTONIC, &end) < 0 && errno == ETIMEDOUT)
			break;
	return atomic_load(&v->count) != v->expected;
}

static void
count_one(struct irq_vectors *vs, unsigned int i, bool came, struct irq_count *count)
{
	if (count->arrived == count->raised && !came)
		count->first_lost = i;
	count->raised++;
	count->arrived += came;
	vs->v[i].expected += came;
}

bool
irq_vectors_await(struct irq_vectors *vs, unsigned int i, struct irq_count *count)
{
	bool came = await_call(&vs->v[i]);

	count_one(vs, i, came, count);
	take_surplus(vs, count);
	return came;
}

void
irq_vectors_quiet(struct irq_vectors *vs, struct irq_count *count)
{
	rte_delay_us_sleep(QUIET_MS * 1000);
	take_surplus(vs, count);
}

void
irq_vectors_await_first(struct irq_vectors *vs, unsigned int n, struct irq_count *count)
{
	bool came = true;
	unsigned int i;

	for (i = 0; came && i < n; i++) {
		came = await_call(&vs->v[i]);
		count_one(vs, i, came, count);
	}
}

/* One call: every vector selected by a byte must arrive once. */
static int
loopback_all(struct irq_vectors *vs, struct irq_count *count)
{
	uint8_t *which = malloc(vs->n);
	int ret;

	if (which == NULL)
		return -ENOMEM;
	memset(which, 1, vs->n);
	ret = vfio_uapi_trigger_irqs(vs->dev->fd, kinds[vs->kind].index, 0, which, vs->n);
	free(which);
	if (ret == 0)
		irq_vectors_await_first(vs, vs->n, count);
	return ret;
}

int
irq_vectors_signal(const struct irq_vectors *vs)
{
	return vfio_uapi_trigger_irqs(vs->dev->fd, kinds[vs->kind].index, 0, NULL, vs->n);
}

static int
loopback_one(struct irq_vectors *vs, unsigned int i, struct irq_count *count)
{
	int ret = vfio_uapi_trigger_irqs(vs->dev->fd, kinds[vs->kind].index, i, NULL, 1);

	if (ret == 0)
		irq_vectors_await(vs, i, count);
	return ret;
}

int
irq_loopback(struct irq_vectors *vs, struct irq_count *count)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; ret == 0 && i < vs->n && count->arrived == count->raised; i++)
		ret = loopback_one(vs, i, count);
	if (ret == 0 && count->arrived == count->raised)
		ret = loopback_all(vs, count);
	if (ret < 0)
		tool_error(vs->dev->name, "%s: the kernel refuses to signal its vectors: %s",
			kinds[vs->kind].name, strerror(-ret));
	return ret;
}

int
irq_vectors_give(const struct irq_vectors *vs, int efd)
{
	return vfio_uapi_set_irqs(vs->dev->fd, kinds[vs->kind].index, 0, &efd, efd >= 0 ? 1 : 0);
}
