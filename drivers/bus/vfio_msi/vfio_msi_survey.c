/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Survey a device and add it to the layout, or remove it.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "claim.h"
#include "neighbours.h"
#include "policy.h"
#include "space.h"
#include "vfio_msi_native.h"

/* Of the key dma_bits= and the driver the one with fewer bits: do they reach the aperture? */
static int
check_bits(const struct vfio_msi_device *dev, const struct rte_vfio_msi_driver *native, char *why,
		size_t size)
{
	const struct ioas_info *info = &dev->plan.info;
	unsigned int bits = dev->conf.dma_bits;
	const char *driver = NULL;

	if (native != NULL && native->dma_bits != 0 && (bits == 0 || native->dma_bits < bits)) {
		bits = native->dma_bits;
		driver = native->name;
	}
	return vfio_msi_bits_fit(bits, driver, info->ranges, info->n_ranges, why, size);
}

static int
add_to_layout(struct vfio_msi_device *dev, char *why, size_t size)
{
	const struct rte_pci_id id = vfio_msi_pci_id(&dev->plan.topo);
	const struct rte_vfio_msi_driver *native =
		vfio_msi_native_of(vfio_msi_pci_driver(NULL, &id));
	int ret = vfio_msi_conf_holes(&dev->conf, dev->plan.topo.bdf,
			&dev->plan.holes);

	/* Such a driver limits what it maps, and the memory of the others lies where it would. */
	dev->own_memory = vfio_msi_native_owns_memory(native);
	if (ret == 0 && !dev->own_memory)
		ret = vfio_msi_conf_limit(&dev->conf, dev->plan.topo.bdf, &dev->plan.holes);
	if (vfio_msi_native_limit(native) != UINT64_MAX && !dev->own_memory)
		dev->plan.dma_last = vfio_msi_native_limit(native);
	if (ret < 0) {
		snprintf(why, size, "%s", strerror(-ret));
		return ret;
	}
	ret = check_bits(dev, native, why, size);
	if (ret < 0)
		return ret;
	why[0] = '\0';
	ret = vfio_msi_growth_add(&dev->plan, why, size);
	if (ret == 0 && why[0] != '\0')
		BUS_LOG(WARNING, VFIO_MSI_PREFIX "%s: %s", dev->plan.topo.bdf, why);
	dev->in_layout = ret == 0;
	return ret;
}

/*
 * A survey by a character device keeps the device open. At start-up the probe follows at once. A
 * later scan may be for another device, and nothing would close this one: its unbind would wait
 * for ever, as nobody listens to the kernel's request before the device has started. The attach
 * opens it again. Descriptors of the user keep the device bound anyway.
 */
static void
release_later(const struct vfio_msi_device *dev)
{
	const struct ioas_member member = vfio_msi_member(dev);

	if (vfio_msi_bus.memory_is_up && member.fds == NULL)
		ioas_release(vfio_msi_bus.ioas, &member);
}

int
vfio_msi_survey(struct vfio_msi_device *dev, const struct topo_addr *addr, char *why,
		size_t size)
{
	struct plan_request request = {
		.scan = &vfio_msi_bus.scan,
		.addr = *addr,
		.backend = dev->conf.backend,
		.fds = vfio_msi_conf_fds(&dev->conf),
	};
	int ret = 0;

	if (vfio_msi_bus.layout == NULL)
		ret = iova_layout_create(&vfio_msi_bus.layout);
	if (ret < 0) {
		snprintf(why, size, "%s", strerror(-ret));
		return ret;
	}
	request.layout = vfio_msi_bus.layout;
	vfio_msi_token_take(dev);
	if (dev->vf_token[0] != '\0')
		request.vf_token = dev->vf_token;
	ret = plan_survey(&request, &vfio_msi_bus.ioas, &dev->plan, why, size);
	if (ret == -EINVAL && vfio_msi_token_is_optional(dev)) {
		dev->vf_token[0] = '\0';
		request.vf_token = NULL;
		plan_device_free(&dev->plan);
		memset(&dev->plan, 0, sizeof(dev->plan));
		ret = plan_survey(&request, &vfio_msi_bus.ioas, &dev->plan, why, size);
	}
	/* Growth that the layout of a device limits stays limited, so reject the device before. */
	if (ret == 0)
		ret = vfio_msi_pci_check_group(&dev->plan.topo, why, size);
	if (ret == 0)
		ret = add_to_layout(dev, why, size);
	if (ret == 0)
		release_later(dev);
	return ret;
}

void
vfio_msi_leave_layout(struct vfio_msi_device *dev)
{
	if (!dev->in_layout)
		return;
	/* Without an address space no other thread uses the layout. */
	if (vfio_msi_bus.ioas != NULL)
		ioas_layout_lock(vfio_msi_bus.ioas);
	plan_remove(vfio_msi_bus.layout, &dev->plan);
	if (vfio_msi_bus.ioas != NULL)
		ioas_layout_unlock(vfio_msi_bus.ioas);
	dev->in_layout = false;
}
