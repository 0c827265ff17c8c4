/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Key irq_affinity=: the processors where the interrupts of a device arrive.
 *
 * Neither EAL nor a driver tells when it enables interrupts, and the kernel forgets the
 * affinity of an interrupt that is disabled. So an alarm looks at the interrupts of the device
 * each second. The file of an interrupt in sysfs has another inode whenever the interrupt was
 * allocated again, also with the same number. Only such an interrupt is placed: what an
 * administrator or irqbalance changes later remains.
 *
 * Main starts and stops the alarm, and waits for it. Between these, the alarm owns the state of
 * this file. It runs on EAL's interrupt thread, whose processors are those of EAL's control
 * threads.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_alarm.h>
#include <rte_lcore.h>

#include "device.h"
#include "vfio_msi_cpus.h"
#include "vfio_msi_irqs.h"

#define PERIOD_US 1000000

/** State of the alarm of one device. */
struct vfio_msi_affinity {
	struct vfio_msi_irq_id *seen;	/* interrupts that are placed */
	size_t n;
	bool failed;			/* a failure is logged */
};

/* Processors of EAL's control threads, which the caller is one of. */
static void
control_cpus(cpu_set_t *out)
{
	CPU_ZERO(out);
	/* It fails on machines with more processors than a cpu_set_t has. */
	if (pthread_getaffinity_np(pthread_self(), sizeof(*out), out) != 0)
		CPU_ZERO(out);
}

/*
 * Processors of the worker with this index, counted round and round, of those on the node;
 * without such a worker of all of them; without a worker of the main lcore.
 */
static void
worker_cpus(int node, unsigned int index, cpu_set_t *out)
{
	unsigned int lcore, all = 0, near = 0, n;

	RTE_LCORE_FOREACH_WORKER(lcore) {
		all++;
		near += (int)rte_lcore_to_socket_id(lcore) == node;
	}
	*out = rte_lcore_cpuset(rte_get_main_lcore());
	n = near > 0 ? near : all;
	if (n == 0)
		return;
	index %= n;
	RTE_LCORE_FOREACH_WORKER(lcore) {
		if (near > 0 && (int)rte_lcore_to_socket_id(lcore) != node)
			continue;
		if (index-- == 0) {
			*out = rte_lcore_cpuset(lcore);
			return;
		}
	}
}

static void
choose_cpus(const struct vfio_msi_device *dev, unsigned int vector, cpu_set_t *out)
{
	if (dev->conf.affinity == VFIO_MSI_AFFINITY_LIST) {
		CPU_ZERO(out);
		CPU_SET(vfio_msi_cpus_nth(&dev->conf.cpus, vector), out);
	} else if (vector == 0) {
		control_cpus(out);
	} else {
		worker_cpus(dev->plan.topo.numa_node, vector - 1, out);
	}
}

/* Once for each start of the device. @param list  "": the processors are not known */
static void
log_failure(const struct vfio_msi_device *dev, const struct vfio_msi_irq *irq, const char *list,
		int ret)
{
	if (dev->affinity->failed)
		return;
	dev->affinity->failed = true;
	if (list[0] == '\0')
		BUS_LOG(WARNING, "%s: can't move interrupt %u (vector %u) to the processors of EAL's control threads, as this machine can have more than %u processors; it stays where the kernel has it; give a list: irq_affinity=[CPU,...]",
			dev->label, irq->irq, irq->vector, (unsigned int)CPU_SETSIZE);
	else
		BUS_LOG(WARNING, "%s: can't move interrupt %u (vector %u) to processors %s: %s; it stays where the kernel has it%s",
			dev->label, irq->irq, irq->vector, list, strerror(-ret),
			ret == -EACCES || ret == -EPERM || ret == -EROFS ?
			": irq_affinity= needs root and a writable /proc; write to /proc/irq/N/smp_affinity_list outside, or drop the key" :
			": are these processors online?");
}

/* @return 0, also if the interrupt is gone; -errno. */
static int
place(struct vfio_msi_device *dev, const struct vfio_msi_irq *irq)
{
	char list[VFIO_MSI_CPUS_LIST_LEN];
	cpu_set_t cpus;
	int ret;

	choose_cpus(dev, irq->vector, &cpus);
	ret = vfio_msi_cpus_print(&cpus, list, sizeof(list));
	if (ret == 0)
		ret = vfio_msi_irq_move("", irq, list);
	if (ret == 0 || ret == -ENOENT)
		return 0;
	log_failure(dev, irq, list, ret);
	return ret;
}

static bool
is_seen(const struct vfio_msi_affinity *a, const struct vfio_msi_irq_id *id)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->seen[i].irq == id->irq && a->seen[i].inode == id->inode)
			return true;
	return false;
}

/*
 * Place the interrupts of ids that were not there the last time. The kernel allocates messages
 * before it gives them handlers: one without a handler is forgotten, and is new the next time.
 */
static void
place_new(struct vfio_msi_device *dev, struct vfio_msi_irq_id *ids, size_t n)
{
	struct vfio_msi_irq *v;
	size_t i, j, irqs;
	unsigned int placed = 0;

	if (vfio_msi_irqs_read("", dev->label + strlen(VFIO_MSI_PREFIX), &v, &irqs) < 0)
		irqs = 0;
	for (i = 0; i < n; i++) {
		for (j = 0; j < irqs && v[j].irq != ids[i].irq; j++)
			;
		if (j == irqs)
			ids[i].inode = 0;
		else if (!is_seen(dev->affinity, &ids[i]) && place(dev, &v[j]) == 0)
			placed++;
	}
	free(v);
	if (placed > 0)
		BUS_LOG(INFO, "%s: irq_affinity= has placed %u interrupts", dev->label, placed);
}

static bool
same(const struct vfio_msi_affinity *a, const struct vfio_msi_irq_id *ids, size_t n)
{
	return n == a->n && (n == 0 || memcmp(ids, a->seen, n * sizeof(*ids)) == 0);
}

static void
on_alarm(void *arg)
{
	struct vfio_msi_device *dev = arg;
	struct vfio_msi_affinity *a = dev->affinity;
	struct vfio_msi_irq_id *ids;
	size_t n;

	if (vfio_msi_irqs_ids("", dev->label + strlen(VFIO_MSI_PREFIX), &ids, &n) == 0) {
		if (!same(a, ids, n))
			place_new(dev, ids, n);
		free(a->seen);
		a->seen = ids;
		a->n = n;
	}
	if (rte_eal_alarm_set(PERIOD_US, on_alarm, dev) < 0)
		BUS_LOG(WARNING, "%s: irq_affinity= has no effect from now on: EAL has no alarm: out of memory; free memory and attach the device again",
			dev->label);
}

void
vfio_msi_affinity_start(struct vfio_msi_device *dev)
{
	if (dev->conf.affinity == VFIO_MSI_AFFINITY_NONE || vfio_msi_is_secondary())
		return;
	dev->affinity = calloc(1, sizeof(*dev->affinity));
	if (dev->affinity != NULL && rte_eal_alarm_set(1, on_alarm, dev) == 0)
		return;
	free(dev->affinity);
	dev->affinity = NULL;
	BUS_LOG(WARNING, "%s: irq_affinity= has no effect: out of memory; free memory and attach the device again",
		dev->label);
}

void
vfio_msi_affinity_stop(struct vfio_msi_device *dev)
{
	if (dev->affinity == NULL)
		return;
	rte_eal_alarm_cancel(on_alarm, dev);
	free(dev->affinity->seen);
	free(dev->affinity);
	dev->affinity = NULL;
}
