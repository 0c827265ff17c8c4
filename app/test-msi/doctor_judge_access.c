/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about what the user can reach. */

#include "doctor.h"

/* Either both nodes of a group, or both of iommufd, are enough. */
void
doctor_judge_access(const struct doctor_facts *f, const struct doctor_device *d,
		struct doctor_findings *out)
{
	const char *who = f->user.name[0] != '\0' ? f->user.name : "this user";
	const struct doctor_node *n = d->node, *bad = NULL;
	size_t i, pair;

	for (pair = 0; pair < DOCTOR_NODES; pair += 2) {
		const bool exists = n[pair].path[0] != '\0' && n[pair + 1].path[0] != '\0';

		if (exists && n[pair].open == DOCTOR_YES && n[pair + 1].open == DOCTOR_YES)
			return;
		for (i = pair; exists && i < pair + 2; i++)
			if (n[i].open != DOCTOR_YES && (bad == NULL ||
					(bad->open != DOCTOR_NO && n[i].open == DOCTOR_NO)))
				bad = &n[i];
	}
	if (bad == NULL)
		return;
	if (bad->open == DOCTOR_UNKNOWN) {
		doctor_add(out, DOCTOR_NODE_UNTESTED, d->bdf, "whether %s can open %s was not tried", who, bad->path);
		doctor_cure(out, "run doctor as root, or as that user");
		return;
	}
	doctor_add(out, DOCTOR_NODE_DENIED, d->bdf, "%s can't open %s for reading and writing", who, bad->path);
	doctor_cure(out, "give it to a group of users who may use the device: chgrp GROUP %s && chmod 660 %s; doc/howto/non-root.rst has a udev rule that lasts",
		bad->path, bad->path);
}
