/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What to do where the kernel shows no IOMMU. One cause has one remedy. */

#include <stdio.h>
#include <string.h>

#include "plan/plan_internal.h"

#define REBOOT "(GRUB: GRUB_CMDLINE_LINUX in /etc/default/grub, then update-grub), and reboot"

bool
plan_off_cure(const struct topo_off *off, char *out, size_t size)
{
	switch (off->why) {
	case TOPO_OFF_WORD:
		snprintf(out, size, off->intel ?
			"the kernel command line has %s; replace this word by intel_iommu=on " REBOOT :
			"the kernel command line has %s; remove this word " REBOOT, off->word);
		return true;
	case TOPO_OFF_UNASKED:
		snprintf(out, size,
			"the firmware offers an IOMMU (ACPI: DMAR), which this kernel uses on request only; add intel_iommu=on to the kernel command line " REBOOT);
		return true;
	case TOPO_OFF_FAILED:
		snprintf(out, size,
			"the firmware offers an IOMMU (ACPI: %s), but the kernel does not use it; see why: dmesg | grep -i -e dmar -e iommu -e amd-vi",
			off->table);
		return true;
	case TOPO_OFF_GUEST:
		snprintf(out, size,
			"this is a guest, and its host gives it no IOMMU; give it one on the host (QEMU: -machine kernel-irqchip=split -device intel-iommu,intremap=on), or, where the host can't, as in most clouds, read doc/howto/noiommu.rst");
		return true;
	case TOPO_OFF_FIRMWARE:
		snprintf(out, size,
			"the firmware offers no IOMMU; switch it on there (VT-d, AMD-Vi, IOMMU), reboot, and look again, as Intel's may need intel_iommu=on then");
		return true;
	default:
		*out = '\0';
		return false;
	}
}
