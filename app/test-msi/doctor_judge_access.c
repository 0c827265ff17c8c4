/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about what the user can reach. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"
#include "hole_argument.h"

#define ROOM 128	/* for other words of a cure */

/* Two nodes are one way to a device. */
static bool
way_exists(const struct doctor_node *way)
{
	return way[0].path[0] != '\0' && !way[0].absent && !way[1].absent;
}

/* The mode of a node allows it, else the error is EACCES. */
static bool
is_forbidden(const struct doctor_vfio *v, size_t way)
{
	return (way == 0 ? v->container_error : v->iommufd_error) == -EPERM;
}

/* Is a way that is forbidden the only one to some device? */
static bool
is_needed(const struct doctor_facts *f, size_t way)
{
	const bool other_forbidden = is_forbidden(&f->vfio, 2 - way);
	size_t i;

	for (i = 0; i < f->n; i++)
		if (way_exists(&f->v[i].node[way]) && (other_forbidden || !way_exists(&f->v[i].node[2 - way])))
			return true;
	return f->n == 0 && (other_forbidden || (way == 0 ? f->vfio.iommufd : f->vfio.container) != DOCTOR_YES);
}

static void
judge_forbidden(const struct doctor_facts *f, struct doctor_findings *out)
{
	size_t way;

	for (way = 0; way < DOCTOR_NODES; way += 2) {
		const char *path = way == 0 ? "/dev/vfio/vfio" : "/dev/iommu";

		if (!is_forbidden(&f->vfio, way) || !is_needed(f, way))
			continue;
		doctor_add(out, DOCTOR_NODE_FORBIDDEN, NULL, "the kernel forbids this process to open %s, though the mode of the node allows it",
			path);
		doctor_cure(out, "pass %s and the nodes of the devices as devices, not as a volume: docker run --device, a device plugin of Kubernetes (doc/howto/kubernetes.rst), or DeviceAllow= of a unit",
			path);
	}
}

/* Variants of vfio-pci work without it. */
static bool
any_bound(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (topology_is_vfio(&f->v[i].plan.topo))
			return true;
	return false;
}

static void
cure_load(const struct doctor_facts *f, struct doctor_findings *out)
{
	if (f->vfio.module == DOCTOR_NO)
		doctor_cure(out, "%sthe running kernel has no module vfio-pci: install the package of its other modules, or a kernel that has it (kernels for clouds may lack it), and reboot", doctor_on_host(f));
	else
		doctor_cure(out, "%smodprobe vfio-pci; to keep it after a reboot: doc/howto/hardware.rst, After a reboot", doctor_on_host(f));
}

void
doctor_judge_vfio(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_vfio *v = &f->vfio;

	if (v->driver == DOCTOR_NO && !any_bound(f)) {
		doctor_add(out, DOCTOR_VFIO_DRIVER, NULL, "the driver vfio-pci is not loaded");
		cure_load(f, out);
	} else if (v->container == DOCTOR_NO && v->iommufd == DOCTOR_NO) {
		doctor_add(out, DOCTOR_VFIO_NODE, NULL, "neither /dev/vfio/vfio nor /dev/iommu exists here");
		if (f->machine.container[0] != '\0')
			doctor_cure(out, "pass one of them, and the nodes of the devices, into the container");
		else if (f->machine.arch == TOPO_ARCH_POWER && f->vfio.module != DOCTOR_NO)
			doctor_cure(out, "modprobe vfio-pci; modprobe vfio_iommu_spapr_tce");
		else
			cure_load(f, out);
	}
	judge_forbidden(f, out);
}

const struct doctor_node *
doctor_node_missing(const struct doctor_device *d)
{
	const struct doctor_node *way, *missing = NULL;

	for (way = d->node; way < d->node + DOCTOR_NODES; way += 2) {
		if (way_exists(way))
			return NULL;
		if (way[0].path[0] != '\0' && missing == NULL)
			missing = &way[way[1].absent ? 1 : 0];
	}
	return missing;
}

static bool
any_exists(const struct doctor_facts *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (way_exists(&f->v[i].node[0]) || way_exists(&f->v[i].node[2]))
			return true;
	return false;
}

/* @param way  one node of it is missing, or both */
static void
judge_absent(const struct doctor_facts *f, const struct doctor_device *d, const struct doctor_node *way,
		struct doctor_findings *out)
{
	const char *path = way[way[1].absent ? 1 : 0].path;

	/* That is a finding of its own. */
	if (f->vfio.container == DOCTOR_NO && f->vfio.iommufd == DOCTOR_NO)
		return;
	if (f->machine.container[0] != '\0' && !f->named && any_exists(f)) {
		doctor_add(out, DOCTOR_NODE_NOT_PASSED, d->bdf, "%s does not exist in this container", path);
		return;
	}
	doctor_add(out, DOCTOR_NODE_ABSENT, d->bdf, "%s does not exist here", path);
	if (f->machine.container[0] != '\0')
		doctor_cure(out, "pass %s and %s into the container: doc/howto/containers.rst", way[0].path, way[1].path);
	else
		doctor_cure(out, "if this is a container, pass %s and %s into it; otherwise check that /dev is a devtmpfs, in which the kernel creates both: findmnt /dev",
			way[0].path, way[1].path);
}

const char *
doctor_on_host(const struct doctor_facts *f)
{
	return f->machine.container[0] != '\0' ? "on the host: " : "";
}

const char *
doctor_who(const struct doctor_facts *f)
{
	return f->user.name[0] != '\0' ? f->user.name : "this user";
}

static void
judge_denied(const struct doctor_facts *f, const struct doctor_device *d, const struct doctor_node *bad,
		struct doctor_findings *out)
{
	const char *who = doctor_who(f);

	if (bad->open == DOCTOR_UNKNOWN) {
		doctor_add(out, DOCTOR_NODE_UNTESTED, d->bdf, "whether %s can open %s was not tried", who, bad->path);
		doctor_cure(out, f->user.later ?
			"run doctor as root while the unit runs: its user, or a group of it, does not exist now" :
			"run doctor as root, or as that user");
		return;
	}
	doctor_add(out, DOCTOR_NODE_DENIED, d->bdf, "%s can't open %s for reading and writing", who, bad->path);
	doctor_cure(out, "give it to a group of users who may use the device: chgrp GROUP %s && chmod 660 %s; doc/howto/non-root.rst has a udev rule that lasts",
		bad->path, bad->path);
}

/* The windows that this process reads and the user of the application can't, as keys. */
static void
judge_windows_of_user(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	char argument[HOLE_ARGUMENT_LEN];

	if (!f->user.windows_hidden || !d->used || d->plan.bridge.source != HOLES_SOURCE_IOMEM ||
			doctor_windows_given(d) ||
			!hole_argument(d->bdf, &d->plan, argument))
		return;
	doctor_add(out, DOCTOR_WINDOWS_UNREAD, d->bdf,
		"/proc/iomem shows no addresses to %s, so the application knows only a part of the windows of the host bridge",
		doctor_who(f));
	if (strlen(argument) < PLAN_TEXT - ROOM)
		doctor_cure(out, "if the application does not have them already, give it all at start, with the device's other keys behind it: -a %s",
			argument);
	else
		doctor_cure(out, "give it at start the argument that this prints as root: dpdk-test-msi layout -a vfio_msi:%s",
			d->bdf);
}

/* Either both nodes of a group, or both of iommufd, are enough. */
static void
judge_nodes(const struct doctor_facts *f, const struct doctor_device *d, struct doctor_findings *out)
{
	const struct doctor_node *way, *bad = NULL, *missing = NULL;
	bool forbidden = false;
	size_t i;

	for (way = d->node; way < d->node + DOCTOR_NODES; way += 2) {
		if (way_exists(way) && is_forbidden(&f->vfio, (size_t)(way - d->node))) {
			forbidden = true;
			continue;
		}
		if (!way_exists(way)) {
			/* Better the way of which the node exists that all devices share. */
			if (way->path[0] != '\0' && (missing == NULL || missing->absent))
				missing = way;
			continue;
		}
		if (way[0].open == DOCTOR_YES && way[1].open == DOCTOR_YES)
			return;
		for (i = 0; i < 2; i++)
			if (way[i].open != DOCTOR_YES && (bad == NULL ||
					(bad->open != DOCTOR_NO && way[i].open == DOCTOR_NO)))
				bad = &way[i];
	}
	if (bad != NULL)
		judge_denied(f, d, bad, out);
	else if (missing != NULL && !forbidden)
		judge_absent(f, d, missing, out);
}

void
doctor_judge_access(const struct doctor_facts *f, const struct doctor_device *d,
		struct doctor_findings *out)
{
	judge_windows_of_user(f, d, out);
	judge_nodes(f, d, out);
}
