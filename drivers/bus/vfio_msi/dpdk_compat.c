/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>

#include <rte_vfio.h>

#include "dpdk_compat.h"

static const struct compat_bus_ops *compat_ops;

/* The pci bus's own iterator while iterate_pci() replaces it, and who answers first. */
static __typeof__(((struct rte_bus *)NULL)->dev_iterate) pci_iterate;
static compat_answer_t pci_answer;

/* The same for the operation that probes one device. */
static __typeof__(((struct rte_bus *)NULL)->COMPAT_BUS_PLUG) pci_plug;
static int (*pci_check)(const struct rte_device *dev);

#if COMPAT_NEW_BUSES

/*
 * EAL matches devices with drivers of the same bus. The drivers for these devices are on
 * the pci bus, so one driver represents all of them. EAL writes it to a device without a PMD
 * before it calls probe_device(), and removes it after a failure, without the lock of the bus.
 */
static struct rte_driver any_pci_driver = { .name = "vfio_msi_any" };

static bool
match(const struct rte_driver *drv, const struct rte_device *dev)
{
	return drv == &any_pci_driver;
}

static int
probe_device(struct rte_driver *drv, struct rte_device *dev)
{
	return compat_ops->plug(dev);
}

static int
probe(struct rte_bus *bus)
{
	return compat_ops->probe();
}

static int
cleanup(struct rte_bus *bus)
{
	return compat_ops->cleanup();
}

static struct rte_device *
find_device(const struct rte_bus *bus, const struct rte_device *start,
		rte_dev_cmp_t cmp, const void *data)
{
	return compat_ops->find_device(start, cmp, data);
}

static void *
dev_iterate(const struct rte_bus *bus, const void *start, const char *str,
		const struct rte_dev_iterator *it)
{
	return compat_ops->dev_iterate(start, str);
}

static void *
iterate_pci(const struct rte_bus *pci, const void *start, const char *str,
		const struct rte_dev_iterator *it)
{
	bool answered = false;
	void *dev = pci_answer(start, str, &answered);

	return answered ? dev : pci_iterate(pci, start, str, it);
}

static int
plug_pci(struct rte_driver *drv, struct rte_device *dev)
{
	int ret = pci_check(dev);

	return ret < 0 ? ret : pci_plug(drv, dev);
}

void
compat_bus_register(struct rte_bus *bus, const struct compat_bus_ops *ops)
{
	compat_ops = ops;
	bus->dev_iterate = dev_iterate;
	bus->probe = probe;
	bus->cleanup = cleanup;
	bus->find_device = find_device;
	bus->match = match;
	bus->allow_multi_probe = true;
	bus->probe_device = probe_device;
	bus->unplug_device = ops->unplug;
	rte_bus_register(bus);
	rte_bus_add_driver(bus, &any_pci_driver);
}

#else

static void *
dev_iterate(const void *start, const char *str, const struct rte_dev_iterator *it)
{
	return compat_ops->dev_iterate(start, str);
}

static void *
iterate_pci(const void *start, const char *str, const struct rte_dev_iterator *it)
{
	bool answered = false;
	void *dev = pci_answer(start, str, &answered);

	return answered ? dev : pci_iterate(start, str, it);
}

static int
plug_pci(struct rte_device *dev)
{
	int ret = pci_check(dev);

	return ret < 0 ? ret : pci_plug(dev);
}

void
compat_bus_register(struct rte_bus *bus, const struct compat_bus_ops *ops)
{
	compat_ops = ops;
	bus->dev_iterate = dev_iterate;
	bus->probe = ops->probe;
	bus->cleanup = ops->cleanup;
	bus->find_device = ops->find_device;
	bus->plug = ops->plug;
	bus->unplug = ops->unplug;
	rte_bus_register(bus);
}

#endif

/*
 * Other threads may call these operations meanwhile. They see what an operation uses if they see
 * the operation.
 */
#define STORE(operation, value) __atomic_store_n(&(operation), value, __ATOMIC_RELEASE)

void
compat_pci_iterate_ask(struct rte_bus *pci, compat_answer_t answer)
{
	pci_answer = answer;
	if (pci->dev_iterate == iterate_pci)
		return;
	pci_iterate = pci->dev_iterate;
	STORE(pci->dev_iterate, iterate_pci);
}

void
compat_pci_iterate_unask(struct rte_bus *pci)
{
	/* If another plugin has replaced it since, that one still calls it: it has no answer. */
	if (pci->dev_iterate == iterate_pci)
		STORE(pci->dev_iterate, pci_iterate);
}

void
compat_pci_plug_guard(struct rte_bus *pci, int (*check)(const struct rte_device *dev))
{
	pci_check = check;
	if (pci->COMPAT_BUS_PLUG == plug_pci)
		return;
	pci_plug = pci->COMPAT_BUS_PLUG;
	STORE(pci->COMPAT_BUS_PLUG, plug_pci);
}

void
compat_pci_plug_unguard(struct rte_bus *pci)
{
	if (pci->COMPAT_BUS_PLUG == plug_pci)
		STORE(pci->COMPAT_BUS_PLUG, pci_plug);
}

/*
 * If the module was loaded after EAL's start, enable VFIO now. That drops all containers, so do
 * not enable it twice.
 */
static bool
vfio_is_up(void)
{
	if (rte_vfio_is_enabled("vfio_pci") == 0)
		rte_vfio_enable("vfio");
	return rte_vfio_is_enabled("vfio_pci") != 0;
}

/*
 * As of 26.11 these functions are dev_vfio_*() of dev_vfio.h, for buses only. A device, not a group,
 * is assigned to a container, and no descriptor of the group is returned.
 */
int
compat_group_open(int group, int *container)
{
	int fd;

	if (!vfio_is_up())
		return -ENOTSUP;
	*container = rte_vfio_container_create();
	if (*container < 0)
		return -ENOSPC;
	fd = rte_vfio_container_group_bind(*container, group);
	if (fd >= 0)
		return fd;
	compat_group_close(*container);
	return -EBUSY;
}

void
compat_group_close(int container)
{
	rte_vfio_container_destroy(container);
}
