/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Choose the type of interrupt of a device, and fill in EAL's handle.
 *
 * EAL's rte_intr_enable() requests all vectors at once when the PMD starts, and only
 * logs a failure. So the bus tries each type with one vector before the PMD sees the
 * handle: a type that the kernel refuses now, it would refuse then. Falling back to
 * another type is logged with the reason.
 *
 * How many vectors a PMD will want is not known, but how many there are is: the bus tries
 * MSI-X with all that the device has and EAL can use. If the kernel has fewer, it logs both
 * numbers and makes EAL's handle as small, so that EAL rejects more queues when the PMD
 * enables them. Vectors that other devices take later can't be seen: EAL logs that then.
 *
 * Where vectors are few, other processes find none while the bus tries. So it does not for a
 * driver that does not use EAL's handle as the bus fills it in.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_interrupts.h>

#include "device.h"
#include "neighbours.h"
#include "vfio_msi_native.h"
#include "uapi/vfio_uapi.h"
#include "vectors/vectors_request.h"

struct kind {
	unsigned int index;
	enum rte_intr_handle_type type;
	const char *name;
	bool message;		/* a write to memory, through the IOMMU */
};

static const struct kind kinds[] = {
	{ VFIO_PCI_MSIX_IRQ_INDEX, RTE_INTR_HANDLE_VFIO_MSIX, "MSI-X", true },
	{ VFIO_PCI_MSI_IRQ_INDEX, RTE_INTR_HANDLE_VFIO_MSI, "MSI", true },
	{ VFIO_PCI_INTX_IRQ_INDEX, RTE_INTR_HANDLE_VFIO_LEGACY, "INTx", false },
};

/* The allowed types, and whether polling only is allowed. */
struct request {
	bool msix, msi, intx, none;
	const char *option;
};

static struct request
request_of(enum vfio_msi_mode mode)
{
	switch (mode) {
	case VFIO_MSI_AUTO:
		return (struct request){ true, true, true, true, "msi=auto" };
	case VFIO_MSI_REQUIRE:
		return (struct request){ true, true, false, false, "msi=require" };
	case VFIO_MSI_OFF:
		return (struct request){ false, false, true, true, "msi=off" };
	case VFIO_MSI_DEFAULT:
		break;
	}
	switch (rte_eal_vfio_intr_mode()) {
	case RTE_INTR_MODE_MSIX:
		return (struct request){ .msix = true, .option = "--vfio-intr=msix" };
	case RTE_INTR_MODE_MSI:
		return (struct request){ .msi = true, .option = "--vfio-intr=msi" };
	case RTE_INTR_MODE_LEGACY:
		return (struct request){ .intx = true, .option = "--vfio-intr=legacy" };
	default:
		return (struct request){ true, true, true, true, "msi=auto" };
	}
}

static bool
is_allowed(const struct request *w, const struct kind *k)
{
	switch (k->index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return w->msix;
	case VFIO_PCI_MSI_IRQ_INDEX:
		return w->msi;
	default:
		return w->intx;
	}
}

/*
 * A shortage that lasts would make each device wait for nothing, once for each type. So after a
 * wait in vain nobody waits for a second.
 */
unsigned int
vfio_msi_vectors_tries(void)
{
	return rte_get_timer_cycles() <
		__atomic_load_n(&vfio_msi_bus.short_until, __ATOMIC_RELAXED) ? 1 : VECTORS_TRIES;
}

void
vfio_msi_vectors_short(void)
{
	__atomic_store_n(&vfio_msi_bus.short_until, rte_get_timer_cycles() + rte_get_timer_hz(),
		__ATOMIC_RELAXED);
}

/*
 * Try one type with one vector.
 *
 * @return 1: works, left disabled; 0: the device has none; -errno: the kernel refuses
 */
static int
try_kind(struct vfio_msi_device *dev, const struct kind *k, int efd,
		unsigned int *count)
{
	struct vfio_irq_info info;
	int ret = vfio_uapi_irq_info(dev->fd, k->index, &info);

	if (ret < 0)
		return ret;
	if (info.count == 0 || (info.flags & VFIO_IRQ_INFO_EVENTFD) == 0)
		return 0;
	*count = info.count;
	/* INTx does not run out, and a backend without doorbells has none the next time either. */
	if (k->message && !dev->plan.msi_doubtful) {
		ret = vectors_request(dev->fd, k->index, &efd, 1, vfio_msi_vectors_tries());
		if (ret == -ENOSPC)
			vfio_msi_vectors_short();
	} else {
		ret = vfio_uapi_set_irqs(dev->fd, k->index, 0, &efd, 1);
	}
	if (ret < 0)
		return ret;
	vfio_uapi_set_irqs(dev->fd, k->index, 0, NULL, 0);
	return 1;
}

/* What the kernel's error means, after @p joint. @return the length, as snprintf() */
static size_t
say_refused(const struct vfio_msi_device *dev, const struct kind *k, int ret, const char *joint,
		char *why, size_t size)
{
	if (k->message && dev->plan.msi_doubtful)
		return (size_t)snprintf(why, size,
			"%s%s: the kernel can't allocate a vector: %s: %s", joint, k->name,
			strerror(-ret), dev->plan.msi_why);
	if (k->message && ret == -ENOSPC)
		return (size_t)snprintf(why, size,
			"%s%s: the kernel can't allocate a vector: %s (to free vectors, stop other devices, or configure fewer queues for them)",
			joint, k->name, strerror(-ret));
	return (size_t)snprintf(why, size, "%s%s: the kernel can't allocate a vector: %s", joint,
		k->name, strerror(-ret));
}

/* The first allowed type that works, or NULL; why has the reason of each that does not. */
static const struct kind *
choose(struct vfio_msi_device *dev, const struct request *w, int efd,
		unsigned int *count, char *why, size_t size)
{
	size_t i, at = 0;
	int ret;

	for (i = 0; i < RTE_DIM(kinds); i++) {
		const struct kind *k = &kinds[i];

		if (!is_allowed(w, k))
			continue;
		/* A kernel that maps no doorbells is asked all the same: it may be improved. */
		if (k->message && dev->plan.msi == PLAN_MSI_LOST && !dev->plan.msi_doubtful) {
			at += (size_t)snprintf(why + at, size - at, "%s%s can't arrive: %s",
				at > 0 ? "; " : "", k->name, dev->plan.msi_why);
		} else {
			ret = try_kind(dev, k, efd, count);
			if (ret > 0)
				return k;
			if (ret == 0)
				at += (size_t)snprintf(why + at, size - at,
					"%s%s: not supported by the device or the platform",
					at > 0 ? "; " : "", k->name);
			else
				at += say_refused(dev, k, ret, at > 0 ? "; " : "", why + at,
						size - at);
		}
		if (at >= size)
			at = size - 1;
	}
	return NULL;
}

/*
 * Whether a driver may request vectors through EAL's handle as the bus fills it in. A driver
 * of this bus requests those that it uses, and for one that maps the device EAL fills in the
 * handle again.
 */
static bool
handle_is_used(const struct vfio_msi_device *dev)
{
	struct rte_pci_driver *drv = NULL;

	while ((drv = vfio_msi_pci_driver(drv, &dev->pci.device.id)) != NULL)
		if ((drv->drv_flags & RTE_PCI_DRV_NEED_MAPPING) != 0 &&
		    vfio_msi_native_of(drv) == NULL)
			return true;
	return false;
}

/* How many of the vectors that EAL would request the kernel has now; count: enough. */
static unsigned int
available(const struct vfio_msi_device *dev, const struct kind *k, unsigned int count)
{
	unsigned int n = RTE_MIN(count, RTE_MAX_RXTX_INTR_VEC_ID + 1u), has;

	if (!handle_is_used(dev))
		return count;
	has = vectors_available(dev->fd, k->index, n, vfio_msi_vectors_tries());
	if (has == n)
		return count;
	vfio_msi_vectors_short();
	return has;
}

static int
fill_handle(struct vfio_msi_device *dev, const struct kind *k, int efd,
		unsigned int count)
{
	struct rte_intr_handle *h = dev->pci.device.intr_handle;
	unsigned int has = count;

	if (k != NULL && k->index == VFIO_PCI_MSIX_IRQ_INDEX) {
		count = available(dev, k, has);
		if ((count < has || (unsigned int)rte_intr_nb_intr_get(h) < has) &&
		    rte_intr_event_list_update(h, (int)count) != 0)
			return -ENOMEM;
	}
	if (count < has)
		BUS_LOG(WARNING, "%s: the device has %u MSI-X vectors, but the kernel has %u for it now: EAL rejects receive interrupts for more than %u queues; use fewer, or stop other devices and attach this one again",
			dev->label, has, count, count - 1);
	VFIO_MSI_SHOW(dev, interrupts, k != NULL ? k->name : NULL);
	VFIO_MSI_SHOW(dev, vectors, has);
	rte_intr_fd_set(h, efd);
	rte_intr_type_set(h, k != NULL ? k->type : RTE_INTR_HANDLE_UNKNOWN);
	return 0;
}

/* The kernel gave the vector, but its writes may not reach the interrupt controller. */
static void
log_reachability(const struct vfio_msi_device *dev, const struct kind *k)
{
	if (dev->plan.msi == PLAN_MSI_LIKELY_LOST)
		BUS_LOG(WARNING, "%s: %s may not arrive: %s; test it while no application uses the device: dpdk-test-msi irq %s; if no interrupt arrives, use msi=off",
			dev->label, k->name, dev->plan.msi_why, dev->label);
	else if (dev->plan.msi_doubtful)
		BUS_LOG(NOTICE, "%s: the kernel has granted %s, which was not expected: %s; test it while no application uses the device: dpdk-test-msi irq %s",
			dev->label, k->name, dev->plan.msi_why, dev->label);
	else if (dev->plan.msi == PLAN_MSI_UNSURE)
		BUS_LOG(INFO, "%s: whether %s arrives is not known: %s", dev->label, k->name,
			dev->plan.msi_why);
}

int
vfio_msi_intr_setup(struct vfio_msi_device *dev)
{
	struct request w = request_of(dev->conf.msi);
	char why[2 * VFIO_MSI_TEXT] = "";
	const struct kind *k;
	unsigned int count = 0;
	int efd = vfio_uapi_eventfd();
	int ret;

	if (efd < 0) {
		BUS_LOG(ERR, "%s: can't create an eventfd for interrupts: %s; raise the limit of open files (ulimit -n)",
			dev->label, strerror(-efd));
		return efd;
	}
	k = choose(dev, &w, efd, &count, why, sizeof(why));
	if (k == NULL && !w.none) {
		BUS_LOG(ERR, "%s: no interrupt type allowed by %s works: %s; msi=auto accepts any type",
			dev->label, w.option, why);
		ret = -ENOTSUP;
		goto err_close;
	}
	ret = fill_handle(dev, k, efd, count);
	if (ret < 0) {
		BUS_LOG(ERR, "%s: can't allocate %u interrupt vectors: %s; free memory or raise the limit (ulimit -v)",
			dev->label, count, strerror(-ret));
		goto err_close;
	}
	if (why[0] != '\0')
		BUS_LOG(NOTICE, "%s: %s: %s", dev->label, k == NULL ?
			"no interrupts, only polling works" :
			k->message ? "interrupts are MSI" : "interrupts are INTx", why);
	else	/* without a reason choose() found one */
		BUS_LOG(INFO, "%s: interrupts are %s, %u vectors", dev->label,
			k->name, count);
	if (k != NULL && k->message)
		log_reachability(dev, k);
	return 0;

err_close:
	vfio_uapi_close(efd);
	return ret;
}

void
vfio_msi_intr_disable(const struct vfio_msi_device *dev)
{
	size_t i;

	for (i = 0; i < RTE_DIM(kinds); i++)
		vfio_uapi_set_irqs(dev->fd, kinds[i].index, 0, NULL, 0);
}

void
vfio_msi_intr_teardown(struct vfio_msi_device *dev)
{
	struct rte_intr_handle *h = dev->pci.device.intr_handle;
	int efd = rte_intr_fd_get(h);

	/* The PMD has disabled the interrupts already; a second time is harmless. */
	vfio_msi_intr_disable(dev);
	VFIO_MSI_SHOW(dev, interrupts, NULL);
	VFIO_MSI_SHOW(dev, vectors, 0);
	rte_intr_fd_set(h, -1);
	rte_intr_type_set(h, RTE_INTR_HANDLE_UNKNOWN);
	vfio_uapi_close(efd);
}
