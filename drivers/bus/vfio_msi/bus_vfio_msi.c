/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Registration of the bus; the other files implement its operations.
 *
 * Every DPDK application of the machine loads the plugin, so the bus does nothing without
 * an argument for it.
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_eal.h>

#include "claim.h"
#include "device.h"
#include "policy.h"
#include "probe.h"
#include "space.h"
#include "eal/eal_iommu_api.h"

RTE_LOG_REGISTER_DEFAULT(vfio_msi_logtype, NOTICE)

/*
 * Accept the prefixed form only: a bare PCI address belongs to the pci bus, in whatever
 * order the buses were registered.
 */
static int
bus_parse(const char *name, void *addr)
{
	struct topo_addr a;

	if (strcmp(name, VFIO_MSI_ALL) == 0)
		return 0;
	if (vfio_msi_parse_name(name, &a) < 0)
		return -EINVAL;
	if (addr != NULL)
		memcpy(addr, &a, sizeof(a));
	return 0;
}

struct vfio_msi_bus vfio_msi_bus = {
	.bus = {
		.name = VFIO_MSI_BUS,
		.scan = vfio_msi_entry_scan,
		.parse = bus_parse,
		.devargs_parse = vfio_msi_devargs_parse,
		.dma_map = vfio_msi_dma_map,
		.dma_unmap = vfio_msi_dma_unmap,
		.get_iommu_class = vfio_msi_policy_iova_mode,
		.hot_unplug_handler = vfio_msi_hot_unplug,
		.sigbus_handler = vfio_msi_sigbus,
	},
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
	.forgotten = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.forgotten),
	.bars_lock = RTE_SPINLOCK_INITIALIZER,
};

static const struct compat_bus_ops bus_ops = {
	.probe = vfio_msi_entry_probe,
	.cleanup = vfio_msi_entry_cleanup,
	.find_device = vfio_msi_find_device,
	.dev_iterate = vfio_msi_dev_iterate,
	.plug = vfio_msi_entry_plug,
	.unplug = vfio_msi_entry_unplug,
};

RTE_INIT_PRIO(vfio_msi_register, BUS)
{
	/*
	 * Releases with the same SONAME can differ in the structures of a bus. A plugin
	 * for another release would corrupt memory, or wait for ever for an EAL of its
	 * own, so it does not register.
	 */
	if (!compat_release_matches()) {
		RTE_LOG(ERR, USER1, VFIO_MSI_BUS ": this plugin is built for DPDK %d.%02d, but the application runs %s: the bus is not registered; install the plugin for that release\n",
			RTE_VER_YEAR, RTE_VER_MONTH, compat_running());
		return;
	}
	if (eal_iommu_api_set(&own_memory_api, sizeof(own_memory_api)) < 0) {
		RTE_LOG(ERR, USER1, VFIO_MSI_BUS ": librte_eal_iommu is of another build: not registered; install plugin and library of the same one\n");
		return;
	}
	compat_bus_register(&vfio_msi_bus.bus, &bus_ops);
}
