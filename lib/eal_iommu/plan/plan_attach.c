/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Attaching a device to the address space, and explanations of the kernel's refusals. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan/plan_internal.h"
#include "topology/topology_nodes.h"
#include "uapi/vfio_uapi.h"

/* An error may mean that another process holds the node. @return 0 if none does. */
static int
say_held(struct topo_snapshot *snap, const struct ioas_member *m, const char *opened_by,
		int ret, char *why, size_t size)
{
	char group[VFIO_UAPI_NODE_LEN];
	const char *nodes[] = { m->cdev, group };
	struct topo_holder holder;
	size_t i;

	vfio_uapi_group_node(m->group, m->noiommu, group);
	for (i = 0; i < 2; i++)
		if (nodes[i] != NULL && topology_snapshot_holder(snap, nodes[i], &holder) == 0)
			return say(-EBUSY, why, size,
				"%s is held by process %d (%s); stop it if you don't need it, or use another device",
				nodes[i], holder.pid, holder.comm);
	for (i = 0; i < 2; i++)
		if (nodes[i] != NULL && topology_holds(snap->root, nodes[i]))
			return say(-EBUSY, why, size,
				"%s is held by this process already, e.g. by DPDK's pci bus; give the device to this bus at start-up, or keep that bus from it with --no-pci",
				nodes[i]);
	if (ret == -EBUSY)
		return say(ret, why, size,
			"%s is held by another process; find it with: fuser -v %s",
			opened_by, opened_by);
	return 0;
}

/*
 * Whether the firmware can give the device interrupt remapping: VT-d and AMD-Vi have it. A
 * virtio-iommu has none, also on x86, nor have IOMMUs of other architectures.
 */
static bool
can_remap(struct topo_snapshot *snap, const struct ioas_member *m)
{
	const struct topo_device *dev;
	struct topo_addr addr;

	return m->name != NULL && topology_parse_bdf(m->name, &addr) == 0 &&
		topology_snapshot_device(snap, &addr, &dev) == 0 &&
		(strncmp(dev->iommu, "dmar", strlen("dmar")) == 0 ||
			strncmp(dev->iommu, "ivhd", strlen("ivhd")) == 0);
}

static int
say_refused(struct topo_snapshot *snap, enum ioas_backend backend, const struct ioas_member *m,
		int ret, bool viable, char *why, size_t size)
{
	const char *unsafe = ioas_backend_traits(backend)->unsafe_interrupts;

	if (ret == -EPERM && !viable)
		return say(ret, why, size,
			"IOMMU group %d is not viable: a member is bound to a kernel driver",
			m->group);
	if (ret == -EPERM && unsafe == NULL)
		return say(ret, why, size,
			"the kernel refuses IOMMU group %d: another process may have a device of the group, or a security policy forbids it; see dmesg",
			m->group);
	if (ret == -EPERM && can_remap(snap, m))
		return say(ret, why, size,
			"the kernel refuses IOMMU group %d: the platform does not isolate its interrupts, or another process has a device of the group; switch interrupt remapping on in the firmware (VT-d, AMD-Vi) and remove intremap=off from the kernel command line; or, if you trust every device, set the module parameter %s",
			m->group, unsafe);
	if (ret == -EPERM)
		return say(ret, why, size,
			"the kernel refuses IOMMU group %d: the platform does not isolate its interrupts, or another process has a device of the group; if you trust every device, set the module parameter %s",
			m->group, unsafe);
	if (ret == -EINVAL && m->vf_token != NULL)
		return say(ret, why, size,
			"the kernel refuses the device or its VF token; does the device need a token, and does this kernel accept one with backend=%s? see dmesg",
			ioas_backend_name(backend));
	return say(ret, why, size,
		"the kernel refuses IOMMU group %d: its reserved regions or its IOMMU's limits conflict with this address space; see dmesg",
		m->group);
}

void
plan_explain_token(const struct ioas_member *m, char *why, size_t size)
{
	if (m->vf_token != NULL)
		say(0, why, size,
			"the VF token differs from that of the physical function; give the token of the process that uses the physical function");
	else
		say(0, why, size,
			"needs a VF token, as SR-IOV is on and the physical function is bound to vfio-pci; give the token of the process that uses the physical function: vf_token=UUID");
}

/* Is the device attached by its own node, not by its group's? */
static bool
is_alone(const struct ioas_member *m, const char *node)
{
	return m->cdev != NULL && strcmp(node, m->cdev) == 0;
}

static int
explain_refusal(struct topo_snapshot *snap, enum ioas_backend backend,
		const struct ioas_member *m, int ret, bool viable, char *why,
		size_t size)
{
	char node[PLAN_NODE_LEN];
	bool alone;

	if (m->fds != NULL && (ret == -EXDEV || ret == -EBUSY ||
			(ret == -EINVAL && m->vf_token == NULL)))
		return plan_explain_fds(m, ret, why, size);
	ioas_backend_node(backend, m, node, sizeof(node));
	/* For a device that another process holds the kernel has several errors, for a group EBUSY. */
	alone = is_alone(m, node);
	if (m->noiommu && plan_noiommu_explain(ret, node, why, size) != 0)
		return ret;
	switch (ret) {
	case -EBUSY:
	case -EPERM:
	case -EINVAL:
	case -EADDRINUSE:
		/* Descriptors that were given are open here, and perhaps in the launcher. */
		if (m->fds == NULL && (ret == -EBUSY || (alone && ret != -EADDRINUSE)) &&
		    say_held(snap, m, node, ret, why, size) != 0)
			return -EBUSY;
		return say_refused(snap, backend, m, ret, viable, why, size);
	case -EKEYREJECTED:
		plan_explain_token(m, why, size);
		return ret;
	case -EACCES:
		return say(ret, why, size,
			"no permission to open %s; give your group access to it: chgrp GROUP %s && chmod 660 %s; or give open descriptors of the nodes: %s",
			node, node, node, ioas_backend_traits(backend)->fds);
	case -ENOENT:
		return say(ret, why, size,
			"%s or %s does not exist here; load vfio-pci, or pass both nodes into the container, or open descriptors of them: %s",
			node, ioas_backend_traits(backend)->node,
			ioas_backend_traits(backend)->fds);
	case -EBADMSG:
		return say(ret, why, size, "IOVA ranges can't be read: %s; see dmesg",
			strerror(-ret));
	default:
		/* Either node may be the cause. */
		return say(ret, why, size, "%s can't be attached to %s: %s; see dmesg",
			node, ioas_backend_traits(backend)->node, strerror(-ret));
	}
}

int
plan_explain_refusal(struct topo_snapshot *snap, struct plan_device *pd,
		const struct ioas_member *m, int ret, bool viable, char *why, size_t size)
{
	char node[PLAN_NODE_LEN];

	ioas_backend_node(pd->backend, m, node, sizeof(node));
	/* If the kernel calls the group viable, its other members are not the cause. */
	if (viable && !is_alone(m, node) && (ret == -EPERM || ret == -EINVAL))
		plan_reasons_settle(&pd->reasons, -EPERM);
	return explain_refusal(snap, pd->backend, m, ret, viable, why, size);
}

int
plan_explain_attach(const char *root, const struct ioas *space,
		const struct ioas_member *m, int ret, bool viable, char *why,
		size_t size)
{
	struct topo_snapshot snap = { .root = root };

	ret = explain_refusal(&snap, ioas_backend_of(space), m, ret, viable, why, size);
	topology_snapshot_free(&snap);
	return ret;
}

struct ioas_member
plan_member(const struct plan_device *pd, const char *vf_token)
{
	return (struct ioas_member) {
		.group = pd->topo.group,
		.noiommu = pd->topo.group_noiommu,
		.group_fd = -1,
		.name = pd->topo.bdf,
		.cdev = pd->cdev[0] != '\0' ? pd->cdev : NULL,
		.vf_token = vf_token,
		.fds = pd->fds,
	};
}

int
plan_explain_choice(const struct plan_request *request, int ret, const struct ioas_choice *choice,
		struct plan_device *pd, char *why, size_t size)
{
	const struct ioas_choice c = *choice;

	if (ret < 0 && pd->topo.group_noiommu && c.node != NULL &&
	    plan_noiommu_explain(ret, c.node, why, size) != 0)
		return ret;
	if (ret < 0 && c.node == NULL)
		return say(ret, why, size, "it has no character device; %s",
			c.traits != NULL ? c.traits->need : strerror(-ret));
	if (ret < 0)
		return say(ret, why, size,
			"%s can't be used: %s; %s; or give open descriptors of the nodes: %s",
			c.node, strerror(-ret), c.traits->need, c.traits->fds);
	if (pd->fds != NULL)
		snprintf(pd->backend_why, sizeof(pd->backend_why),
			"descriptors of its nodes were given");
	else if (request->backend != IOAS_BACKEND_AUTO)
		snprintf(pd->backend_why, sizeof(pd->backend_why), "backend=%s",
			ioas_backend_name(request->backend));
	else if (c.passed == IOAS_BACKEND_AUTO)
		snprintf(pd->backend_why, sizeof(pd->backend_why),
			"kernel and device support it");
	else if (c.passed_node == NULL)
		snprintf(pd->backend_why, sizeof(pd->backend_why),
			"no %s, as the device has no character device",
			ioas_backend_name(c.passed));
	else
		snprintf(pd->backend_why, sizeof(pd->backend_why),
			"no %s, as %s can't be opened: %s", ioas_backend_name(c.passed),
			c.passed_node, strerror(-c.error));
	pd->backend_failed = request->backend == IOAS_BACKEND_AUTO && c.passed_node != NULL &&
		c.error != -ENOENT && c.error != -ENODEV;
	return 0;
}

/* All hugepages of the machine, as a process may allocate all of them. */
static void
state_need(const char *root, struct ioas *space)
{
	struct ioas_need need = { 0 };
	struct topo_node *nodes;
	uint64_t page;
	size_t i, n;

	/* What can't be read is not known. */
	if (!ioas_traits_of(space)->reserves || topology_nodes_read(root, &nodes, &n) < 0)
		return;
	for (i = 0; i < n; i++) {
		need.bytes += nodes[i].total;
		if (nodes[i].n_pools == 0)
			continue;
		page = nodes[i].pool[nodes[i].n_pools - 1].page;
		if (need.page == 0 || page < need.page)
			need.page = page;
	}
	free(nodes);
	ioas_need_set(space, &need);
}

/* Open the process's address space with the backend that suits the first device. */
static int
open_space(const struct plan_request *request, const char *root,
		const struct ioas_member *member, struct ioas **space, struct plan_device *pd, char *why, size_t size)
{
	struct ioas_choice c = { 0 };
	int ret = ioas_open(request->backend, member, request->layout, space, &c);

	if (ret == 0)
		state_need(root, *space);
	return plan_explain_choice(request, ret, &c, pd, why, size);
}

int
plan_check_backend(const struct plan_request *request, enum ioas_backend has, char *why, size_t size)
{
	if (ioas_backend_serves(request->backend, has))
		return 0;
	if (has == IOAS_BACKEND_NOIOMMU || request->backend == IOAS_BACKEND_NOIOMMU)
		return say(-EINVAL, why, size,
			"backend=%s was requested, but the first device of this process has backend %s, and devices with and without an IOMMU can't share an address space; use them in different processes",
			ioas_backend_name(request->backend), ioas_backend_name(has));
	return say(-EINVAL, why, size,
		"backend=%s was requested, but the devices of this process share one address space and the first of them chose %s; give all of them the same backend=",
		ioas_backend_name(request->backend), ioas_backend_name(has));
}

/* The new device must translate the ranges that memory may grow into. */
static int
check_kept(struct ioas *space, const struct plan_device *pd, char *why, size_t size)
{
	struct ioas_kept kept;
	int ret = ioas_keep_test(space, &pd->info, &kept);
	size_t i;

	if (ret == 0)
		return 0;
	for (i = 0; i < pd->holes.n; i++) {
		const struct iova_hole *h = &pd->holes.v[i];

		if (h->by == IOVA_BY_KERNEL && iova_range_overlap(h->range, kept.lost))
			return say(ret, why, size,
				"%s 0x%" PRIx64 "-0x%" PRIx64 " overlaps 0x%" PRIx64 "-0x%" PRIx64
				", which EAL's memory may grow into; give this device at start-up, so that the layout can avoid it",
				iova_origin_name(h->origin), h->range.first, h->range.last,
				kept.range.first, kept.range.last);
	}
	return say(ret, why, size,
		"its IOMMU aperture lacks 0x%" PRIx64 "-0x%" PRIx64 " of 0x%" PRIx64 "-0x%" PRIx64
		", which EAL's memory may grow into; give this device at start-up, so that the layout can avoid it",
		kept.lost.first, kept.lost.last, kept.range.first, kept.range.last);
}

int
plan_ask_kernel(const struct plan_request *request, struct topo_snapshot *snap,
		struct ioas **space, struct plan_device *pd, bool *asked, char *why, size_t size)
{
	const struct ioas_member member = plan_member(pd, request->vf_token);
	bool viable, opening = *space == NULL;
	int ret;

	*asked = false;
	ret = opening ? 0 : plan_check_backend(request, ioas_backend_of(*space), why, size);
	if (ret == 0)
		ret = plan_check_fds(snap->root, *space, pd, why, size);
	if (ret == 0 && opening)
		ret = open_space(request, snap->root, &member, space, pd, why, size);
	if (ret < 0)
		return ret;
	pd->backend = ioas_backend_of(*space);
	*asked = true;
	ret = ioas_survey(*space, &member, &pd->info, &viable);
	if (ret < 0)
		ret = plan_explain_refusal(snap, pd, &member, ret, viable, why, size);
	if (ret == 0) {
		ret = plan_check_regions(pd, why, size);
		if (ret == 0)
			ret = check_kept(*space, pd, why, size);
		if (ret < 0)
			ioas_release(*space, &member);
	}
	if (ret < 0 && opening) {
		ioas_close(*space);
		*space = NULL;
	}
	return ret;
}
