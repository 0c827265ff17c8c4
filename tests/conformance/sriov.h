/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A PC with one host bridge and two NICs with SR-IOV, one of them behind a switch. Each
 * NIC has half of the VFs. The sysfs and procfs files match the fake kernel. Every VF is
 * on vfio-pci, alone in its group.
 */

#ifndef SRIOV_H
#define SRIOV_H

#include <stdbool.h>
#include <stddef.h>

#include "topology/topology.h"

#define SRIOV_MAX 512		/**< maximum number of VFs */

/**
 * Create the machine and reset the fake kernel.
 *
 * @param root   an empty tree
 * @param n      number of VFs, even
 * @param iomem  false: /proc/iomem shows zeros, as to an unprivileged user
 */
void sriov_make(const char *root, size_t n, bool iomem);

/** Address of the i th VF. */
struct topo_addr sriov_vf(size_t i);

/** Bind the i th VF to its kernel driver, with a network interface that is up. */
void sriov_unbind(const char *root, size_t i);

/**
 * Survey all VFs of a machine in one scan, add them to one layout, and release
 * everything. Fails the test if a VF can't be used.
 */
void sriov_scan(const char *root, size_t n);

#endif /* SRIOV_H */
