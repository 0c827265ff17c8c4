/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Does an x86 machine remap interrupts? Without that a device's write can raise every
 * interrupt, so the kernel refuses devices to programs.
 *
 * The kernel names the chips of remapped interrupts so: IR-IO-APIC, IR-PCI-MSI. All or none
 * are remapped. A capture lacks them, so the command line and the IOMMUs are looked at too.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doctor.h"
#include "sysfs/sysfs.h"

#define ECAP_IR (UINT64_C(1) << 3)	/* interrupt remapping */

/* @return DOCTOR_NO if there are interrupts, and none is remapped */
static enum doctor_known
interrupts_look(const char *root)
{
	enum doctor_known found = DOCTOR_UNKNOWN;
	char *text;

	if (sysfs_read_file(root, &text, NULL, "/proc/interrupts") != 0)
		return found;
	if (strstr(text, " IR-IO-APIC") != NULL || strstr(text, " IR-PCI-MSI") != NULL)
		found = DOCTOR_YES;
	else if (strstr(text, " IO-APIC") != NULL || strstr(text, " PCI-MSI") != NULL)
		found = DOCTOR_NO;
	free(text);
	return found;
}

/* Intel's driver remaps no interrupt if one of the IOMMUs can't. */
static bool
is_unable(const char *root, const char *name)
{
	uint64_t ecap;
	bool unable = false;
	char *text;

	if (sysfs_read_file(root, &text, NULL, "/sys/class/iommu/%s/intel-iommu/ecap", name) != 0)
		return false;
	unable = sysfs_hex(text, 16, &ecap) != NULL && (ecap & ECAP_IR) == 0;
	free(text);
	return unable;
}

/* Only the IOMMUs of Intel and AMD remap interrupts, not a virtio-iommu. */
static bool
is_remapper(const char *name)
{
	return strncmp(name, "dmar", strlen("dmar")) == 0 || strncmp(name, "ivhd", strlen("ivhd")) == 0;
}

static void
iommus_look(const char *root, struct doctor_machine *m)
{
	size_t n, i, able = 0;
	char **names;

	if (sysfs_list(root, &names, &n, "/sys/class/iommu") != 0)
		return;
	for (i = 0; i < n; i++) {
		able += is_remapper(names[i]);
		if (!is_unable(root, names[i]) || m->remap_why[0] != '\0')
			continue;
		m->remap = DOCTOR_NO;
		snprintf(m->remap_why, sizeof(m->remap_why), "the IOMMU %.32s can't remap interrupts",
			sysfs_mask(names[i]));
	}
	if (n > 0 && able == 0) {
		m->remap = DOCTOR_NO;
		m->remap_foreign = true;
		snprintf(m->remap_why, sizeof(m->remap_why), "no IOMMU here remaps interrupts (%.32s)",
			sysfs_mask(names[0]));
	}
	sysfs_free_names(names, n);
}

void
doctor_read_remap(const char *root, struct doctor_machine *m)
{
	enum doctor_known shown;

	if (m->arch != TOPO_ARCH_X86 || m->iommu != DOCTOR_YES)
		return;
	if (m->remap_word[0] != '\0')
		m->remap = DOCTOR_NO;
	else
		iommus_look(root, m);
	shown = interrupts_look(root);
	/* What is shown is certain. */
	if (shown != DOCTOR_UNKNOWN)
		m->remap = shown;
}
