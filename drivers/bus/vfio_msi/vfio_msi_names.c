/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The names of a device, and lookups by name.
 *
 * rte_device.name is the plain address, 0000:01:00.0, as on the pci bus. PMDs compare it,
 * cut it and build paths from it, and ports are named after it. EAL has another name for
 * the device: vfio_msi:0000:01:00.0. A plain address in an argument belongs to the pci
 * bus, so parse() accepts the prefixed form only. EAL stores this form and looks for a
 * device of that name when a device is attached, and when another process requests a
 * removal.
 *
 * EAL looks up a device with find_device() and a function that compares the name. So
 * find_device() passes each device to that function under each of its names, by means of
 * a copy of the PCI device that differs in the name only. The alternatives do not work:
 *
 * - If scan() replaced the names in EAL's list of arguments, an attach would find the
 *   device, as EAL scans first. A removal that another process requests does not scan.
 * - If EAL had an object of its own for each device, that object and the one in the PMD's
 *   port would be different devices for EAL, and rte_dev_remove() takes either.
 * - If the bus registered before the pci bus, EAL would drop the prefix by itself, but a
 *   plain address would belong to this bus then. A plugin can't choose the order either.
 */

#include <stdio.h>
#include <string.h>

#include "claim.h"

void
vfio_msi_label(const struct topo_addr *addr, char out[RTE_DEV_NAME_MAX_LEN])
{
	char bdf[TOPO_BDF_LEN];

	topology_format_bdf(addr, bdf, sizeof(bdf));
	snprintf(out, RTE_DEV_NAME_MAX_LEN, VFIO_MSI_PREFIX "%s", bdf);
}

int
vfio_msi_devargs_addr(const struct rte_devargs *da, struct topo_addr *out)
{
	int ret = vfio_msi_parse_name(da->name, out);

	/* The layered syntax has the plain name. */
	return ret < 0 ? topology_parse_bdf(da->name, out) : ret;
}

static bool
has_addr(const struct rte_devargs *da, const struct topo_addr *addr)
{
	struct topo_addr have;

	return vfio_msi_devargs_addr(da, &have) == 0 && topology_addr_cmp(&have, addr) == 0;
}

void
vfio_msi_devargs_forget(const struct topo_addr *addr)
{
	struct rte_devargs *da, *next;

	for (da = rte_devargs_next(VFIO_MSI_BUS, NULL); da != NULL; da = next) {
		next = rte_devargs_next(VFIO_MSI_BUS, da);
		if (has_addr(da, addr))
			rte_devargs_remove(da);
	}
}

/* Whether an argument after @p da (NULL: any) allows the device. */
static bool
allowed_after(const struct rte_devargs *da, const struct topo_addr *addr)
{
	while ((da = rte_devargs_next(VFIO_MSI_BUS, da)) != NULL)
		if (da->policy == RTE_DEV_ALLOWED && has_addr(da, addr))
			return true;
	return false;
}

bool
vfio_msi_devargs_allow(const struct topo_addr *addr)
{
	return allowed_after(NULL, addr);
}

/* Whether a later argument allows the same device, or "all" again. */
static bool
has_newer(const struct rte_devargs *da)
{
	const char *name = da->name;
	struct topo_addr addr;

	if (da->policy != RTE_DEV_ALLOWED)
		return false;
	if (vfio_msi_devargs_addr(da, &addr) == 0)
		return allowed_after(da, &addr);
	if (strcmp(name, VFIO_MSI_ALL) != 0)
		return false;
	while ((da = rte_devargs_next(VFIO_MSI_BUS, da)) != NULL)
		if (da->policy == RTE_DEV_ALLOWED && strcmp(da->name, name) == 0)
			return true;
	return false;
}

void
vfio_msi_devargs_unite(void)
{
	struct rte_devargs *da, *next;

	for (da = rte_devargs_next(VFIO_MSI_BUS, NULL); da != NULL; da = next) {
		next = rte_devargs_next(VFIO_MSI_BUS, da);
		if (has_newer(da))
			rte_devargs_remove(da);
	}
}

/* Whether cmp() returns 0 for the device, under one of its names. */
static bool
matches(const struct vfio_msi_device *dev, rte_dev_cmp_t cmp, const void *data)
{
	const char *without_domain = strchr(dev->pci.device.name, ':') + 1;
	struct compat_pci_object copy = dev->pci;
	char name[RTE_DEV_NAME_MAX_LEN];

	if (cmp(&dev->pci.device.device, data) == 0)
		return true;
	copy.device.device.name = dev->label;
	if (cmp(&copy.device.device, data) == 0)
		return true;
	if (dev->plan.topo.addr.domain != 0)
		return false;
	copy.device.device.name = name;
	snprintf(name, sizeof(name), "%s", without_domain);
	if (cmp(&copy.device.device, data) == 0)
		return true;
	snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", without_domain);
	return cmp(&copy.device.device, data) == 0;
}

/* On any thread, as vfio_msi_dev_iterate(). The functions of EAL and of drivers only compare. */
struct rte_device *
vfio_msi_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	struct vfio_msi_device *dev;

	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	dev = start != NULL ? TAILQ_NEXT(vfio_msi_of(start), next) :
		TAILQ_FIRST(&vfio_msi_bus.devices);
	while (dev != NULL && !matches(dev, cmp, data))
		dev = TAILQ_NEXT(dev, next);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	return dev != NULL ? &dev->pci.device.device : NULL;
}
