/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Devices and their interrupts, for DPDK's telemetry: "/vfio_msi/devices",
 * "/vfio_msi/requests" and "/vfio_msi/irqs".
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "telemetry.h"
#include "vfio_msi_irqs.h"

/* A copy of what a reply has of a device. It has no pointer to what may go. */
struct shown {
	char name[RTE_DEV_NAME_MAX_LEN];
	int numa_node, group;
	enum ioas_backend backend;
	enum plan_msi msi;
	bool gone;
	struct vfio_msi_shown now;
};

static void
copy_device(const struct vfio_msi_device *dev, struct shown *out)
{
	const struct vfio_msi_shown *s = &dev->shown;

	strlcpy(out->name, dev->label + strlen(VFIO_MSI_PREFIX), sizeof(out->name));
	out->numa_node = dev->plan.topo.numa_node;
	out->group = dev->plan.topo.group;
	out->backend = dev->plan.backend;
	out->msi = dev->plan.msi;
	out->gone = dev->gone;
	out->now = (struct vfio_msi_shown) {
		.interrupts = __atomic_load_n(&s->interrupts, __ATOMIC_RELAXED),
		.vectors = __atomic_load_n(&s->vectors, __ATOMIC_RELAXED),
		.requests = __atomic_load_n(&s->requests, __ATOMIC_RELAXED),
		.errors = __atomic_load_n(&s->errors, __ATOMIC_RELAXED),
		.attached = __atomic_load_n(&s->attached, __ATOMIC_RELAXED),
		.revoked = __atomic_load_n(&s->revoked, __ATOMIC_RELAXED),
	};
	strlcpy(out->now.driver, s->driver, sizeof(out->now.driver));
}

/*
 * Copy the device with this index, by the order of the list. Devices may come and go between
 * two calls.
 */
static bool
take_device(size_t index, struct shown *out)
{
	const struct vfio_msi_device *dev;

	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (index-- == 0) {
			copy_device(dev, out);
			break;
		}
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	return dev != NULL;
}

/* A reply with an entry for each device. */
static int
each_device(const char *params, struct rte_tel_data *reply,
		void (*fill)(struct rte_tel_data *entry, const struct shown *s))
{
	struct vfio_msi_page page;
	struct rte_tel_data *entry;
	struct shown s;
	int ret = vfio_msi_page_start(&page, params, reply);

	while (ret == 0 && !vfio_msi_page_is_full(&page) && take_device(page.next, &s)) {
		if (!vfio_msi_page_wants(&page))
			continue;
		entry = vfio_msi_page_add(&page);
		if (entry == NULL)
			return -ENOMEM;
		rte_tel_data_add_dict_string(entry, "name", s.name);
		fill(entry, &s);
	}
	return ret;
}

static void
fill_device(struct rte_tel_data *entry, const struct shown *s)
{
	rte_tel_data_add_dict_string(entry, "driver", s->now.driver);
	rte_tel_data_add_dict_int(entry, "numa_node", s->numa_node);
	rte_tel_data_add_dict_int(entry, "iommu_group", s->group);
	rte_tel_data_add_dict_string(entry, "backend", ioas_backend_name(s->backend));
	rte_tel_data_add_dict_int(entry, "attached", s->now.attached);
	rte_tel_data_add_dict_string(entry, "interrupts",
		s->now.interrupts != NULL ? s->now.interrupts : "none");
	compat_telemetry_add(entry, "vectors", s->now.vectors);
	rte_tel_data_add_dict_string(entry, "msi", plan_msi_name(s->msi));
}

int
vfio_msi_telemetry_devices(const char *command, const char *params, struct rte_tel_data *reply)
{
	return each_device(params, reply, fill_device);
}

static void
fill_requests(struct rte_tel_data *entry, const struct shown *s)
{
	compat_telemetry_add(entry, "requests", s->now.requests);
	compat_telemetry_add(entry, "pcie_errors", s->now.errors);
	rte_tel_data_add_dict_int(entry, "revoked", s->now.revoked);
	rte_tel_data_add_dict_int(entry, "gone", s->gone);
}

int
vfio_msi_telemetry_requests(const char *command, const char *params, struct rte_tel_data *reply)
{
	return each_device(params, reply, fill_requests);
}

static int
add_irq(struct vfio_msi_page *page, const char *device, const struct vfio_msi_irq *irq)
{
	struct rte_tel_data *entry = vfio_msi_page_add(page);
	char cpus[VFIO_MSI_CPUS_LEN];
	uint64_t count;

	if (entry == NULL)
		return -ENOMEM;
	rte_tel_data_add_dict_string(entry, "device", device);
	rte_tel_data_add_dict_string(entry, "kind", irq->kind);
	compat_telemetry_add(entry, "vector", irq->vector);
	compat_telemetry_add(entry, "irq", irq->irq);
	if (vfio_msi_irq_count("", irq->irq, &count) == 0)
		compat_telemetry_add(entry, "count", count);
	vfio_msi_irq_cpus("", irq->irq, "smp_affinity_list", cpus);
	rte_tel_data_add_dict_string(entry, "cpus", cpus);
	vfio_msi_irq_cpus("", irq->irq, "effective_affinity_list", cpus);
	rte_tel_data_add_dict_string(entry, "effective_cpus", cpus);
	return 0;
}

int
vfio_msi_telemetry_irqs(const char *command, const char *params, struct rte_tel_data *reply)
{
	struct vfio_msi_irq *v;
	struct vfio_msi_page page;
	struct shown s;
	size_t d, i, n;
	int ret = vfio_msi_page_start(&page, params, reply);

	for (d = 0; ret == 0 && !vfio_msi_page_is_full(&page) && take_device(d, &s); d++) {
		/* A device without interrupts, or that was pulled out, has no entries. */
		if (vfio_msi_irqs_read("", s.name, &v, &n) < 0)
			continue;
		for (i = 0; ret == 0 && i < n && !vfio_msi_page_is_full(&page); i++)
			if (vfio_msi_page_wants(&page))
				ret = add_irq(&page, s.name, &v[i]);
		free(v);
	}
	return ret;
}
