/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about the keys that a device needs. */

#include "doctor.h"

/* The kernel wants a token if vfio-pci itself has switched SR-IOV on. A trial shows it. */
static void
judge_token(const struct doctor_device *d, struct doctor_findings *out)
{
	if (d->physical[0] == '\0' || d->trial.came >= DOCTOR_CAME_SET_UP)
		return;
	doctor_add(out, DOCTOR_VF_TOKEN, d->bdf,
		"its physical function %s is bound to a VFIO driver: if that has switched SR-IOV on, the device needs a VF token",
		d->physical);
	doctor_cure(out, "give the token of the process that uses the physical function: -a vfio_msi:%s,vf_token=UUID (doc/howto/vf.rst)",
		d->bdf);
}

void
doctor_judge_keys(const struct doctor_device *d, struct doctor_findings *out)
{
	judge_token(d, out);
}
