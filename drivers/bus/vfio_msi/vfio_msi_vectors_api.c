/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The functions for interrupts of bus_vfio_msi_driver.h. vfio_msi_vectors.c runs the callbacks.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>

#include "uapi/vfio_abi.h"
#include "vectors/vectors_request.h"
#include "vfio_msi_irqs.h"
#include "vfio_msi_vectors.h"

static int
result(int ret)
{
	if (ret >= 0)
		return ret;
	rte_errno = -ret;
	return -1;
}

static struct vfio_msi_device *
device(struct rte_vfio_msi_device *dev)
{
	return (struct vfio_msi_device *)dev;
}

/* The type that vfio_msi_intr_setup() has found to work. @return its index; -ENOTSUP */
static int
index_of(const struct vfio_msi_device *dev)
{
	if (vfio_msi_is_secondary() || dev->fd < 0)
		return -ENOTSUP;
	switch (rte_intr_type_get(dev->pci.device.intr_handle)) {
	case RTE_INTR_HANDLE_VFIO_MSIX:
		return VFIO_PCI_MSIX_IRQ_INDEX;
	case RTE_INTR_HANDLE_VFIO_MSI:
		return VFIO_PCI_MSI_IRQ_INDEX;
	case RTE_INTR_HANDLE_VFIO_LEGACY:
		return VFIO_PCI_INTX_IRQ_INDEX;
	default:
		return -ENOTSUP;
	}
}

/* The kernel grants fewer vectors than the driver wants and the device has: say so once. */
static void
log_shortage(struct vfio_msi_device *dev)
{
	const struct vectors *vs = &dev->vectors->vs;

	if (dev->vectors->shortage_logged)
		return;
	dev->vectors->shortage_logged = true;
	BUS_LOG(WARNING, "%s: the driver wants %u interrupt vectors, but the kernel grants %u: sources of interrupts share them; to free vectors, stop other devices, or configure fewer queues",
		dev->label, vs->wanted, vectors_granted(vs));
}

static int
make_room(struct vfio_msi_vectors *irqs, unsigned int sources)
{
	struct vfio_msi_source *source;

	if (sources <= irqs->room)
		return 0;
	source = realloc(irqs->source, sources * sizeof(*source));
	if (source == NULL)
		return -ENOMEM;
	memset(&source[irqs->room], 0, (sources - irqs->room) * sizeof(*source));
	irqs->source = source;
	irqs->room = sources;
	return 0;
}

/* Say once that INTx stays where it is. */
static void
log_line(const struct vfio_msi_device *dev, int cpu)
{
	if (dev->vectors->line_logged)
		return;
	dev->vectors->line_logged = true;
	BUS_LOG(NOTICE, "%s: INTx is not moved to processor %d, as other devices can share its line; if it must move, write the processor to /proc/irq/N/smp_affinity_list as root",
		dev->label, cpu);
}

/*
 * One line if it fails, and the vector works on any processor.
 *
 * @param number  of the interrupt, or -errno
 */
static void
move(const struct vfio_msi_device *dev, unsigned int source, int number)
{
	const struct vfio_msi_irq irq = {
		.irq = (unsigned int)number, .index = dev->vectors->vs.index,
	};
	int cpu = dev->vectors->source[source].cpu, ret = number;
	char text[16];

	if (number >= 0) {
		snprintf(text, sizeof(text), "%d", cpu);
		ret = vfio_msi_irq_move("", &irq, text);
	}
	if (ret < 0 && irq.index == VFIO_PCI_INTX_IRQ_INDEX)
		log_line(dev, cpu);
	else if (ret < 0)
		BUS_LOG(NOTICE, "%s: interrupts of source %u are not moved to processor %d: %s; write the processor to /proc/irq/N/smp_affinity_list as root, if it is online",
			dev->label, source, cpu, strerror(-ret));
}

static void
set_cpu(const struct vfio_msi_device *dev, unsigned int source)
{
	const struct vectors *vs = &dev->vectors->vs;

	if (dev->vectors->source[source].cpu >= 0)
		move(dev, source, vfio_msi_irqs_find("", dev->plan.topo.bdf, vs->index,
				(unsigned int)vs->source[source]));
}

/* The same for all enabled sources. Reads the interrupts of the device once. */
static void
set_cpus(const struct vfio_msi_device *dev)
{
	const struct vectors *vs = &dev->vectors->vs;
	struct vfio_msi_irq *v = NULL;
	bool is_read = false;
	unsigned int i;
	size_t n = 0, j;
	int ret = 0;

	for (i = 0; i < vs->sources; i++) {
		if (vs->source[i] < 0 || dev->vectors->source[i].cpu < 0)
			continue;
		if (!is_read)
			ret = vfio_msi_irqs_read("", dev->plan.topo.bdf, &v, &n);
		is_read = true;
		for (j = 0; j < n && (v[j].index != vs->index ||
				v[j].vector != (unsigned int)vs->source[i]); j++)
			;
		move(dev, i, j < n ? (int)v[j].irq : ret < 0 ? ret : -ENOENT);
	}
	free(v);
}

static int
request(struct vfio_msi_device *dev, unsigned int sources)
{
	struct vfio_msi_vectors *irqs = dev->vectors;
	bool running = irqs->vs.sources > 0;
	int ret = make_room(irqs, sources);
	int index = index_of(dev);

	if (ret < 0)
		return ret;
	ret = running ? vectors_resize(&irqs->vs, sources) :
		vectors_start(&irqs->vs, dev->fd, (unsigned int)index, sources,
			vfio_msi_vectors_tries());
	if (ret < 0 && running && vectors_granted(&irqs->vs) == 0)
		BUS_LOG(ERR, "%s: the kernel does not grant the interrupt vectors again that the driver had: all interrupts of the device are off; stop other devices, and attach this one again",
			dev->label);
	if (ret < 0)
		return ret;
	if (!irqs->vs.dynamic && vectors_granted(&irqs->vs) < irqs->vs.wanted) {
		vfio_msi_vectors_short();
		log_shortage(dev);
	}
	if (running && !irqs->vs.dynamic)
		set_cpus(dev);
	return 0;
}

int
rte_vfio_msi_irq_request(struct rte_vfio_msi_device *handle, unsigned int sources)
{
	struct vfio_msi_device *dev = device(handle);
	int ret = index_of(dev);

	if (ret < 0)
		return result(ret);
	if (sources == 0)
		return result(-EINVAL);
	pthread_mutex_lock(&dev->vectors->lock);
	ret = request(dev, sources);
	pthread_mutex_unlock(&dev->vectors->lock);
	return result(ret);
}

static int
enable(struct vfio_msi_device *dev, unsigned int source, const struct vfio_msi_source *s,
		bool share)
{
	struct vectors *vs = &dev->vectors->vs;
	int vector = vectors_enable(vs, source, share), ret;

	if (vector < 0)
		return vector;
	ret = vfio_msi_vectors_listen(dev, (unsigned int)vector);
	if (ret < 0) {
		vectors_disable(vs, source);
		return ret;
	}
	dev->vectors->source[source] = *s;
	if (source < vs->wanted && vector != (int)source) {
		vfio_msi_vectors_short();
		log_shortage(dev);
	}
	set_cpu(dev, source);
	return vector;
}

int
rte_vfio_msi_irq_enable(struct rte_vfio_msi_device *handle, unsigned int source,
		rte_vfio_msi_irq_cb cb, void *arg, int cpu)
{
	const struct vfio_msi_source s = { .cb = cb, .arg = arg, .cpu = cpu };
	struct vfio_msi_device *dev = device(handle);
	/* A callback must not wait: it runs on EAL's interrupt thread, and has the lock. */
	unsigned int tries = rte_thread_is_intr() ? 1 : vfio_msi_vectors_tries();
	bool dynamic;
	int ret;

	if (cb == NULL || cpu < RTE_VFIO_MSI_ANY_CPU)
		return result(-EINVAL);
	for (;;) {
		pthread_mutex_lock(&dev->vectors->lock);
		ret = enable(dev, source, &s, tries == 1);
		dynamic = dev->vectors->vs.dynamic;
		pthread_mutex_unlock(&dev->vectors->lock);
		/* Without dynamic vectors, the kernel is not asked again: a wait is in vain. */
		if (ret != -ENOSPC || !dynamic || tries-- == 1)
			return result(ret);
		vectors_pause();
	}
}

static int
disable(struct vfio_msi_vectors *irqs, unsigned int source)
{
	struct vectors *vs = &irqs->vs;
	uint64_t n;
	int vector;

	if (source >= vs->sources)
		return -EINVAL;
	vector = vs->source[source];
	if (vector < 0)
		return -ENOENT;
	vectors_disable(vs, source);
	/* What came before is counted; if others share the vector they will take it. */
	if (!vs->v[vector].on && vectors_take(vs, (unsigned int)vector, &n))
		irqs->source[source].count += n;
	return 0;
}

int
rte_vfio_msi_irq_disable(struct rte_vfio_msi_device *handle, unsigned int source)
{
	struct vfio_msi_vectors *irqs = device(handle)->vectors;
	int ret;

	pthread_mutex_lock(&irqs->lock);
	ret = disable(irqs, source);
	pthread_mutex_unlock(&irqs->lock);
	return result(ret);
}

int
rte_vfio_msi_irq_count(struct rte_vfio_msi_device *handle, unsigned int source, uint64_t *count)
{
	struct vfio_msi_vectors *irqs = device(handle)->vectors;
	int ret = -EINVAL;

	pthread_mutex_lock(&irqs->lock);
	if (source < irqs->vs.sources) {
		*count = irqs->source[source].count;
		ret = 0;
	}
	pthread_mutex_unlock(&irqs->lock);
	return result(ret);
}

int
rte_vfio_msi_irq_info_get(struct rte_vfio_msi_device *handle,
		struct rte_vfio_msi_irq_info *info)
{
	struct vfio_msi_device *dev = device(handle);
	int index = index_of(dev);

	if (vfio_msi_is_secondary())
		return result(-ENOTSUP);
	*info = (struct rte_vfio_msi_irq_info){ .type = RTE_VFIO_MSI_IRQ_NONE };
	if (index == VFIO_PCI_MSIX_IRQ_INDEX)
		info->type = RTE_VFIO_MSI_IRQ_MSIX;
	else if (index == VFIO_PCI_MSI_IRQ_INDEX)
		info->type = RTE_VFIO_MSI_IRQ_MSI;
	else if (index == VFIO_PCI_INTX_IRQ_INDEX)
		info->type = RTE_VFIO_MSI_IRQ_INTX;
	pthread_mutex_lock(&dev->vectors->lock);
	info->sources = dev->vectors->vs.sources;
	info->has = dev->vectors->vs.has;
	info->granted = vectors_granted(&dev->vectors->vs);
	info->one_by_one = dev->vectors->vs.dynamic;
	pthread_mutex_unlock(&dev->vectors->lock);
	return 0;
}
