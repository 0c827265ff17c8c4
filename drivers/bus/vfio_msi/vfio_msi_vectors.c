/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Interrupts of bus_vfio_msi_driver.h.
 *
 * EAL's interrupt thread calls on_vector() for each vector that has an eventfd. It and the
 * functions of the driver take the lock of the device, which is recursive: a callback may call
 * these functions. The lock is held while callbacks run, so a source that is disabled under
 * it is not running.
 *
 * A vector that was enabled once keeps its eventfd, and EAL its callback, until
 * vfio_msi_vectors_free(): EAL removes no callback while it runs. The handles have the type EXT,
 * so that EAL leaves the reading, and with it the count, to on_vector().
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_interrupts.h>

#include "uapi/vfio_uapi.h"
#include "vfio_msi_vectors.h"

/* EAL has a callback for the vector. Never moves, as EAL has its address. */
struct vfio_msi_listener {
	struct vfio_msi_device *dev;
	unsigned int vector;
	struct rte_intr_handle *handle;
	struct vfio_msi_listener *next;
};

/* On EAL's interrupt thread. Callbacks may change everything but the listener. */
static void
on_vector(void *arg)
{
	const struct vfio_msi_listener *l = arg;
	struct vfio_msi_vectors *irqs = l->dev->vectors;
	struct vectors *vs = &irqs->vs;
	uint64_t n;
	unsigned int i;

	pthread_mutex_lock(&irqs->lock);
	if (vectors_take(vs, l->vector, &n)) {
		for (i = 0; i < vs->sources; i++)
			if (vs->source[i] == (int)l->vector)
				irqs->source[i].count += n;
		for (i = 0; i < vs->sources; i++)
			if (vs->source[i] == (int)l->vector)
				irqs->source[i].cb((struct rte_vfio_msi_device *)l->dev, i,
					irqs->source[i].arg);
		if (vs->index == VFIO_PCI_INTX_IRQ_INDEX && vs->v[0].on)
			vfio_uapi_unmask_intx(l->dev->fd);
	}
	pthread_mutex_unlock(&irqs->lock);
}

int
vfio_msi_vectors_listen(struct vfio_msi_device *dev, unsigned int vector)
{
	struct vfio_msi_listener *l;
	int ret;

	for (l = dev->vectors->listeners; l != NULL; l = l->next)
		if (l->vector == vector)
			return 0;
	l = calloc(1, sizeof(*l));
	if (l == NULL)
		return -ENOMEM;
	l->dev = dev;
	l->vector = vector;
	l->handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	ret = l->handle == NULL ? -ENOMEM : 0;
	if (ret == 0) {
		rte_intr_fd_set(l->handle, dev->vectors->vs.v[vector].efd);
		rte_intr_type_set(l->handle, RTE_INTR_HANDLE_EXT);
		ret = rte_intr_callback_register(l->handle, on_vector, l);
	}
	if (ret < 0) {
		rte_intr_instance_free(l->handle);
		free(l);
		return ret;
	}
	l->next = dev->vectors->listeners;
	dev->vectors->listeners = l;
	return 0;
}

int
vfio_msi_vectors_create(struct vfio_msi_device *dev)
{
	struct vfio_msi_vectors *irqs = calloc(1, sizeof(*irqs));
	pthread_mutexattr_t attr;

	if (irqs == NULL)
		return -ENOMEM;
	irqs->vs.device = -1;
	pthread_mutexattr_init(&attr);
	pthread_mutexattr_settype(&attr, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&irqs->lock, &attr);
	pthread_mutexattr_destroy(&attr);
	dev->vectors = irqs;
	return 0;
}

void
vfio_msi_vectors_free(struct vfio_msi_device *dev)
{
	struct vfio_msi_vectors *irqs = dev->vectors;
	struct vfio_msi_listener *l;
	unsigned int i;

	if (irqs == NULL)
		return;
	pthread_mutex_lock(&irqs->lock);
	for (i = 0; i < irqs->vs.sources; i++)
		vectors_disable(&irqs->vs, i);
	pthread_mutex_unlock(&irqs->lock);
	while ((l = irqs->listeners) != NULL) {
		irqs->listeners = l->next;
		rte_intr_callback_unregister_sync(l->handle, on_vector, l);
		rte_intr_instance_free(l->handle);
		free(l);
	}
	vectors_stop(&irqs->vs);
	pthread_mutex_destroy(&irqs->lock);
	free(irqs->source);
	free(irqs);
	dev->vectors = NULL;
}
