/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The bus as EAL sees it. What the operations do stands in the other files.
 *
 * Without an argument for it the bus does nothing: it sits in the plugin
 * folder of every DPDK application of the machine.
 */

#include <errno.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>

#include "private.h"

RTE_LOG_REGISTER_DEFAULT(vfio_msi_logtype, NOTICE)

struct rte_device *
vfio_msi_find_device(const struct rte_device *start, rte_dev_cmp_t cmp,
		const void *data)
{
	struct vfio_msi_device *dev = start != NULL ?
		TAILQ_NEXT(vfio_msi_of(start), next) :
		TAILQ_FIRST(&vfio_msi_bus.devices);

	for (; dev != NULL; dev = TAILQ_NEXT(dev, next))
		if (cmp(&dev->pci.device.device, data) == 0)
			return &dev->pci.device.device;
	return NULL;
}

/*
 * Only the prefixed form is ours, so that a bare PCI address goes to the pci
 * bus whichever bus was registered first.
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

static enum rte_iova_mode
bus_get_iommu_class(void)
{
	if (TAILQ_EMPTY(&vfio_msi_bus.devices))
		return RTE_IOVA_DC;
	/* The plan was made for IOVA as VA, where the layout can be chosen. */
	return vfio_msi_is_secondary() ? vfio_msi_bus.primary_mode : RTE_IOVA_VA;
}

/* Log once, with the device's name; c is what stood in the way of a map. */
static int
dma_result(const struct rte_device *dev, const char *what, uint64_t iova,
		size_t len, int ret, const struct iova_conflict *c)
{
	struct iova_range range = { iova, iova + (len - 1) };
	char text[192];

	if (ret >= 0)
		return 0;
	if (c != NULL) {
		ioas_layout_lock(vfio_msi_bus.ioas);
		plan_explain(vfio_msi_bus.layout, range, ret, c, text, sizeof(text));
		ioas_layout_unlock(vfio_msi_bus.ioas);
	}
	BUS_LOG(ERR, "%s: DMA %s of IOVA 0x%" PRIx64 "-0x%" PRIx64 " failed: %s",
		dev->name, what, range.first, range.last,
		c != NULL ? text : strerror(-ret));
	rte_errno = -ret;
	return -1;
}

/* The primary process has the address space; its memory is what all share. */
static int
refuse_dma(const struct rte_device *dev, const char *what)
{
	BUS_LOG(ERR, "%s: no DMA %s in a secondary process: the primary process does that for all; do it there",
		dev->name, what);
	rte_errno = ENOTSUP;
	return -1;
}

/* With IOVA as VA, 0 is what applications give for "the same". */
static uint64_t
iova_of(const void *addr, uint64_t iova)
{
	return iova == 0 && rte_eal_iova_mode() == RTE_IOVA_VA ?
		(uint64_t)(uintptr_t)addr : iova;
}

static int
bus_dma_map(struct rte_device *rdev, void *addr, uint64_t iova, size_t len)
{
	struct iova_conflict c = { 0 };
	int ret;

	if (vfio_msi_is_secondary())
		return refuse_dma(rdev, "map");
	iova = iova_of(addr, iova);
	/* The address space is there since the scan, but has devices only now. */
	if (!vfio_msi_bus.syncing)
		return dma_result(rdev, "map", iova, len, -ENODEV, NULL);
	ret = ioas_map(vfio_msi_bus.ioas, (uint64_t)(uintptr_t)addr, iova, len, &c);
	return dma_result(rdev, "map", iova, len, ret, &c);
}

static int
bus_dma_unmap(struct rte_device *rdev, void *addr, uint64_t iova, size_t len)
{
	int ret = -ENODEV;

	if (vfio_msi_is_secondary())
		return refuse_dma(rdev, "unmap");
	iova = iova_of(addr, iova);
	if (vfio_msi_bus.syncing)
		ret = ioas_unmap(vfio_msi_bus.ioas, iova, len);
	return dma_result(rdev, "unmap", iova, len, ret, NULL);
}

struct vfio_msi_bus vfio_msi_bus = {
	.bus = {
		.name = VFIO_MSI_BUS,
		.scan = vfio_msi_scan,
		.parse = bus_parse,
		.devargs_parse = vfio_msi_devargs_parse,
		.dma_map = bus_dma_map,
		.dma_unmap = bus_dma_unmap,
		.get_iommu_class = bus_get_iommu_class,
		.hot_unplug_handler = vfio_msi_hot_unplug,
		.sigbus_handler = vfio_msi_sigbus,
	},
	.devices = TAILQ_HEAD_INITIALIZER(vfio_msi_bus.devices),
};

static const struct compat_bus_ops bus_ops = {
	.probe = vfio_msi_probe,
	.cleanup = vfio_msi_cleanup,
	.find_device = vfio_msi_find_device,
	.dev_iterate = vfio_msi_dev_iterate,
	.plug = vfio_msi_plug,
	.unplug = vfio_msi_unplug,
};

RTE_INIT_PRIO(vfio_msi_register, BUS)
{
	/*
	 * Releases may share a SONAME and still differ in the structures of a
	 * bus. A plugin for another release would corrupt memory, or wait on
	 * an EAL of its own for ever: it says so, once, and stays out.
	 */
	if (!compat_release_matches()) {
		RTE_LOG(ERR, USER1, VFIO_MSI_BUS ": built for DPDK %d.%02d, this is %s: not registered; install the plugin of this release\n",
			RTE_VER_YEAR, RTE_VER_MONTH, compat_running());
		return;
	}
	compat_bus_register(&vfio_msi_bus.bus, &bus_ops);
}
