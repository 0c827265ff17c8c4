/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A device and the layout: it is surveyed and joins, and leaves again.
 */

#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <bsd/string.h>

#include "private.h"

static int
add_to_layout(struct vfio_msi_device *dev, char *why, size_t size)
{
	int ret = vfio_msi_conf_holes(&dev->conf, dev->plan.topo.bdf,
			&dev->plan.holes);

	if (ret < 0) {
		snprintf(why, size, "%s", strerror(-ret));
		return ret;
	}
	why[0] = '\0';
	/* Memory events and the application place ranges in it meanwhile. */
	ioas_layout_lock(vfio_msi_bus.ioas);
	ret = plan_add(vfio_msi_bus.layout, &dev->plan, why, size);
	ioas_layout_unlock(vfio_msi_bus.ioas);
	if (ret == 0 && why[0] != '\0')
		BUS_LOG(WARNING, "%s: %s", dev->plan.topo.bdf, why);
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

int
vfio_msi_survey(struct vfio_msi_device *dev, const struct topo_addr *addr, char *why,
		size_t size)
{
	struct plan_wish wish = {
		.scan = &vfio_msi_bus.scan,
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

/* After the device was detached: nobody places for it any more. */
void
vfio_msi_leave_layout(struct vfio_msi_device *dev)
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
