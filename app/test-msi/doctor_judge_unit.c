/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about a unit of systemd: the nodes that it may open, and the folders that it, or a user, may write to. */

#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define ENTRY_LEN 256

static bool
allows(const struct doctor_user *u, const char *node)
{
	const char *at = u->unit_allows;
	char entry[ENTRY_LEN];
	size_t len;

	for (; *at != '\0'; at += len + (at[len] == '\n')) {
		len = strcspn(at, "\n");
		if (len >= sizeof(entry))
			continue;
		memcpy(entry, at, len);
		entry[len] = '\0';
		if (doctor_entry_allows(entry, node))
			return true;
	}
	return false;
}

/* The node that keeps the unit from a device, or NULL: it may open both nodes of one way. */
static const char *
node_missing(const struct doctor_user *u, const struct doctor_device *d)
{
	const struct doctor_node *way;
	const char *missing = NULL;
	size_t i;

	for (way = d->node; way < d->node + DOCTOR_NODES; way += 2) {
		if (way[0].path[0] == '\0' || way[0].absent || way[1].absent)
			continue;
		for (i = 0; i < 2 && allows(u, way[i].path); i++)
			;
		if (i == 2)
			return NULL;
		if (missing == NULL)
			missing = way[i].path;
	}
	return missing;
}

static void
cure_devices(const struct doctor_user *u, struct doctor_findings *out)
{
	char name[sizeof(u->unit) + sizeof(".service")];

	snprintf(name, sizeof(name), "%s%s", u->unit, strchr(u->unit, '.') == NULL ? ".service" : "");
	doctor_cure(out, "mkdir -p '/etc/systemd/system/%s.d' && { echo '[Service]'; echo PrivateDevices=no; echo DeviceAllow=/dev/vfio/vfio rw; echo DeviceAllow=char-vfio rw; echo DeviceAllow=char-vfio-dev rw; echo DeviceAllow=/dev/iommu rw; } > '/etc/systemd/system/%s.d/vfio-msi-devices.conf' && systemctl daemon-reload; then restart the unit when its interruption is acceptable",
		name, name);
}

/* An entry may be of the group that the device had before a card was added. */
static void
judge_allowed(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_user *u = &f->user;
	const char *node;
	size_t i;

	for (i = 0; i < f->n; i++) {
		node = node_missing(u, &f->v[i]);
		if (node == NULL)
			continue;
		doctor_add(out, DOCTOR_UNIT_DEVICES, f->v[i].bdf, "the unit %s has no DeviceAllow= for %s", u->unit, node);
		cure_devices(u, out);
	}
}

/* EAL's own folder there may be writable alone. /var/run is a link to /run, and the settings may name either. */
static bool
runtime_sealed(const struct doctor_user *u)
{
	static const char link[] = "/var/run/";
	char folder[sizeof(u->runtime) + sizeof("/dpdk")];

	snprintf(folder, sizeof(folder), "%s/dpdk", u->runtime);
	return doctor_unit_seals(u, folder) && (strncmp(folder, link, strlen(link)) != 0 ||
		doctor_unit_seals(u, folder + strlen("/var")));
}

static void
judge_runtime(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_user *u = &f->user;

	if (u->runtime_many) {
		doctor_add(out, DOCTOR_RUNTIME_DENIED, NULL, "RuntimeDirectory= of the unit %s names several folders, and EAL takes them for one name", u->unit);
		doctor_cure(out, "systemctl edit %s, add the lines [Service] and Environment=RUNTIME_DIRECTORY=/run/NAME, with one of these names, and restart the unit when its interruption is acceptable",
			u->unit);
		return;
	}
	if (u->runtime[0] == '\0')
		return;
	if (u->unit[0] != '\0' && runtime_sealed(u))
		doctor_add(out, DOCTOR_RUNTIME_DENIED, NULL, "settings of the unit %s keep it from writing to %s", u->unit, u->runtime);
	else if (u->runtime_open == DOCTOR_NO)
		doctor_add(out, DOCTOR_RUNTIME_DENIED, NULL, "%s can't make a folder in %s", doctor_who(f), u->runtime);
	else
		return;
	if (u->unit[0] != '\0')
		doctor_cure(out, "systemctl edit %s, add the lines [Service] and RuntimeDirectory=NAME, which makes /run/NAME for it, and restart the unit when its interruption is acceptable",
			u->unit);
	else if (f->machine.container[0] != '\0')
		doctor_cure(out, "give the container a folder that the user can write to, and start the application with RUNTIME_DIRECTORY=FOLDER: docker run --tmpfs, in Kubernetes an emptyDir (doc/howto/kubernetes.rst)");
	else
		doctor_cure(out, "start the application with RUNTIME_DIRECTORY=FOLDER, which exists and to which only its user can write");
}

void
doctor_judge_unit(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_user *u = &f->user;

	/* A unit that runs has its folder. */
	if (!doctor_unit_runs(f))
		judge_runtime(f, out);
	if (u->unit[0] == '\0')
		return;
	if (u->unit_found != DOCTOR_YES) {
		doctor_add(out, DOCTOR_UNIT_UNKNOWN, NULL, u->unit_found == DOCTOR_NO ?
			"systemd has no unit %s" : "systemd can't be asked about the unit %s", u->unit);
		doctor_cure(out, "see: systemctl status %s", u->unit);
	}
	if (u->unit_hides[0] != '\0') {
		doctor_add(out, DOCTOR_UNIT_DEVICES, NULL, "the unit %s has %s, which keeps it from device nodes",
			u->unit, u->unit_hides);
		cure_devices(u, out);
	} else if (u->unit_closed) {
		judge_allowed(f, out);
	}
}

/* The length of the longest path of a list that a folder is in; 0: none. */
static size_t
longest(const char *list, const char *folder)
{
	size_t len, most = 0;

	for (;; list += len) {
		/* A mark in front: "if it exists", "below RootDirectory=". */
		list += strspn(list, " -+");
		len = strcspn(list, " ");
		if (len == 0)
			return most;
		if (len > most && strncmp(list, folder, len) == 0 &&
				(folder[len] == '/' || folder[len] == '\0' || list[len - 1] == '/'))
			most = len;
	}
}

bool
doctor_unit_seals(const struct doctor_user *u, const char *folder)
{
	size_t sealed = longest(u->unit_sealed, folder), writable = longest(u->unit_writable, folder);

	if (u->unit_strict && sealed == 0 && writable == 0)
		return longest("/dev /proc /sys", folder) == 0;
	return sealed > writable;
}
