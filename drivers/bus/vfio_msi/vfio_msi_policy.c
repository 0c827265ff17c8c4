/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Decides where EAL's memory lies.
 *
 * There is one policy. IOVA is VA: EAL's memory is steered to addresses that are good
 * IOVAs (vfio_msi_steer.c), and its growth stops where they end (vfio_msi_growth.c). If
 * another bus or an option forces IOVA to be PA, the bus can't choose addresses, and each
 * page is checked against the layout when it is mapped.
 */

#include <string.h>

#include <rte_eal.h>

#include "policy.h"

enum rte_iova_mode
vfio_msi_policy_iova_mode(void)
{
	if (TAILQ_EMPTY(&vfio_msi_bus.devices))
		return RTE_IOVA_DC;
	return vfio_msi_is_secondary() ? vfio_msi_bus.primary_mode : RTE_IOVA_VA;
}

void
vfio_msi_policy_plan(void)
{
	if (vfio_msi_bus.syncing && rte_eal_iova_mode() == RTE_IOVA_VA)
		vfio_msi_growth_narrow();
	/* A secondary process has its memory at the addresses of the primary. */
	if (!vfio_msi_bus.memory_is_up && !vfio_msi_is_secondary() &&
	    !TAILQ_EMPTY(&vfio_msi_bus.devices))
		vfio_msi_steer(vfio_msi_bus.layout);
}

/* 0 for a device that needs physical addresses. */
static int
is_uio(const struct rte_device *dev, const void *data)
{
	switch (COMPAT_PCI_CONST(dev)->kdrv) {
	case RTE_PCI_KDRV_IGB_UIO:
	case RTE_PCI_KDRV_UIO_GENERIC:
	case RTE_PCI_KDRV_NIC_UIO:
		return 0;
	default:
		return 1;
	}
}

static int
is_any(const struct rte_device *dev, const void *data)
{
	return 0;
}

/* 0 for a bus that has devices and votes for PA; some buses vote without a device. */
static int
wants_pa(const struct rte_bus *bus, const void *data)
{
	if (bus == &vfio_msi_bus.bus || bus->get_iommu_class == NULL ||
	    compat_find_device(bus, is_any, NULL) == NULL)
		return 1;
	return bus->get_iommu_class() == RTE_IOVA_PA ? 0 : 1;
}

static void
log_forced_pa(void)
{
	const struct rte_bus *bus = rte_bus_find(NULL, wants_pa, NULL);
	const struct rte_device *dev = NULL;

	if (bus == NULL) {
		BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA because of --iova-mode=pa: the bus can't choose IOVAs and only checks each page against the layout; drop the option if you can");
		return;
	}
	dev = compat_find_device(bus, strcmp(bus->name, "pci") == 0 ?
			is_uio : is_any, NULL);
	BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA, forced by bus %s, device %s: the bus can't choose IOVAs and only checks each page against the layout; use that device in another process, or bind it to vfio-pci if it is bound to UIO",
		bus->name, dev != NULL ? dev->name : "unknown");
}

int
vfio_msi_policy_check(char *why, size_t size)
{
	if (rte_eal_iova_mode() == RTE_IOVA_VA)
		return vfio_msi_growth_check(why, size);
	log_forced_pa();
	return 0;
}

void
vfio_msi_policy_start(void)
{
	if (rte_eal_iova_mode() == RTE_IOVA_VA)
		vfio_msi_growth_start();
}

void
vfio_msi_policy_stop(void)
{
	vfio_msi_growth_stop();
}
