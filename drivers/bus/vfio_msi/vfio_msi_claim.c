/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Claim the device of an argument, or reject it with the reason.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <bsd/string.h>

#include "claim.h"
#include "device.h"
#include "neighbours.h"
#include "policy.h"
#include "space.h"

static struct vfio_msi_device *
find_addr(const struct topo_addr *addr)
{
	struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (topology_addr_cmp(&dev->plan.topo.addr, addr) == 0)
			return dev;
	return NULL;
}

/* Fill in the PCI device that the PMD sees. */
static void
fill_pci(struct vfio_msi_device *dev)
{
	const struct topo_device *t = &dev->plan.topo;
	struct rte_pci_device *p = &dev->pci.device;
	unsigned int i;

	p->addr.domain = t->addr.domain;
	p->addr.bus = t->addr.bus;
	p->addr.devid = t->addr.dev;
	p->addr.function = t->addr.fn;
	p->id = vfio_msi_pci_id(t);
	p->max_vfs = t->max_vfs;
	p->kdrv = RTE_PCI_KDRV_VFIO;
	for (i = 0; i < PCI_MAX_RESOURCE && i < TOPO_BARS; i++) {
		p->mem_resource[i].phys_addr = t->bar[i].phys;
		p->mem_resource[i].len = t->bar[i].len;
	}
	strlcpy(p->name, t->bdf, sizeof(p->name));
	vfio_msi_label(&t->addr, dev->label);
	snprintf(dev->bus_info, sizeof(dev->bus_info),
		"vendor_id=%x, device_id=%x", t->vendor, t->device);
	p->bus_info = dev->bus_info;
	p->device.name = p->name;
	p->device.bus_info = dev->bus_info;
	p->device.bus = &vfio_msi_bus.bus;
	p->device.numa_node = t->numa_node;

	strlcpy(dev->devargs.name, t->bdf, sizeof(dev->devargs.name));
	dev->devargs.bus = &vfio_msi_bus.bus;
	dev->devargs.type = RTE_DEVTYPE_ALLOWED;
	dev->devargs.policy = RTE_DEV_ALLOWED;
	vfio_msi_given_set(dev);
	p->device.devargs = &dev->devargs;
}

/* Reject a device that the user also gave to the pci bus, or blocked. */
static int
check_other_args(const struct topo_addr *addr, const char *label, char *why, size_t size)
{
	const struct rte_devargs *da = vfio_msi_pci_keeps(addr);

	if (da == NULL)
		return 0;
	if (da->policy == RTE_DEV_BLOCKED)
		snprintf(why, size, "blocked by -b %s; drop one of the two arguments",
			da->name);
	else
		snprintf(why, size,
			"given to two buses, by \"-a %s\" and by \"-a %s\"; the pci bus keeps it, drop one of the two arguments",
			da->name, label);
	return -EEXIST;
}

/* Log what is unknown about the windows of the host bridge, and how to learn more. */
static void
log_bridge(const struct vfio_msi_device *dev)
{
	const struct holes_view *view = &dev->plan.bridge;
	const char *bus = dev->plan.bridge_bus, *advice;
	int i;

	if (view->source == HOLES_SOURCE_NONE)
		BUS_LOG(WARNING, "%s: can't read the windows of host bridge %s, so EAL's memory may lie in them; give them as hole=FIRST-LAST",
			dev->label, bus);
	else if (view->source == HOLES_SOURCE_RESOURCES)
		BUS_LOG(NOTICE, "%s: only the used parts of the windows of host bridge %s are known and avoided; if you know the whole windows, give them as hole=FIRST-LAST",
			dev->label, bus);
	if (view->offset_assumed)
		BUS_LOG(NOTICE, "%s: no BAR shows the bus addresses of some windows of host bridge %s, so their CPU addresses are avoided; if the bus addresses differ, give them as hole=FIRST-LAST",
			dev->label, bus);
	for (i = 0; i < HOLES_INPUTS; i++) {
		advice = holes_input_advice(i, view->in[i].sight);
		if (advice != NULL)
			BUS_LOG(NOTICE, "%s: host bridge %s: %s", dev->label, bus, advice);
		if (view->in[i].odd > 0)
			BUS_LOG(WARNING, "%s: host bridge %s: can't parse %u lines or entries of %s, which are ignored; compare with dpdk-test-msi layout -a vfio_msi:BDF and give missing windows as hole=FIRST-LAST",
				dev->label, bus, view->in[i].odd, holes_input_name(i));
	}
}

static void
log_claimed(const struct vfio_msi_device *dev)
{
	const struct topo_device *t = &dev->plan.topo;
	char unread[TOPO_UNREAD_LEN];

	if (vfio_msi_is_secondary()) {
		BUS_LOG(INFO, "%s: claimed: shared with the primary process", dev->label);
		return;
	}
	if (dev->plan.backend_why[0] != '\0')
		rte_log(dev->plan.backend_failed ? RTE_LOG_NOTICE : RTE_LOG_INFO,
			RTE_LOGTYPE_VFIO_MSI,
			"VFIO_MSI: %s: chooses backend %s for all devices: %s\n", dev->label,
			ioas_backend_name(dev->plan.backend), dev->plan.backend_why);
	if (t->group_noiommu)
		BUS_LOG(WARNING, "%s: no IOMMU restricts this device: it can read and write all memory of this machine, and so can each user who controls the device or this application",
			dev->label);
	BUS_LOG(INFO, "%s: claimed: %s group %d, backend %s, %zu holes, bridge windows from %s",
		dev->label, t->group_noiommu ? "no-IOMMU" : "IOMMU", t->group, ioas_backend_name(dev->plan.backend),
		dev->plan.holes.n, holes_source_name(dev->plan.bridge.source));
	log_bridge(dev);
	topology_unread_names(t, unread, sizeof(unread));
	if (unread[0] != '\0')
		BUS_LOG(NOTICE, "%s: what these files say is unknown, as they can't be read: %s; compare them with those of another device: /sys/bus/pci/devices/%s",
			dev->label, unread, t->bdf);
	if (dev->plan.alias_why[0] != '\0')
		BUS_LOG(WARNING, "%s: %s", dev->label, dev->plan.alias_why);
}

static int
ask_primary(struct vfio_msi_device *dev, const struct topo_addr *addr,
		char *why, size_t size)
{
	const struct topo_device *t;
	char bdf[TOPO_BDF_LEN];
	int ret = topology_snapshot_device(&vfio_msi_bus.scan.topo, addr, &t);

	if (ret == 0) {
		dev->plan.topo = *t;
		return vfio_msi_mp_find(addr, why, size);
	}
	topology_format_bdf(addr, bdf, sizeof(bdf));
	snprintf(why, size, "sysfs of %s can't be read: %s; check that /sys is mounted and readable", bdf, strerror(-ret));
	return ret;
}

/*
 * A device without a PMD, or with one that can't work here, is rejected before it is opened.
 * Without a PMD all other reasons are reported too, as loading a PMD may not be enough.
 */
static int
check_driver(struct vfio_msi_device *dev, const struct topo_addr *addr, char *why, size_t size)
{
	struct topo_snapshot *snap = &vfio_msi_bus.scan.topo;
	const struct topo_device *t;
	struct rte_pci_id id;

	/* The survey reports a device that can't be read. */
	if (topology_snapshot_device(snap, addr, &t) < 0)
		return 0;
	id = vfio_msi_pci_id(t);
	if (vfio_msi_pci_driver(NULL, &id) != NULL)
		return vfio_msi_container_check(t, dev->conf.pmd_args, why, size);
	plan_look(snap, t, dev->conf.backend, (uint64_t)sysconf(_SC_PAGESIZE), &dev->plan);
	plan_reason_add(&dev->plan.reasons, PLAN_REASON_DRIVER, PLAN_CERTAIN, -ENOTSUP,
		"no driver for %04x:%04x is loaded; link its PMD, or load it with -d",
		t->vendor, t->device);
	return plan_reasons_text(&dev->plan.reasons, why, size);
}

static int
prepare(struct vfio_msi_device *dev, const struct topo_addr *addr,
		const struct rte_devargs *da, char *why, size_t size)
{
	int ret;

	dev->fd = -1;
	dev->group_fd = -1;
	ret = vfio_msi_given_read(dev, da, why, size);
	if (ret == 0)
		ret = vfio_msi_policy_admit(&dev->conf, why, size);
	if (ret == 0)
		ret = check_driver(dev, addr, why, size);
	if (ret == 0 && vfio_msi_is_secondary())
		ret = ask_primary(dev, addr, why, size);
	else if (ret == 0)
		ret = vfio_msi_survey(dev, addr, why, size);
	if (ret < 0)
		return ret;
	return vfio_msi_pci_block_group(&dev->plan.topo, why, size);
}

void
vfio_msi_forget_changed(void)
{
	struct vfio_msi_device *dev, *next;

	for (dev = TAILQ_FIRST(&vfio_msi_bus.devices); dev != NULL; dev = next) {
		next = TAILQ_NEXT(dev, next);
		if (vfio_msi_kept_close(dev))
			vfio_msi_detach(dev);
		if (dev->attached || dev->fd >= 0 ||
		    plan_is_current(&vfio_msi_bus.scan.topo, &dev->plan))
			continue;
		BUS_LOG(INFO, "%s: is not what its survey found (bound again, removed, replaced, or other VFs), so the survey is dropped",
			dev->label);
		vfio_msi_device_forget(dev);
	}
}

/*
 * A device on the list is kept, except one that did not come up and is now given with
 * other arguments.
 */
static bool
is_settled(const struct topo_addr *addr, const struct rte_devargs *da)
{
	struct vfio_msi_device *dev = find_addr(addr);
	bool settled;
	char *args;

	if (dev == NULL)
		return false;
	args = vfio_msi_given_text(da);
	settled = dev->attached || dev->fd >= 0 || args == NULL ||
		strcmp(dev->args, args) == 0;
	if (settled && args != NULL && strcmp(dev->args, args) != 0)
		vfio_msi_given_update(dev, da);
	free(args);
	if (settled)
		return true;
	vfio_msi_device_forget(dev);
	return false;
}

/* Claim a device that is not on the list. @return 0; -errno with the reason. */
static int
claim_new(const struct topo_addr *addr, const struct rte_devargs *da, const char *label,
		char *why, size_t size)
{
	struct vfio_msi_device *dev;
	int ret = check_other_args(addr, label, why, size);

	if (ret < 0)
		return ret;
	dev = calloc(1, sizeof(*dev));
	if (dev == NULL) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	ret = prepare(dev, addr, da, why, size);
	if (ret < 0) {
		/* Block it on the pci bus too, which would map it at bad addresses. */
		vfio_msi_pci_block(addr);
		vfio_msi_detach(dev);
		vfio_msi_leave_layout(dev);
		vfio_msi_device_free(dev);
		return ret;
	}
	fill_pci(dev);
	vfio_msi_list_add(dev);
	log_claimed(dev);
	return 0;
}

void
vfio_msi_claim(const struct topo_addr *addr, const struct rte_devargs *da)
{
	char why[VFIO_MSI_TEXT] = "", label[RTE_DEV_NAME_MAX_LEN];
	/* EAL may free the argument of a thread that gives up waiting for this scan. */
	const struct rte_devargs copy = *da;
	int ret;

	if (is_settled(addr, da))
		return;
	vfio_msi_label(addr, label);
	/*
	 * A scan is for another device then. This one may have been bound for another process
	 * since, and the survey would open and reset it.
	 */
	if (vfio_msi_bus.scanned && vfio_msi_was_rejected(label, da))
		return;
	ret = claim_new(addr, da, label, why, sizeof(why));
	if (ret == 0)
		vfio_msi_rejection_forget(label);
	else if (vfio_msi_reject(label, &copy, why) && ret == -EREMOTE)
		vfio_msi_bus.primary_only = true;
}
