/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the topology room share.
 */

#ifndef TOPOLOGY_INTERNAL_H
#define TOPOLOGY_INTERNAL_H

#include "topology.h"

#define TOPO_DEVICES "/sys/bus/pci/devices"

/**
 * From the end of a function's path up: the function itself, bridges,
 * "pciDDDD:BB". Fills root_bus and the bridges; @p path is cut.
 *
 * @return 0; -ENODATA if it is no such path.
 */
int topology_path_walk(char *path, struct topo_device *dev);

#endif /* TOPOLOGY_INTERNAL_H */
