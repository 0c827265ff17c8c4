/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * PCI addresses from text, for the tests of topology.h.
 */

#ifndef TOPOLOGY_BDF_H
#define TOPOLOGY_BDF_H

#include "topology/topology.h"

static inline struct topo_addr
addr(const char *bdf)
{
	struct topo_addr a;

	assert_int_equal(topology_parse_bdf(bdf, &a), 0);
	return a;
}

static inline int
read_bdf(const char *root, const char *bdf, struct topo_device *dev)
{
	struct topo_addr a = addr(bdf);

	return topology_read(root, &a, dev);
}

#endif /* TOPOLOGY_BDF_H */
