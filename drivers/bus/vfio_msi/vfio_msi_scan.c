/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * From arguments to claimed devices, and to one layout.
 *
 * A scan only ever adds: a device that is on the list is not looked at again,
 * so EAL may scan as often as it likes (each hotplug does). A device that
 * can't be used is named with the reason, and the others go on. Before EAL has
 * its memory the layout steers where that memory goes; afterwards a new device
 * must fit what is mapped.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <bsd/string.h>

#include "private.h"

static struct vfio_msi_device *
find_addr(const struct topo_addr *addr)
{
	struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (topology_addr_cmp(&dev->plan.topo.addr, addr) == 0)
			return dev;
	return NULL;
}

/* After the device was detached: nobody places for it any more. */
static void
take_from_layout(struct vfio_msi_device *dev)
{
	if (!dev->in_layout)
		return;
	/* Without an address space nobody else looks at the layout. */
	if (vfio_msi_bus.ioas != NULL)
		ioas_layout_lock(vfio_msi_bus.ioas);
	plan_remove(vfio_msi_bus.layout, &dev->plan);
	if (vfio_msi_bus.ioas != NULL)
		ioas_layout_unlock(vfio_msi_bus.ioas);
	dev->in_layout = false;
}

void
vfio_msi_device_free(struct vfio_msi_device *dev)
{
	if (dev == NULL)
		return;
	vfio_msi_detach(dev);
	take_from_layout(dev);
	plan_device_free(&dev->plan);
	vfio_msi_conf_free(&dev->conf);
	free(dev->args);
	free(dev);
}

/* What the PMD sees: a PCI device, bound to VFIO. */
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
	p->id.vendor_id = t->vendor;
	p->id.device_id = t->device;
	p->id.subsystem_vendor_id = t->subvendor;
	p->id.subsystem_device_id = t->subdevice;
	p->id.class_id = t->class_id;
	p->max_vfs = t->max_vfs;
	p->kdrv = RTE_PCI_KDRV_VFIO;
	for (i = 0; i < PCI_MAX_RESOURCE && i < TOPO_BARS; i++) {
		p->mem_resource[i].phys_addr = t->bar[i].phys;
		p->mem_resource[i].len = t->bar[i].len;
	}
	strlcpy(p->name, t->bdf, sizeof(p->name));
	snprintf(dev->name, sizeof(dev->name), VFIO_MSI_PREFIX "%s", t->bdf);
	snprintf(dev->bus_info, sizeof(dev->bus_info),
		"vendor_id=%x, device_id=%x", t->vendor, t->device);
	p->bus_info = dev->bus_info;
	p->device.name = dev->name;
	p->device.bus_info = dev->bus_info;
	p->device.bus = &vfio_msi_bus.bus;
	p->device.numa_node = t->numa_node;

	strlcpy(dev->devargs.name, dev->name, sizeof(dev->devargs.name));
	dev->devargs.bus = &vfio_msi_bus.bus;
	dev->devargs.type = RTE_DEVTYPE_ALLOWED;
	dev->devargs.policy = RTE_DEV_ALLOWED;
	dev->devargs.data = dev->conf.pmd_args;
	dev->devargs.args = dev->conf.pmd_args;
	p->device.devargs = &dev->devargs;
}

/* Refuse what the user gave to the pci bus as well, or blocked. */
static int
check_other_args(const char *name, const struct topo_addr *addr)
{
	const struct rte_devargs *da = vfio_msi_pci_devargs(addr);

	if (da == NULL)
		return 0;
	if (da->policy == RTE_DEV_BLOCKED)
		BUS_LOG(ERR, "%s: blocked by -b %s; drop one of the two arguments",
			name, da->name);
	else
		BUS_LOG(ERR, "%s: given to two buses, by \"-a %s\" and by \"-a %s\"; the pci bus keeps it, drop one of the two arguments",
			name, da->name, name);
	return -EEXIST;
}

static int
add_to_layout(struct vfio_msi_device *dev, char *why, size_t size)
{
	int ret = vfio_msi_conf_holes(&dev->conf, dev->plan.topo.bdf,
			&dev->plan.holes);

	if (ret < 0) {
		snprintf(why, size, "%s", strerror(-ret));
		return ret;
	}
	/* Memory events and the application place ranges in it meanwhile. */
	ioas_layout_lock(vfio_msi_bus.ioas);
	ret = plan_add(vfio_msi_bus.layout, &dev->plan, why, size);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	dev->in_layout = ret == 0;
	return ret;
}

static void
take_token(struct vfio_msi_device *dev)
{
	rte_uuid_t token;

	strlcpy(dev->vf_token, dev->conf.vf_token, sizeof(dev->vf_token));
	rte_eal_vfio_get_vf_token(token);
	if (dev->vf_token[0] == '\0' && !rte_uuid_is_null(token))
		rte_uuid_unparse(token, dev->vf_token, sizeof(dev->vf_token));
}

/* The token of EAL's option is for all devices, but most of them take none. */
bool
vfio_msi_token_is_spare(const struct vfio_msi_device *dev)
{
	return dev->vf_token[0] != '\0' && dev->conf.vf_token[0] == '\0';
}

/* Find out what the device allows, and see that the layout goes with it. */
static int
survey(struct vfio_msi_device *dev, const struct topo_addr *addr, char *why,
		size_t size)
{
	struct plan_wish wish = {
		.root = "",
		.addr = *addr,
		.backend = dev->conf.backend,
	};
	int ret = 0;

	if (vfio_msi_bus.layout == NULL)
		ret = iova_layout_create(&vfio_msi_bus.layout);
	if (ret < 0) {
		snprintf(why, size, "%s", strerror(-ret));
		return ret;
	}
	wish.layout = vfio_msi_bus.layout;
	take_token(dev);
	if (dev->vf_token[0] != '\0')
		wish.vf_token = dev->vf_token;
	ret = plan_survey(&wish, &vfio_msi_bus.ioas, &dev->plan, why, size);
	if (ret == -EINVAL && vfio_msi_token_is_spare(dev)) {
		dev->vf_token[0] = '\0';
		wish.vf_token = NULL;
		plan_device_free(&dev->plan);
		memset(&dev->plan, 0, sizeof(dev->plan));
		ret = plan_survey(&wish, &vfio_msi_bus.ioas, &dev->plan, why, size);
	}
	return ret < 0 ? ret : add_to_layout(dev, why, size);
}

static void
log_claimed(const struct vfio_msi_device *dev)
{
	const struct topo_device *t = &dev->plan.topo;

	if (vfio_msi_is_secondary()) {
		BUS_LOG(INFO, "%s: claimed: shared with the primary process", dev->name);
		return;
	}
	if (dev->plan.backend_why[0] != '\0')
		BUS_LOG(INFO, "%s: chooses backend %s for all devices: %s", dev->name,
			ioas_backend_name(dev->plan.backend), dev->plan.backend_why);
	BUS_LOG(INFO, "%s: claimed: IOMMU group %d, backend %s, %zu holes, bridge windows from %s",
		dev->name, t->group, ioas_backend_name(dev->plan.backend),
		dev->plan.holes.n, holes_source_name(dev->plan.bridge.source));
	if (dev->plan.bridge.source == HOLES_SOURCE_NONE)
		BUS_LOG(WARNING, "%s: the windows of host bridge %s can't be read, so they are not avoided; run as root once (dpdk-test-msi layout) and give them as hole=FIRST-LAST",
			dev->name, t->root_bus);
	else if (dev->plan.bridge.source == HOLES_SOURCE_RESOURCES)
		BUS_LOG(NOTICE, "%s: without CAP_SYS_ADMIN only the used parts of the windows of host bridge %s are known and avoided; see all as root (dpdk-test-msi layout) and give them as hole=FIRST-LAST",
			dev->name, t->root_bus);
	if (dev->plan.alias_why[0] != '\0')
		BUS_LOG(WARNING, "%s: %s", dev->name, dev->plan.alias_why);
	if (dev->plan.bridge.offset_assumed)
		BUS_LOG(NOTICE, "%s: no BAR tells where some windows of host bridge %s are on the bus, so the CPU's addresses are avoided; if they differ, give those of the bus as hole=FIRST-LAST",
			dev->name, t->root_bus);
}

/* A secondary process uses what the primary has; the layout is the primary's. */
static int
ask_primary(struct vfio_msi_device *dev, const struct topo_addr *addr,
		char *why, size_t size)
{
	char bdf[TOPO_BDF_LEN];
	int ret = topology_read("", addr, &dev->plan.topo);

	if (ret == 0)
		return vfio_msi_mp_find(addr, why, size);
	topology_format_bdf(addr, bdf, sizeof(bdf));
	snprintf(why, size, "sysfs of %s can't be read: %s", bdf, strerror(-ret));
	return ret;
}

/* From arguments to a device that can be used; why tells what failed. */
static int
prepare(struct vfio_msi_device *dev, const struct topo_addr *addr,
		const char *args, char *why, size_t size)
{
	int ret;

	dev->fd = -1;
	dev->group_fd = -1;
	dev->args = strdup(args != NULL ? args : "");
	if (dev->args == NULL) {
		snprintf(why, size, "%s", strerror(ENOMEM));
		return -ENOMEM;
	}
	ret = vfio_msi_parse_args(args, &dev->conf, why, size);
	if (ret == 0 && vfio_msi_is_secondary())
		ret = ask_primary(dev, addr, why, size);
	else if (ret == 0)
		ret = survey(dev, addr, why, size);
	if (ret < 0)
		return ret;
	return vfio_msi_pci_keep_off_group(&dev->plan.topo, why, size);
}

/*
 * A device that is on the list stays as it is, but for one that did not come up
 * and is asked for with other arguments now.
 */
static bool
is_settled(const struct topo_addr *addr, const char *args)
{
	struct vfio_msi_device *dev = find_addr(addr);

	if (dev == NULL)
		return false;
	if (dev->attached || dev->fd >= 0 || strcmp(dev->args, args != NULL ? args : "") == 0)
		return true;
	TAILQ_REMOVE(&vfio_msi_bus.devices, dev, next);
	vfio_msi_device_free(dev);
	return false;
}

/* Claim one device. @return 0, or -errno with the reason logged. */
static int
claim(const char *name, const struct topo_addr *addr, const char *args)
{
	struct vfio_msi_device *dev;
	char why[VFIO_MSI_TEXT] = "";
	int ret;

	if (is_settled(addr, args))
		return 0;
	ret = check_other_args(name, addr);
	if (ret < 0)
		return ret;
	dev = calloc(1, sizeof(*dev));
	if (dev == NULL)
		return -ENOMEM;
	ret = prepare(dev, addr, args, why, sizeof(why));
	if (ret < 0) {
		BUS_LOG(ERR, "%s: not used: %s", name, why);
		/* Nor by the pci bus, which would map it the way that is wrong. */
		vfio_msi_pci_keep_off(addr);
		vfio_msi_device_free(dev);
		return ret;
	}
	fill_pci(dev);
	TAILQ_INSERT_TAIL(&vfio_msi_bus.devices, dev, next);
	log_claimed(dev);
	return 0;
}

/* One device of "all". */
static void
claim_one_of_all(const struct topo_addr *addr, const char *args)
{
	char name[RTE_DEV_NAME_MAX_LEN], bdf[TOPO_BDF_LEN];

	if (vfio_msi_pci_devargs(addr) != NULL)
		return;
	topology_format_bdf(addr, bdf, sizeof(bdf));
	snprintf(name, sizeof(name), VFIO_MSI_PREFIX "%s", bdf);
	claim(name, addr, args);
}

/* "all" in a secondary process: every device that the primary has. */
static void
claim_all_shared(const char *args)
{
	char why[VFIO_MSI_TEXT] = "";
	struct topo_addr addr;
	unsigned int n = 0;
	int ret;

	while ((ret = vfio_msi_mp_nth(n, &addr, why, sizeof(why))) == 0) {
		claim_one_of_all(&addr, args);
		n++;
	}
	if (ret != -ENODEV)
		BUS_LOG(ERR, "%s: not used: %s", VFIO_MSI_ALL, why);
	else if (n == 0)
		BUS_LOG(ERR, "%s: the primary process has no device on this bus",
			VFIO_MSI_ALL);
}

/* "all": every device bound to a VFIO driver that nobody else was given. */
static void
claim_all(const char *args)
{
	struct topo_device *v = NULL;
	size_t n = 0, i, found = 0;
	int ret = topology_list("", &v, &n);

	if (ret < 0) {
		BUS_LOG(ERR, "%s: PCI devices can't be listed: %s", VFIO_MSI_ALL,
			strerror(-ret));
		return;
	}
	for (i = 0; i < n; i++) {
		if (!topology_is_vfio(&v[i]) || v[i].is_bridge)
			continue;
		found++;
		claim_one_of_all(&v[i].addr, args);
	}
	free(v);
	if (found == 0)
		BUS_LOG(ERR, "%s: no device is bound to a VFIO driver; bind one with: dpdk-devbind.py -b vfio-pci BDF",
			VFIO_MSI_ALL);
}

static void
scan_devargs(const struct rte_devargs *da)
{
	struct topo_addr addr;

	if (da->policy != RTE_DEV_ALLOWED)
		return;
	if (strcmp(da->name, VFIO_MSI_ALL) != 0) {
		if (vfio_msi_parse_name(da->name, &addr) == 0)
			claim(da->name, &addr, da->args);
	} else if (vfio_msi_is_secondary()) {
		claim_all_shared(da->args);
	} else {
		claim_all(da->args);
	}
}

int
vfio_msi_scan(void)
{
	struct rte_devargs *da;

	RTE_EAL_DEVARGS_FOREACH(VFIO_MSI_BUS, da)
		scan_devargs(da);
	/* A secondary process has its memory where the primary has it. */
	if (!vfio_msi_bus.memory_is_up && !vfio_msi_is_secondary() &&
	    !TAILQ_EMPTY(&vfio_msi_bus.devices))
		vfio_msi_steer(vfio_msi_bus.layout);
	return 0;
}
