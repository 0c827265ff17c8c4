/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Scan: claim a device for each argument of the bus, then plan EAL's memory.
 *
 * Every hotplug rescans. A scan adds devices, skips those on the list, and drops unused ones
 * that were bound again or replaced. A device that can't be used is logged with the reason;
 * the scan goes on with the others. Before EAL has its memory, the layout decides where that
 * memory goes. Later, a new device must reach everything already mapped.
 *
 * If the primary attaches a device that only the primary can use, the scan in a secondary fails
 * with EEXIST. EAL then drops the argument there and goes on; with any other result the primary
 * would lose the device again. A secondary that starts answers the primary between its first scan
 * and its first probe, so only the first scan belongs to the start.
 *
 * "all" is expanded at start only, and an argument that was rejected at start is not tried again
 * before it is given again. A later scan would open and reset devices that the application has
 * released since, or never had, and that another process may use by then.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>
#include <bsd/string.h>

#include "claim.h"
#include "neighbours.h"
#include "policy.h"

/*
 * A device that an argument names has the keys of that argument, also if the bus rejects it for
 * them: with those of "all", the bus would use it without what the user asked for.
 */
static void
claim_one_of_all(const struct topo_addr *addr, const struct rte_devargs *da)
{
	if (vfio_msi_pci_devargs(addr) == NULL && !vfio_msi_devargs_allow(addr))
		vfio_msi_claim(addr, da);
}

/* "all" in a secondary process, given or implied: every device of the primary. */
static void
claim_all_shared(const struct rte_devargs *da, bool given)
{
	char why[VFIO_MSI_TEXT] = "";
	struct topo_addr addr;
	unsigned int n = 0;
	int ret;

	while ((ret = vfio_msi_mp_nth(n, &addr, why, sizeof(why))) == 0) {
		claim_one_of_all(&addr, da);
		n++;
	}
	if (ret != -ENODEV)
		BUS_LOG(ERR, "%s: not used: %s", VFIO_MSI_ALL, why);
	else if (n == 0 && given)
		BUS_LOG(ERR, "%s: the primary process has no device on this bus; start it with -a vfio_msi:BDF",
			VFIO_MSI_ALL);
}

/* "all": every device bound to a VFIO driver, unless another argument names it, on either bus. */
static void
claim_all(const struct rte_devargs *da)
{
	char why[PLAN_ODD];
	struct topo_set all;
	size_t i, found = 0;
	int ret = topology_snapshot_all(&vfio_msi_bus.scan.topo, &all);

	if (ret < 0) {
		BUS_LOG(ERR, "%s: can't list PCI devices: %s; check that /sys is mounted and readable", VFIO_MSI_ALL,
			strerror(-ret));
		return;
	}
	for (i = 0; i < all.n; i++) {
		if (!topology_is_vfio(all.v[i]) || all.v[i]->is_bridge)
			continue;
		found++;
		claim_one_of_all(&all.v[i]->addr, da);
	}
	for (; i < all.n + all.n_odd; i++) {
		plan_odd_text(&vfio_msi_bus.scan.topo, all.v[i], why, sizeof(why));
		BUS_LOG(WARNING, "%s: %s %s", VFIO_MSI_ALL, all.v[i]->bdf, why);
	}
	if (found == 0)
		BUS_LOG(ERR, "%s: no device is bound to a VFIO driver; choose one that this machine does not need, and bind it with the command that this prints for it: dpdk-test-msi list",
			VFIO_MSI_ALL);
}

static void
scan_all(const struct rte_devargs *da)
{
	static bool expanded;

	if (vfio_msi_bus.scanned) {
		if (!expanded)
			vfio_msi_reject(VFIO_MSI_ALL, da,
				"\"all\" applies at the start of a process; attach each device by its address");
		return;
	}
	expanded = true;
	if (vfio_msi_is_secondary())
		claim_all_shared(da, true);
	else
		claim_all(da);
}

/* An argument that is not for one device. */
static void
scan_unnamed(const struct rte_devargs *da)
{
	if (da->policy != RTE_DEV_ALLOWED)
		return;
	if (da->name[0] == '\0')
		vfio_msi_reject("bus=" VFIO_MSI_BUS, da,
			"the argument names no device; write bus=" VFIO_MSI_BUS ",addr=DDDD:BB:DD.F, or addr=all");
	else if (strcmp(da->name, VFIO_MSI_ALL) == 0)
		scan_all(da);
}

/* The argument for the device with the lowest address above @p prev (NULL: of all), or NULL. */
static const struct rte_devargs *
next_named(const struct topo_addr *prev, struct topo_addr *addr)
{
	const struct rte_devargs *found = NULL;
	struct rte_devargs *da;
	struct topo_addr have;

	RTE_EAL_DEVARGS_FOREACH(VFIO_MSI_BUS, da) {
		if (da->policy != RTE_DEV_ALLOWED || vfio_msi_devargs_addr(da, &have) < 0 ||
		    (prev != NULL && topology_addr_cmp(&have, prev) <= 0))
			continue;
		if (found != NULL && topology_addr_cmp(&have, addr) > 0)
			continue;
		found = da;
		*addr = have;
	}
	return found;
}

/*
 * In the order of addresses, whatever that of the arguments is: the kernel refuses a virtual
 * function until its physical function has been opened with the VF token.
 */
static void
scan_named(void)
{
	struct topo_addr addr, prev;
	const struct rte_devargs *da;

	for (da = next_named(NULL, &addr); da != NULL; da = next_named(&prev, &addr)) {
		vfio_msi_claim(&addr, da);
		prev = addr;
	}
}

/*
 * A secondary process without arguments gets all devices of the primary, under the same
 * conditions as on the pci bus.
 */
static void
scan_without_devargs(void)
{
	static const struct rte_devargs all = {
		.policy = RTE_DEV_ALLOWED, .name = VFIO_MSI_ALL,
	};

	if (vfio_msi_is_secondary() && !vfio_msi_bus.scanned &&
	    vfio_msi_pci_takes_all() && vfio_msi_presence_seen())
		claim_all_shared(&all, false);
}

int
vfio_msi_scan(void)
{
	struct rte_devargs *da;
	bool named = false;
	int ret;

	vfio_msi_forgotten_free();
	plan_scan_begin(&vfio_msi_bus.scan, "");
	vfio_msi_bus.pci_scanned = false;
	vfio_msi_bus.primary_only = false;
	vfio_msi_devargs_unite();
	vfio_msi_forget_changed();
	RTE_EAL_DEVARGS_FOREACH(VFIO_MSI_BUS, da) {
		named = true;
		scan_unnamed(da);
	}
	scan_named();
	if (!named)
		scan_without_devargs();
	plan_scan_end(&vfio_msi_bus.scan);
	vfio_msi_policy_plan();
	/* Of all errors in a secondary, EAL lets the primary keep the device after this one only. */
	ret = vfio_msi_bus.primary_only && vfio_msi_bus.scanned ? -EEXIST : 0;
	vfio_msi_bus.scanned = true;
	return ret;
}
