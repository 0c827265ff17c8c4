/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Reset a device before its driver starts, to clear the state that its last user left.
 *
 * A device without a reset of its own is reset with its reset peers: all devices of its
 * slot or bus. That is possible only while none of them runs, so the first one that is
 * opened resets all, and the others are not reset again.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "device.h"
#include "uapi/vfio_uapi.h"

static struct vfio_msi_device *
find(const char *bdf)
{
	struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (strcmp(dev->plan.topo.bdf, bdf) == 0)
			return dev;
	return NULL;
}

/* Open, by this bus or by its driver. */
static bool
in_use(const struct vfio_msi_device *dev)
{
	return dev->fd >= 0 || compat_pci_driver(&dev->pci.device) != NULL;
}

/* Whether all reset peers may be reset. @return 0; -errno with a clause. */
static int
check(const struct vfio_msi_device *dev, const struct ioas_reset_set *set, char *why,
		size_t size)
{
	const struct vfio_msi_device *other;
	size_t i;

	for (i = 0; i < set->n; i++) {
		if (!set->v[i].ours) {
			snprintf(why, size, "shares its bus with %s, which this process does not have; if nothing needs that device, bind it to vfio-pci and give it to this process too",
				set->v[i].name);
			return -EPERM;
		}
		other = find(set->v[i].name);
		if (other != NULL && other != dev && in_use(other)) {
			snprintf(why, size, "shares its bus with %s, which is in use; give both devices at start-up",
				set->v[i].name);
			return -EBUSY;
		}
	}
	return 0;
}

static void
note_reset(const struct vfio_msi_device *dev, const struct ioas_reset_set *set)
{
	struct vfio_msi_device *other;
	size_t i;

	for (i = 0; i < set->n; i++) {
		other = find(set->v[i].name);
		/* Until it is attached, another process can open a device. */
		if (other != NULL && other != dev)
			other->just_reset = other->attached;
	}
}

/* Reset all reset peers. @return 0; -errno with a clause. */
static int
reset_all(const struct vfio_msi_device *dev, char *why, size_t size)
{
	struct ioas_reset_set set;
	int ret = ioas_reset_set_get(vfio_msi_bus.ioas, dev->fd, dev->plan.topo.addr.domain, &set);

	if (ret == -ENODEV)
		snprintf(why, size, "its bus can't be reset either; power-cycle the machine if the device misbehaves");
	else if (ret < 0)
		snprintf(why, size, "can't read which devices share its bus: %s", strerror(-ret));
	if (ret < 0)
		return ret;
	ret = check(dev, &set, why, size);
	if (ret == 0) {
		ret = ioas_reset_all(vfio_msi_bus.ioas, dev->fd, &set);
		if (ret < 0)
			snprintf(why, size, "the kernel refuses to reset its bus: %s; a device on it may not be bound to vfio-pci, see dmesg",
				strerror(-ret));
	}
	if (ret == 0) {
		note_reset(dev, &set);
		BUS_LOG(INFO, "%s: reset together with its bus, %zu functions", dev->label, set.n);
	}
	ioas_reset_set_free(&set);
	return ret;
}

int
vfio_msi_device_reset(struct vfio_msi_device *dev)
{
	bool just_reset = dev->just_reset;
	struct vfio_device_info info;
	char why[VFIO_MSI_TEXT];
	int ret = vfio_uapi_device_info(dev->fd, &info);

	dev->just_reset = false;
	if (ret < 0)
		return ret;
	if ((info.flags & VFIO_DEVICE_FLAGS_RESET) != 0)
		return vfio_uapi_reset(dev->fd);
	if (!just_reset && reset_all(dev, why, sizeof(why)) < 0)
		BUS_LOG(WARNING, "%s: is not reset and starts in the state that its last user left, with DMA off: it has no reset of its own, and %s",
			dev->label, why);
	return 0;
}
