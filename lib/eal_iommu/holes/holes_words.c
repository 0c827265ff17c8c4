/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Texts about inputs and the results of reading them. */

#include "holes/holes.h"

#define SHOW_TREE "show /sys/firmware/devicetree read-only (podman: --security-opt unmask=/sys/firmware)"
#define GIVE_WINDOWS "and at start give the argument that it prints, -a vfio_msi:BDF,hole=FIRST-LAST"

const char *
holes_input_name(enum holes_input input)
{
	static const char *const names[HOLES_INPUTS] = {
		[HOLES_IN_RANGES] = "ranges",
		[HOLES_IN_DMA_RANGES] = "dma-ranges",
		[HOLES_IN_IOMEM] = "/proc/iomem",
		[HOLES_IN_ROWS] = "resource",
		[HOLES_IN_CONFIG] = "config space",
		[HOLES_IN_REGIONS] = "reserved_regions",
	};

	return (unsigned int)input < HOLES_INPUTS ? names[input] : "unknown";
}

const char *
holes_sight_name(enum holes_sight sight)
{
	switch (sight) {
	case HOLES_UNREAD:
		return "unread";
	case HOLES_ABSENT:
		return "absent";
	case HOLES_SEEN:
		return "seen";
	case HOLES_HIDDEN:
		return "hidden";
	case HOLES_DENIED:
		return "denied";
	}
	return "unknown";
}

const char *
holes_input_advice(enum holes_input input, enum holes_sight sight)
{
	static const char *const hidden[HOLES_INPUTS] = {
		[HOLES_IN_RANGES] = ("the device tree is hidden here, so windows are looked for elsewhere; " SHOW_TREE),
		[HOLES_IN_DMA_RANGES] = ("the device tree is hidden here, so it is not known which addresses the bridge passes to memory; " SHOW_TREE),
		[HOLES_IN_IOMEM] = ("/proc/iomem is hidden here (a container, or ProcSubset= of systemd); run dpdk-test-msi layout -a vfio_msi:BDF as root outside of it, " GIVE_WINDOWS),
		[HOLES_IN_ROWS] = "the resource files of devices are hidden here; show /sys read-only",
		[HOLES_IN_CONFIG] = "config space is hidden here, so the CPU's addresses are taken for those of the bus; show /sys read-only",
		[HOLES_IN_REGIONS] = "/sys/kernel/iommu_groups is hidden here, so reserved regions are known by the kernel's IOVA ranges only; show that folder read-only",
	};
	static const char *const denied[HOLES_INPUTS] = {
		[HOLES_IN_RANGES] = "the device tree may not be read, so windows are looked for elsewhere; allow this user to read /sys/firmware/devicetree",
		[HOLES_IN_DMA_RANGES] = "the device tree may not be read, so it is not known which addresses the bridge passes to memory; allow this user to read /sys/firmware/devicetree",
		[HOLES_IN_IOMEM] = ("/proc/iomem shows addresses to root only (CAP_SYS_ADMIN); run dpdk-test-msi layout -a vfio_msi:BDF as root (outside of the container, if this is one), " GIVE_WINDOWS),
		[HOLES_IN_ROWS] = "the resource files of devices may not be read; allow this user to read /sys",
		[HOLES_IN_CONFIG] = "config space may not be read, so the CPU's addresses are taken for those of the bus; allow this user to read it",
		[HOLES_IN_REGIONS] = "reserved_regions may not be read, so they are known by the kernel's IOVA ranges only; allow this user to read /sys/kernel/iommu_groups",
	};

	if ((unsigned int)input >= HOLES_INPUTS)
		return NULL;
	if (sight == HOLES_HIDDEN)
		return hidden[input];
	return sight == HOLES_DENIED ? denied[input] : NULL;
}
