/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * IOMMU groups that EAL opens, for drivers that map their device themselves.
 *
 * Such a driver calls rte_pci_map_device(), and EAL then opens the group and the device.
 * A group can be opened once only, so EAL opens it from the start, for every device in
 * it, and the bus attaches EAL's descriptor to its address space. EAL finds a group that
 * has a container, so it neither chooses an IOMMU nor maps memory. EAL closes its
 * descriptor with the last device that was mapped through it. The bus has a duplicate of
 * the descriptor, which keeps the group attached until the bus closes it.
 *
 * Each group has an EAL container of its own, which never has an IOMMU. It is only the
 * entry in EAL's table by which EAL finds and releases the group.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "neighbours.h"
#include "space.h"
#include "uapi/vfio_uapi.h"

struct vfio_msi_eal_group {
	TAILQ_ENTRY(vfio_msi_eal_group) next;
	int id;
	int container;		/* EAL's */
	int fd;			/* duplicate of EAL's descriptor */
	unsigned int refs;	/* devices attached through it */
	unsigned int mapped;	/* of these, mapped by their drivers */
	bool closed;		/* EAL has closed its descriptor */
};

static TAILQ_HEAD(, vfio_msi_eal_group) groups = TAILQ_HEAD_INITIALIZER(groups);

bool
vfio_msi_maps_itself(const struct vfio_msi_device *dev)
{
	struct rte_pci_driver *drv = NULL;

	while ((drv = vfio_msi_pci_driver(drv, &dev->pci.device.id)) != NULL)
		if (vfio_msi_driver_maps(drv))
			return true;
	return false;
}

/* EAL must open the group if one member has such a driver. */
static bool
group_maps_itself(int group)
{
	const struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (dev->plan.topo.group == group && vfio_msi_maps_itself(dev))
			return true;
	return false;
}

static struct vfio_msi_eal_group *
find(int id)
{
	struct vfio_msi_eal_group *g;

	TAILQ_FOREACH(g, &groups, next)
		if (g->id == id)
			return g;
	return NULL;
}

/* EAL logs no useful reason, so open the node before EAL does. */
static int
check_node(int id, bool noiommu, char *why, size_t size)
{
	char path[VFIO_UAPI_NODE_LEN];
	int fd;

	vfio_uapi_group_node(id, noiommu, path);
	fd = vfio_uapi_open(path);
	if (fd == -ENOENT)
		snprintf(why, size, "this kernel has no %s (VFIO groups)", path);
	else if (fd < 0)
		snprintf(why, size, "%s: %s", path, strerror(-fd));
	vfio_uapi_close(fd);
	return fd < 0 ? fd : 0;
}

/* Let EAL open the group, and keep a descriptor of it. */
static int
open_by_eal(struct vfio_msi_eal_group *g, bool noiommu, char *why, size_t size)
{
	int fd, ret = check_node(g->id, noiommu, why, size);

	if (ret < 0)
		return ret;
	snprintf(why, size, "EAL failed to open it; see its messages");
	fd = compat_group_open(g->id, &g->container);
	if (fd < 0)
		return fd;
	g->fd = vfio_uapi_dup(fd);
	if (g->fd >= 0)
		return 0;
	snprintf(why, size, "%s", strerror(-g->fd));
	compat_group_close(g->container);
	return g->fd;
}

/*
 * A group can't be opened while one of its devices is open, and some backends hold
 * devices open that are not attached yet.
 */
static void
release_devices(int id)
{
	const struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (dev->plan.topo.group == id && !dev->attached) {
			const struct ioas_member member = vfio_msi_member(dev);

			ioas_release(vfio_msi_bus.ioas, &member);
		}
}

static int
create(const struct topo_device *t, struct vfio_msi_eal_group **out, char *why, size_t size)
{
	const int id = t->group;
	struct vfio_msi_eal_group *g;
	int ret;

	snprintf(why, size, "another device of the group uses it already; give both devices at start-up");
	if (ioas_has_group(vfio_msi_bus.ioas, id))
		return -EBUSY;
	release_devices(id);
	snprintf(why, size, "%s", strerror(ENOMEM));
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return -ENOMEM;
	g->id = id;
	ret = open_by_eal(g, t->group_noiommu, why, size);
	if (ret < 0) {
		free(g);
		return ret;
	}
	TAILQ_INSERT_TAIL(&groups, g, next);
	*out = g;
	return 0;
}

int
vfio_msi_eal_group_get(struct vfio_msi_device *dev)
{
	int id = dev->plan.topo.group;
	struct vfio_msi_eal_group *g = find(id);
	bool itself = vfio_msi_maps_itself(dev);
	char why[VFIO_MSI_TEXT];
	int ret = 0;

	/* EAL opens nodes by their names only. */
	if (dev->plan.fds != NULL && itself) {
		snprintf(why, sizeof(why), "descriptors can't be given to EAL; pass the nodes /dev/vfio/vfio and /dev/vfio/%d instead",
			id);
		ret = -ENOTSUP;
	} else if (dev->plan.fds != NULL) {
		return 0;
	} else if (g == NULL && group_maps_itself(id))
		ret = create(&dev->plan.topo, &g, why, sizeof(why));
	else if (g != NULL && g->closed && itself) {
		snprintf(why, sizeof(why), "EAL has closed it, but another device still uses it; detach that device too");
		ret = -EBUSY;
	}
	if (ret < 0 && itself) {
		BUS_LOG(ERR, "%s: its driver maps the device itself, so EAL must open IOMMU group %d: %s",
			dev->label, id, why);
		return ret;
	}
	/* A device whose driver does not map it itself works without EAL's group. */
	if (g != NULL) {
		g->refs++;
		dev->group_fd = g->fd;
	}
	return 0;
}

void
vfio_msi_eal_group_put(struct vfio_msi_device *dev)
{
	struct vfio_msi_eal_group *g = find(dev->plan.topo.group);

	if (dev->group_fd < 0 || g == NULL)
		return;
	dev->group_fd = -1;
	if (--g->refs > 0)
		return;
	TAILQ_REMOVE(&groups, g, next);
	vfio_uapi_close(g->fd);
	compat_group_close(g->container);
	free(g);
}

void
vfio_msi_eal_group_mapped(struct vfio_msi_device *dev, bool mapped)
{
	struct vfio_msi_eal_group *g = find(dev->plan.topo.group);

	if (g == NULL)
		return;
	g->mapped += mapped ? 1 : -1;
	if (!mapped && g->mapped == 0)
		g->closed = true;
}
