/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The one place that knows DPDK versions.
 *
 * Below the public API a bus shares structures with librte_bus_pci: the device
 * object with the region table behind it, and the bus object with its lists.
 * They are not in any header, so they are mirrored here, and checked at run
 * time (vendor ID read back, release compared) before they are relied on.
 */

#ifndef VFIO_MSI_DPDK_COMPAT_H
#define VFIO_MSI_DPDK_COMPAT_H

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#include <rte_version.h>

#include <bus_driver.h>
#include <bus_pci_driver.h>
#include <dev_driver.h>
#include <rte_devargs.h>

/*
 * What is mirrored here is the same from 22.11 to 26.03; librte_bus_pci keeps
 * the region table since 23.07, before that it takes the kernel's offsets for
 * granted and reads nothing behind the device. 26.07 has other buses.
 */
#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0) || \
	RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0)
#error "the buses of this release of DPDK are not known: 22.11 to 26.03 are"
#endif

/* Regions librte_bus_pci keeps of a device: six BARs, ROM, config, VGA. */
#define COMPAT_PCI_REGIONS 9

struct compat_pci_region {
	uint64_t size;
	uint64_t offset;
};

/** What librte_bus_pci takes a struct rte_pci_device for. */
struct compat_pci_object {
	struct rte_pci_device device;
	struct compat_pci_region region[COMPAT_PCI_REGIONS];
};

/** librte_bus_pci's bus object. */
struct compat_pci_bus {
	struct rte_bus bus;
	RTE_TAILQ_HEAD(, rte_pci_device) device_list;
	RTE_TAILQ_HEAD(, rte_pci_driver) driver_list;
};

#define COMPAT_FOREACH_PCI_DRIVER(drv, pci) \
	RTE_TAILQ_FOREACH(drv, &((struct compat_pci_bus *)(pci))->driver_list, next)

/**
 * Name of the release that the application runs, as in "DPDK 24.11.4".
 *
 * Not always that of the functions the plugin is linked to: where several
 * releases are installed, the loader gives a plugin of another one an EAL of
 * its own, which nobody initialises.
 */
static inline const char *
compat_running(void)
{
	const char *(*version)(void) = rte_version;
	void *found = dlsym(RTLD_DEFAULT, "rte_version");

	if (found != NULL)
		memcpy(&version, &found, sizeof(version));
	return version();
}

/** True if the application runs the release the plugin was built for. */
static inline bool
compat_release_matches(void)
{
	return strcmp(compat_running(), rte_version()) == 0 &&
		rte_version_year() == RTE_VER_YEAR &&
		rte_version_month() == RTE_VER_MONTH;
}

#endif /* VFIO_MSI_DPDK_COMPAT_H */
