/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Decides which IOVAs EAL's memory has.
 *
 * - va: IOVA is VA. EAL's memory is steered to addresses that are good IOVAs
 *   (vfio_msi_steer.c), and its growth stops where they end (vfio_msi_growth.c). External
 *   memory of a heap is where the application has it; if its VAs are bad, the layout chooses
 *   its IOVAs, which EAL reads in its records with this mode too.
 * - assigned: the layout chooses the IOVAs, and EAL's records get them (vfio_msi_assign.c).
 *   EAL's IOVA mode is PA then: everything reads the records with that mode.
 *
 * va_policy_decide() of the library chooses. The bus asks it in the first scan, as EAL asks
 * for the IOVA mode right after it.
 *
 * The way with IOVA mode VA and memory marked as external, which needs no privilege, is not
 * used: a secondary process does not map such memory, though it uses the heap in it; the
 * file descriptors of memory are not available; EAL returns no memory. So a process that
 * can't read physical addresses keeps va.
 *
 * - physical: with backend=noiommu nothing translates, and IOVAs are the physical addresses
 *   that EAL's memory has. Nothing is chosen; each page is checked against the layout when it
 *   is mapped. The devices of a process all have an IOMMU, or none has.
 *
 * If another bus or an option forces IOVA to be PA, and va is the policy, the bus can't
 * choose addresses, and each page is checked against the layout when it is mapped.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <bsd/string.h>

#include "dpdk_limits.h"
#include "policy.h"
#include "eal/dma_sync.h"

static enum va_policy decision = VA_POLICY_UNKNOWN;
/* The first device if the bus voted for PA at start-up, as devices had no IOMMU; else "". */
static char physical_since[RTE_DEV_NAME_MAX_LEN];

bool
vfio_msi_policy_assigns(void)
{
	return va_policy_assigns(decision);
}

enum dma_sync_choice
vfio_msi_policy_choice(void)
{
	const char *bus;

	if (vfio_msi_policy_assigns())
		return DMA_SYNC_ALL;
	/* Another bus has mapped the memory at the IOVAs that it had. */
	if (rte_eal_iova_mode() != RTE_IOVA_VA || vfio_msi_assign_other(&bus) != NULL)
		return DMA_SYNC_NONE;
	/* Somebody takes a VA for the IOVA. */
	if (!dpdk_mbufs_have_iova() || vfio_msi_assign_takes_va())
		return DMA_SYNC_NONE;
	return DMA_SYNC_EXTERNAL;
}

const char *
vfio_msi_policy_physical_since(void)
{
	return physical_since[0] != '\0' ? physical_since : NULL;
}

bool
vfio_msi_policy_physical(void)
{
	const struct vfio_msi_device *dev = TAILQ_FIRST(&vfio_msi_bus.devices);

	return dev != NULL && !vfio_msi_is_secondary() && dev->plan.topo.group_noiommu;
}

enum rte_iova_mode
vfio_msi_policy_iova_mode(void)
{
	if (TAILQ_EMPTY(&vfio_msi_bus.devices))
		return RTE_IOVA_DC;
	if (vfio_msi_is_secondary())
		return vfio_msi_bus.primary_mode;
	return vfio_msi_policy_assigns() || vfio_msi_policy_physical() ? RTE_IOVA_PA : RTE_IOVA_VA;
}

/* The first device that has the key. */
static const struct vfio_msi_device *
decider(void)
{
	const struct vfio_msi_device *dev;

	TAILQ_FOREACH(dev, &vfio_msi_bus.devices, next)
		if (dev->conf.iova != VA_KEY_AUTO)
			return dev;
	return NULL;
}

/* All devices of the process have an IOMMU, or none has. */
static int
admit_beside(const struct vfio_msi_conf *conf, char *why, size_t size)
{
	const struct vfio_msi_device *other = TAILQ_FIRST(&vfio_msi_bus.devices);
	const bool noiommu = conf->backend == IOAS_BACKEND_NOIOMMU;

	if (other == NULL || other->plan.topo.group_noiommu == noiommu)
		return 0;
	snprintf(why, size, noiommu ?
		"backend=noiommu conflicts with %s, which has an IOMMU, as all devices share one address space; use one of the two in another process" :
		"conflicts with %s, which has backend=noiommu, as all devices share one address space; use one of the two in another process",
		other->label);
	return -EINVAL;
}

/* A device without an IOMMU needs physical addresses. */
static int
admit_physical(const struct vfio_msi_conf *conf, char *why, size_t size)
{
	if (conf->iova != VA_KEY_AUTO) {
		snprintf(why, size, "backend=noiommu conflicts with iova=, as without an IOMMU IOVAs are physical addresses; drop iova=");
		return -EINVAL;
	}
	if (vfio_msi_bus.memory_is_up && rte_eal_iova_mode() != RTE_IOVA_PA) {
		snprintf(why, size, "backend=noiommu needs EAL's IOVA mode PA, and the mode is VA since the start of this process; give the device at start-up, or start the process with --iova-mode=pa");
		return -ENOTSUP;
	}
	if (dpdk_assign() == VA_ASSIGN_POSSIBLE)
		return 0;
	if (dpdk_assign() == VA_ASSIGN_UNBUILT) {
		snprintf(why, size, "backend=noiommu needs IOVAs in mbufs, which this DPDK does not have; build DPDK with -Denable_iova_as_pa=true");
		return -ENOTSUP;
	}
	snprintf(why, size, "backend=noiommu needs EAL's IOVA mode PA, which EAL has for root (CAP_SYS_ADMIN, CAP_SYS_RAWIO) with hugepages only; run the application so");
	return -EPERM;
}

static int
admit_assigned(char *why, size_t size)
{
	const enum va_assign assign = dpdk_assign();

	if (va_assign_fault(assign) == NULL)
		return 0;
	strlcpy(why, va_assign_fault(assign), size);
	return assign == VA_ASSIGN_UNBUILT ? -ENOTSUP : -EPERM;
}

int
vfio_msi_policy_admit(const struct vfio_msi_conf *conf, char *why, size_t size)
{
	const struct vfio_msi_device *other = decider();
	const bool wanted = conf->iova == VA_KEY_ASSIGNED;
	int ret;

	/* The primary has decided. */
	if (vfio_msi_is_secondary())
		return 0;
	ret = admit_beside(conf, why, size);
	if (ret < 0)
		return ret;
	if (conf->backend == IOAS_BACKEND_NOIOMMU)
		return admit_physical(conf, why, size);
	if (conf->iova == VA_KEY_AUTO)
		return 0;
	if (other != NULL && other->conf.iova != conf->iova) {
		snprintf(why, size, "iova=%s conflicts with iova=%s of %s, as all devices share one address space; give all devices the same value",
			wanted ? "assigned" : "va", wanted ? "va" : "assigned", other->label);
		return -EINVAL;
	}
	if (vfio_msi_bus.memory_is_up && wanted != vfio_msi_policy_assigns()) {
		snprintf(why, size, "iova=%s applies at the start of a process, and EAL's memory has other IOVAs by now; give it to the devices at start-up, or use iova=auto",
			wanted ? "assigned" : "va");
		return -ENOTSUP;
	}
	return wanted ? admit_assigned(why, size) : 0;
}

/* Before EAL has its memory. */
static void
decide(void)
{
	const struct vfio_msi_device *dev = decider();

	if (vfio_msi_policy_physical()) {
		strlcpy(physical_since, TAILQ_FIRST(&vfio_msi_bus.devices)->label,
			sizeof(physical_since));
		BUS_LOG(INFO, "IOVAs are physical addresses, as the devices have no IOMMU");
		return;
	}
	decision = vfio_msi_steer(vfio_msi_bus.layout, dev != NULL ? dev->conf.iova : VA_KEY_AUTO,
			dpdk_assign());
	if (decision == VA_POLICY_KEY_ASSIGNED)
		BUS_LOG(INFO, "IOVAs are assigned, as %s has iova=assigned", dev->label);
	else if (decision == VA_POLICY_BAD)
		BUS_LOG(NOTICE, VFIO_MSI_BUS ": IOVAs are assigned, as no free address is a good IOVA for EAL's memory of each page size and NUMA node (see: dpdk-test-msi layout -a vfio_msi:BDF)");
}

void
vfio_msi_policy_plan(void)
{
	if (vfio_msi_bus.syncing && rte_eal_iova_mode() == RTE_IOVA_VA)
		vfio_msi_growth_narrow();
	/* A secondary process has its memory at the addresses of the primary. */
	if (!vfio_msi_bus.memory_is_up && !vfio_msi_is_secondary() &&
	    !TAILQ_EMPTY(&vfio_msi_bus.devices))
		decide();
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

	/* The mode stays when the device leaves. */
	if (physical_since[0] != '\0') {
		BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA since the start of this process, because of %s, which has no IOMMU: the bus can't choose IOVAs and only checks each page against the layout; use devices that have an IOMMU in another process",
			physical_since);
		return;
	}
	if (bus == NULL) {
		BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA because of --iova-mode=pa, or of a device of another bus that was removed since: the bus can't choose IOVAs and only checks each page against the layout; drop the option if you can, or use that device in another process");
		return;
	}
	dev = compat_find_device(bus, strcmp(bus->name, "pci") == 0 ?
			is_uio : is_any, NULL);
	BUS_LOG(WARNING, VFIO_MSI_BUS ": IOVA mode is PA, forced by bus %s, device %s: the bus can't choose IOVAs and only checks each page against the layout; use that device in another process, or bind it to vfio-pci if it is bound to UIO",
		bus->name, dev != NULL ? dev->name : "unknown");
}

static int
check_physical(char *why, size_t size)
{
	if (rte_eal_iova_mode() == RTE_IOVA_PA)
		return 0;
	snprintf(why, size, "devices without an IOMMU need physical addresses, but EAL's IOVA mode is VA because of --iova-mode=va or another bus; drop that option, or use that device in another process");
	return -ENOTSUP;
}

int
vfio_msi_policy_check(char *why, size_t size)
{
	if (vfio_msi_policy_assigns())
		return vfio_msi_assign_check(why, size);
	if (vfio_msi_policy_physical())
		return check_physical(why, size);
	if (rte_eal_iova_mode() == RTE_IOVA_VA)
		return vfio_msi_growth_check(decision, dpdk_assign(), why, size);
	log_forced_pa();
	return 0;
}

void
vfio_msi_policy_start(void)
{
	if (vfio_msi_policy_assigns() || rte_eal_iova_mode() == RTE_IOVA_VA)
		vfio_msi_assign_guard();
	if (!vfio_msi_policy_assigns() && rte_eal_iova_mode() == RTE_IOVA_VA)
		vfio_msi_growth_start();
}

void
vfio_msi_policy_stop(void)
{
	vfio_msi_growth_stop();
}
