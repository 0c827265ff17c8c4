/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * All that depends on the DPDK release, with dpdk_compat.c.
 *
 * The bus shares structures with librte_bus_pci that no header declares: the region
 * table behind the device object, and the bus object with its lists. They are mirrored
 * here. The bus checks them at run time before it uses them: it compares releases and
 * reads a vendor ID back.
 */

#ifndef VFIO_MSI_DPDK_COMPAT_H
#define VFIO_MSI_DPDK_COMPAT_H

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <rte_version.h>

#include <bus_driver.h>
#include <bus_pci_driver.h>
#include <dev_driver.h>
#include <rte_devargs.h>
#include <rte_telemetry.h>

/*
 * From 22.11 to 26.03 the bus structures are the same. From 26.07 the lists of devices
 * and drivers are in struct rte_bus, and operations have the bus as a parameter.
 * librte_bus_pci has the region table since 23.07; before that it assumes the kernel's
 * offsets and reads nothing behind the device.
 */
#if RTE_VERSION < RTE_VERSION_NUM(22, 11, 0, 0) || \
	RTE_VERSION >= RTE_VERSION_NUM(26, 11, 0, 0)
#error "the buses of this release of DPDK are not known: 22.11 to 26.07 are"
#endif
#define COMPAT_NEW_BUSES (RTE_VERSION >= RTE_VERSION_NUM(26, 7, 0, 0))
/* The operation that probes one device. */
#if COMPAT_NEW_BUSES
#define COMPAT_BUS_PLUG probe_device
#else
#define COMPAT_BUS_PLUG plug
#endif
/* The kernel module rte_kni gets IOVAs and takes them for physical addresses. */
#define COMPAT_HAS_KNI (RTE_VERSION < RTE_VERSION_NUM(23, 11, 0, 0))

/* Regions librte_bus_pci keeps of a device: six BARs, ROM, config, VGA. */
#define COMPAT_PCI_REGIONS 9

struct compat_pci_region {
	uint64_t size;
	uint64_t offset;
};

/** Add a number to a reply of telemetry. */
static inline void
compat_telemetry_add(struct rte_tel_data *reply, const char *name, uint64_t value)
{
#if RTE_VERSION >= RTE_VERSION_NUM(23, 3, 0, 0)
	rte_tel_data_add_dict_uint(reply, name, value);
#else
	rte_tel_data_add_dict_u64(reply, name, value);
#endif
}

/** What librte_bus_pci expects at a struct rte_pci_device. */
struct compat_pci_object {
	struct rte_pci_device device;
	struct compat_pci_region region[COMPAT_PCI_REGIONS];
#if COMPAT_NEW_BUSES
	/* Behind what librte_bus_pci knows: EAL overwrites the driver in the device without a lock. */
	struct rte_pci_driver *driver;
#endif
};

#if COMPAT_NEW_BUSES
#define COMPAT_FOREACH_PCI_DRIVER(drv, pci) RTE_BUS_FOREACH_DRV(drv, pci)
#else
/** librte_bus_pci's bus object. */
struct compat_pci_bus {
	struct rte_bus bus;
	RTE_TAILQ_HEAD(, rte_pci_device) device_list;
	RTE_TAILQ_HEAD(, rte_pci_driver) driver_list;
};

#define COMPAT_FOREACH_PCI_DRIVER(drv, pci) \
	RTE_TAILQ_FOREACH(drv, &((struct compat_pci_bus *)(pci))->driver_list, next)
#endif

/** The PCI device of a device of a bus that has PCI devices. */
#define COMPAT_PCI_CONST(dev) container_of(dev, const struct rte_pci_device, device)

/** The driver that has probed, or is about to probe, a device of this bus; NULL: none. */
static inline struct rte_pci_driver *
compat_pci_driver(const struct rte_pci_device *p)
{
#if COMPAT_NEW_BUSES
	return container_of(p, const struct compat_pci_object, device)->driver;
#else
	return p->driver;
#endif
}

/** Whether a driver has probed a device of this bus; in newer releases also while it does. */
static inline bool
compat_pci_is_probed(const struct rte_pci_device *p)
{
#if COMPAT_NEW_BUSES
	return compat_pci_driver(p) != NULL;
#else
	return p->device.driver != NULL;
#endif
}

/** Set the driver of a device of this bus before the probe; NULL: none. */
static inline void
compat_pci_driver_set(struct rte_pci_device *p, struct rte_pci_driver *drv)
{
#if COMPAT_NEW_BUSES
	container_of(p, struct compat_pci_object, device)->driver = drv;
	p->device.driver = drv != NULL ? &drv->driver : NULL;
#else
	p->driver = drv;
#endif
}

/**
 * EAL probes a device of this bus: undo what it has written before, without a lock. In newer
 * releases that is a driver of dpdk_compat.c, which the PMD must not find.
 *
 * EAL may also write while another thread probes the device. Until that probe has ended, its PMD
 * finds the driver of dpdk_compat.c then. EAL removes the driver after a probe that failed, or that
 * did not get the lock, and another probe may have succeeded since: EAL has no driver then for a
 * device that runs. The bus can't see these writes. The next attach restores the driver.
 *
 * @return whether a PMD has the device already and EAL has overwritten it, so that EAL found no
 *   driver before
 */
static inline bool
compat_pci_driver_restore(struct rte_pci_device *p)
{
#if COMPAT_NEW_BUSES
	struct rte_pci_driver *drv = compat_pci_driver(p);
	bool overwritten = drv != NULL && p->device.driver != &drv->driver;

	compat_pci_driver_set(p, drv);
	return overwritten;
#else
	return false;
#endif
}

/**
 * What a probe of a device that runs already returns to EAL.
 *
 * After a failure newer releases remove the driver that is restored, if EAL found none before. That
 * is so when two threads attach the device, and the bus can't always see it. So -EEXIST is 0 there:
 * for both EAL goes on in the other processes, and the application gets their result. Other
 * failures, of a driver that is called again, are 0 only if the bus sees it: they are in the log.
 *
 * @param overwritten  from compat_pci_driver_restore()
 * @param ret          of the probe
 */
static inline int
compat_probed_again(bool overwritten, int ret)
{
#if COMPAT_NEW_BUSES
	if (overwritten || ret == -EEXIST)
		return 0;
#endif
	return ret;
}

/** The first device of a bus for which cmp() returns 0, or NULL. */
static inline struct rte_device *
compat_find_device(const struct rte_bus *bus, rte_dev_cmp_t cmp, const void *data)
{
#if COMPAT_NEW_BUSES
	return bus->find_device(bus, NULL, cmp, data);
#else
	return bus->find_device(NULL, cmp, data);
#endif
}

/** Operations that differ between releases, with the parameters of the older ones. */
struct compat_bus_ops {
	int (*probe)(void);
	int (*cleanup)(void);
	struct rte_device *(*find_device)(const struct rte_device *start,
			rte_dev_cmp_t cmp, const void *data);
	void *(*dev_iterate)(const void *start, const char *str);
	int (*plug)(struct rte_device *dev);
	/* Must not free the device: EAL still writes to it as of 26.07. */
	int (*unplug)(struct rte_device *dev);
};

/** Register the bus; @p ops must stay valid. Once per process. */
void compat_bus_register(struct rte_bus *bus, const struct compat_bus_ops *ops);

/**
 * Answers an iterator of another bus: the next device after @p start (NULL: the first), or
 * NULL. Sets @p answered, or leaves the answer to that bus.
 */
typedef void *(*compat_answer_t)(const void *start, const char *str, bool *answered);

/**
 * Let @p answer answer each iteration of the pci bus first, until
 * compat_pci_iterate_unask(). Not thread safe, but iterations may run at the same time. Both
 * may be called again.
 */
void compat_pci_iterate_ask(struct rte_bus *pci, compat_answer_t answer);
void compat_pci_iterate_unask(struct rte_bus *pci);

/**
 * Let @p check see each device that the application adds to the pci bus, until
 * compat_pci_plug_unguard(); a -errno rejects it. Both may be called again.
 */
void compat_pci_plug_guard(struct rte_bus *pci, int (*check)(const struct rte_device *dev));
void compat_pci_plug_unguard(struct rte_bus *pci);

/**
 * Let EAL open an IOMMU group, in a container of EAL that never has an IOMMU.
 *
 * @param container  EAL's, for compat_group_close()
 * @return EAL's descriptor of the group, which EAL closes with the last device that a driver maps
 *   through it; -ENOTSUP EAL's VFIO is not up; -ENOSPC no container is left; -EBUSY EAL can't
 *   open the group
 */
int compat_group_open(int group, int *container);
void compat_group_close(int container);

/**
 * Name of the release that the application runs, as in "DPDK 24.11.4".
 *
 * It can differ from that of the functions that the plugin is linked to: where several
 * releases are installed, the loader loads a second EAL for a plugin of another release,
 * and that EAL is never initialised.
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
