/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * EAL's layered syntax, bus=vfio_msi,addr=BDF: in device arguments, and to iterate over
 * devices (RTE_DEV_FOREACH).
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_kvargs.h>

#include "claim.h"

#define KEY_ADDR "addr"
#define ALL "all"

struct match {
	bool named;
	bool any;
	struct topo_addr addr;
};

/*
 * Parse addr=; "all", or no addr=, matches any device.
 *
 * @return 0; -EINVAL with the reason logged
 */
static int
parse(const char *str, const char *const keys[], struct match *m)
{
	struct rte_kvargs *kv = rte_kvargs_parse(str, keys);
	const char *value;
	int ret = 0;

	if (kv == NULL) {
		BUS_LOG(ERR, "bus=" VFIO_MSI_BUS ": can't parse \"%s\"; name a device with addr=DDDD:BB:DD.F",
			str);
		return -EINVAL;
	}
	value = rte_kvargs_get(kv, KEY_ADDR);
	m->named = value != NULL;
	m->any = value == NULL || strcmp(value, ALL) == 0;
	if (rte_kvargs_count(kv, KEY_ADDR) > 1 ||
	    (!m->any && topology_parse_bdf(value, &m->addr) < 0)) {
		BUS_LOG(ERR, "bus=" VFIO_MSI_BUS ": invalid addr=%s; give one addr=DDDD:BB:DD.F, or addr=all",
			value);
		ret = -EINVAL;
	}
	rte_kvargs_free(kv);
	return ret;
}

/* On any thread, while main removes and frees other devices than @p start. */
void *
vfio_msi_dev_iterate(const void *start, const char *str)
{
	static const char *const keys[] = { KEY_ADDR, NULL };
	struct match m = { .any = true };
	struct vfio_msi_device *dev;

	if (str != NULL && parse(str, keys, &m) < 0) {
		rte_errno = EINVAL;
		return NULL;
	}
	rte_spinlock_lock(&vfio_msi_bus.bars_lock);
	dev = start != NULL ? TAILQ_NEXT(vfio_msi_of(start), next) :
		TAILQ_FIRST(&vfio_msi_bus.devices);
	while (dev != NULL && !m.any && topology_addr_cmp(&dev->plan.topo.addr, &m.addr) != 0)
		dev = TAILQ_NEXT(dev, next);
	rte_spinlock_unlock(&vfio_msi_bus.bars_lock);
	return dev != NULL ? &dev->pci.device.device : NULL;
}

/* An iterator needs no addr=; the scan rejects an argument without it. */
int
vfio_msi_devargs_parse(struct rte_devargs *da)
{
	char name[TOPO_BDF_LEN] = VFIO_MSI_ALL;
	struct match m;
	int ret;

	if (da == NULL || da->bus_str == NULL)
		return 0;
	ret = parse(da->bus_str, NULL, &m);
	if (ret < 0) {
		rte_errno = -ret;
		return ret;
	}
	if (!m.any)
		topology_format_bdf(&m.addr, name, sizeof(name));
	if (m.named)
		snprintf(da->name, sizeof(da->name), "%s", name);
	/* libethdev calls strlen() on it, with or without a driver layer. */
	if (da->drv_str == NULL)
		da->drv_str = "";
	return 0;
}
