/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Coexistence with librte_bus_pci.
 *
 * The pci bus must not use a claimed device, in whatever order the two buses were
 * registered. The bus lets the pci bus scan, and adds a "blocked" argument for the device:
 * to EAL's list (for later scans) and to the device that the pci bus has found (for its
 * probe). A mark distinguishes this argument from one of the user.
 *
 * The device stays blocked after its removal: the application has released it, so the next
 * rte_bus_probe() must not start it on the pci bus. If the application attaches it to the
 * pci bus, EAL replaces the blocked argument.
 *
 * Applications look for ports by a plain address ("0000:01:00.0"), and libethdev turns only
 * names of certain buses into a search, pci among them. So the pci bus's search for an
 * address that runs on this bus finds the device of this bus, which is a PCI device too.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>

#include "neighbours.h"
#include "vfio_msi_native.h"

struct vfio_msi_natives vfio_msi_natives = TAILQ_HEAD_INITIALIZER(vfio_msi_natives);

#define OUR_MARK "claimed_by=" VFIO_MSI_BUS

static bool
is_ours(const struct rte_devargs *da)
{
	return da->policy == RTE_DEV_BLOCKED && da->args != NULL &&
		strcmp(da->args, OUR_MARK) == 0;
}

static struct rte_pci_addr
to_rte(const struct topo_addr *a)
{
	struct rte_pci_addr addr = {
		.domain = a->domain,
		.bus = a->bus,
		.devid = a->dev,
		.function = a->fn,
	};

	return addr;
}

/* The argument of the pci bus for a device: one with the mark, or the user's. */
static struct rte_devargs *
find_devargs(const struct topo_addr *addr, bool ours)
{
	struct rte_pci_addr want = to_rte(addr), have;
	struct rte_devargs *da;

	RTE_EAL_DEVARGS_FOREACH("pci", da)
		if (is_ours(da) == ours &&
		    rte_pci_addr_parse(da->name, &have) == 0 &&
		    rte_pci_addr_cmp(&want, &have) == 0)
			return da;
	return NULL;
}

const struct rte_devargs *
vfio_msi_pci_devargs(const struct topo_addr *addr)
{
	return find_devargs(addr, false);
}

bool
vfio_msi_pci_takes_all(void)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");

	return rte_eal_has_pci() && pci != NULL &&
		pci->conf.scan_mode != RTE_BUS_SCAN_ALLOWLIST;
}

static int
same_addr(const struct rte_device *dev, const void *addr)
{
	return rte_pci_addr_cmp(&COMPAT_PCI_CONST(dev)->addr, addr);
}

static struct rte_device *
find_device(struct rte_bus *pci, const struct topo_addr *addr)
{
	struct rte_pci_addr want = to_rte(addr);

	return compat_find_device(pci, same_addr, &want);
}

/*
 * EAL keeps the argument of an attach to the pci bus that failed, in place of the blocked one. No
 * driver has the device then. At start-up the pci bus has not probed yet.
 */
static bool
is_left(const struct rte_devargs *da, const struct topo_addr *addr)
{
	const struct rte_device *dev = find_device(da->bus, addr);

	return da->policy == RTE_DEV_ALLOWED && vfio_msi_bus.memory_is_up &&
		(dev == NULL || dev->driver == NULL);
}

const struct rte_devargs *
vfio_msi_pci_keeps(const struct topo_addr *addr)
{
	const struct rte_devargs *da = find_devargs(addr, false);

	return da != NULL && is_left(da, addr) ? NULL : da;
}

/* Replaces an argument of this name. */
static int
insert_block(const char *name)
{
	struct rte_devargs *da = calloc(1, sizeof(*da));
	char text[RTE_DEV_NAME_MAX_LEN + sizeof("pci:," OUR_MARK)];
	int ret;

	if (da == NULL)
		return -ENOMEM;
	snprintf(text, sizeof(text), "pci:%s,%s", name, OUR_MARK);
	ret = rte_devargs_parse(da, text);
	if (ret < 0) {
		free(da);
		return ret;
	}
	da->policy = RTE_DEV_BLOCKED;
	da->type = RTE_DEVTYPE_BLOCKED;
	if (rte_devargs_insert(&da) < 0) {
		rte_devargs_reset(da);
		free(da);
		return -EINVAL;
	}
	return 0;
}

/* The pci bus takes the first of its arguments for a device, so none that is left may remain. */
static int
block_argument(const struct topo_addr *addr)
{
	const struct rte_devargs *da = find_devargs(addr, false);
	char bdf[TOPO_BDF_LEN];

	if (da != NULL && is_left(da, addr))
		return insert_block(da->name);
	if (find_devargs(addr, true) != NULL)
		return 0;
	topology_format_bdf(addr, bdf, sizeof(bdf));
	return insert_block(bdf);
}

/* @return whether addr= names a device */
static bool
parse_addr(const char *str, struct topo_addr *addr)
{
	struct rte_kvargs *kv = str != NULL ? rte_kvargs_parse(str, NULL) : NULL;
	const char *value = kv != NULL ? rte_kvargs_get(kv, "addr") : NULL;
	bool named = value != NULL && topology_parse_bdf(value, addr) == 0;

	rte_kvargs_free(kv);
	return named;
}

/*
 * On any thread, while main removes and frees devices: no device is used after the lock. One that
 * does not run here has no port, but may run on the pci bus.
 */
static void *
answer(const void *start, const char *str, bool *answered)
{
	struct vfio_msi_device *dev;
	struct topo_addr addr;

	if (!parse_addr(str, &addr))
		return NULL;
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (topology_addr_cmp(&dev->plan.topo.addr, &addr) == 0)
			break;
	/* The pci bus can't go on from a device that it does not have. */
	*answered = dev != NULL &&
		(vfio_msi_is_running(dev) || start == &dev->pci.device.device);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	return *answered && start == NULL ? &dev->pci.device.device : NULL;
}

int
vfio_msi_pci_block(const struct topo_addr *addr)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");
	struct rte_device *dev;
	int ret;

	if (pci == NULL)
		return -ENODEV;
	ret = block_argument(addr);
	if (ret < 0)
		return ret;
	compat_pci_iterate_ask(pci, answer);
	/* A scan of the pci bus reads every function, so it runs once per scan. */
	if (!vfio_msi_bus.pci_scanned)
		pci->scan();
	vfio_msi_bus.pci_scanned = true;
	dev = find_device(pci, addr);
	if (dev != NULL && dev->driver != NULL)
		return -EBUSY;
	if (dev != NULL)
		dev->devargs = find_devargs(addr, true);
	return 0;
}

static void
unblock(struct rte_bus *pci, struct rte_devargs *da)
{
	struct rte_pci_addr addr;
	struct rte_device *dev;

	if (rte_pci_addr_parse(da->name, &addr) < 0)
		return;
	dev = compat_find_device(pci, same_addr, &addr);
	if (dev != NULL && dev->devargs == da)
		dev->devargs = NULL;
	rte_devargs_remove(da);
}

void
vfio_msi_pci_unblock_all(void)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");
	struct rte_devargs *da, *next;

	if (pci == NULL)
		return;
	compat_pci_iterate_unask(pci);
	compat_pci_plug_unguard(pci);
	for (da = rte_devargs_next("pci", NULL); da != NULL; da = next) {
		next = rte_devargs_next("pci", da);
		if (is_ours(da))
			unblock(pci, da);
	}
}

/* @return 0; -EBUSY: a driver of the pci bus has the device; -ENODEV: there is no pci bus. */
static int
check_unused(const struct topo_addr *addr)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");
	const struct rte_device *dev;

	if (pci == NULL)
		return -ENODEV;
	dev = find_device(pci, addr);
	return dev != NULL && dev->driver != NULL ? -EBUSY : 0;
}

/*
 * A group can be opened once only, so all its devices must be on one bus. A member that
 * the user gave to the pci bus is an error. Any other is blocked there: the pci bus would
 * open the group if it probed the member first.
 */
static int
each_member(const struct topo_device *dev, int (*call)(const struct topo_addr *addr), char *why,
		size_t size)
{
	const struct rte_devargs *da;
	const struct topo_device *v;
	struct topo_set set;
	size_t i;
	int ret = topology_snapshot_group(&vfio_msi_bus.scan.topo, dev->group, &set);

	if (ret < 0)
		snprintf(why, size, "members of IOMMU group %d can't be read: %s; check that /sys is mounted and readable",
			dev->group, strerror(-ret));
	for (i = 0; ret == 0 && i < set.n + set.n_odd; i++) {
		v = set.v[i];
		/* A member that can't be read may be bound to VFIO. */
		if (i < set.n && !topology_is_vfio(v))
			continue;
		da = vfio_msi_pci_keeps(&v->addr);
		if (da != NULL && da->policy == RTE_DEV_ALLOWED) {
			snprintf(why, size, "\"-a %s\" gives a device of the same IOMMU group %d to the pci bus, but a group can be on one bus only; give both devices to one bus",
				da->name, dev->group);
			return -EEXIST;
		}
		ret = call(&v->addr);
		if (ret < 0)
			snprintf(why, size, "the pci bus does not release %s: %s; give that device to this bus at start-up",
				v->bdf, strerror(-ret));
	}
	return ret;
}

int
vfio_msi_pci_check_group(const struct topo_device *dev, char *why, size_t size)
{
	return each_member(dev, check_unused, why, size);
}

int
vfio_msi_pci_block_group(const struct topo_device *dev, char *why, size_t size)
{
	return each_member(dev, vfio_msi_pci_block, why, size);
}

static bool
id_matches(const struct rte_pci_id *want, const struct rte_pci_id *have)
{
	return (want->vendor_id == have->vendor_id ||
			want->vendor_id == RTE_PCI_ANY_ID) &&
		(want->device_id == have->device_id ||
			want->device_id == RTE_PCI_ANY_ID) &&
		(want->subsystem_vendor_id == have->subsystem_vendor_id ||
			want->subsystem_vendor_id == RTE_PCI_ANY_ID) &&
		(want->subsystem_device_id == have->subsystem_device_id ||
			want->subsystem_device_id == RTE_PCI_ANY_ID) &&
		(want->class_id == have->class_id ||
			want->class_id == RTE_CLASS_ANY_ID);
}

struct rte_pci_id
vfio_msi_pci_id(const struct topo_device *t)
{
	return (struct rte_pci_id) {
		.class_id = t->class_id,
		.vendor_id = t->vendor,
		.device_id = t->device,
		.subsystem_vendor_id = t->subvendor,
		.subsystem_device_id = t->subdevice,
	};
}

static bool
drives(const struct rte_pci_driver *drv, const struct rte_pci_id *have)
{
	const struct rte_pci_id *id;

	for (id = drv->id_table; id->vendor_id != 0; id++)
		if (id_matches(id, have))
			return true;
	return false;
}

struct rte_pci_driver *
vfio_msi_pci_driver(struct rte_pci_driver *prev, const struct rte_pci_id *have)
{
	struct rte_bus *pci = rte_bus_find_by_name("pci");
	struct rte_pci_driver *drv;
	struct vfio_msi_native *n;
	bool after = prev == NULL;

	TAILQ_FOREACH(n, &vfio_msi_natives, next) {
		if (after && drives(&n->pci, have))
			return &n->pci;
		after |= &n->pci == prev;
	}
	if (pci == NULL)
		return NULL;
	COMPAT_FOREACH_PCI_DRIVER(drv, pci) {
		if (after && drives(drv, have))
			return drv;
		after |= drv == prev;
	}
	return NULL;
}
