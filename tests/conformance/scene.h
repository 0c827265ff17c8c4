/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A machine written as text: a fixture's file "machine", expanded below a
 * temporary root and in the fake kernel. One word, then its arguments:
 *
 *   pci PATH VENDOR DEVICE CLASS   a function at /sys/devices/PATH
 *   pcie BDF                       it is PCI Express
 *   driver BDF NAME
 *   group BDF N [IOMMU]            IOMMU group, name of the IOMMU instance
 *   row BDF FIRST LAST FLAGS       next row of "resource"
 *   config BDF OFFSET VALUE        32 bits of config space, of 64 bytes
 *   file PATH                      its text: the next lines, which begin with a tab
 *   link PATH TARGET
 *   cells PATH CELL...             a property of the device tree
 *   iommu N [FIRST-]LAST WORD...   answers of VFIO about group N: its aperture, then
 *                                  ranges FIRST-LAST that are left out, and why
 *                                  the kernel rejects it: unviable, direct,
 *                                  unisolated, held; noiommu: a no-IOMMU group
 *   survey BDF [BACKEND]           by default with type1
 *   process BITS [WINDOW]          a process of root has addresses of so many bits, and those
 *                                  above WINDOW bits only on request. A machine with a layout
 *                                  needs this
 *
 * Numbers are hex, except N, BITS and WINDOW. Lines that begin with # are comments.
 */

#ifndef SCENE_H
#define SCENE_H

#include "ioas/ioas.h"
#include "topology/topology.h"

#define SCENE_SURVEYS 8

/** The devices to survey. */
struct scene {
	struct topo_addr survey[SCENE_SURVEYS];
	enum ioas_backend backend[SCENE_SURVEYS];
	unsigned int n;
	unsigned int user_bits;	/**< 0: no process */
	unsigned int user_window;	/**< bits, at most user_bits */
};

/** Create the machine. An invalid text fails the running test. */
void scene_make(const char *root, const char *path, struct scene *out);

#endif /* SCENE_H */
