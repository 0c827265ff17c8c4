/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory on the nodes of devices.
 *
 * Drivers allocate rings, and applications allocate buffers, on the node of the device. If
 * that node has no hugepages, such an allocation fails, often without a message, or memory
 * of another node is used and all DMA of the device crosses the machine. The bus logs
 * that; it chooses no node itself.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <numa.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "space.h"
#include "topology/topology_nodes.h"

/* EAL's memory by node, external memory excluded, bytes. */
struct by_node {
	uint64_t bytes[RTE_MAX_NUMA_NODES];
};

static int
add_list(const struct rte_memseg_list *msl, void *arg)
{
	struct by_node *of = arg;

	if (!msl->external && msl->socket_id >= 0 && msl->socket_id < RTE_MAX_NUMA_NODES)
		of->bytes[msl->socket_id] += (uint64_t)msl->memseg_arr.count * msl->page_sz;
	return 0;
}

/* @return whether there are several nodes. */
static bool
read_memory(struct by_node *of)
{
	memset(of, 0, sizeof(*of));
	if (numa_available() < 0 || numa_max_node() == 0 || !rte_eal_has_hugepages())
		return false;
	rte_memseg_list_walk(add_list, of);
	return true;
}

/* Print e.g. "node 0: 64 MiB, node 1: 2 MiB". @return the node that has most, or -1. */
static int
describe(const struct by_node *of, char *out, size_t size)
{
	int node, most = -1;
	size_t len = 0;

	out[0] = '\0';
	for (node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		if (of->bytes[node] == 0)
			continue;
		if (most < 0 || of->bytes[node] > of->bytes[most])
			most = node;
		if (len < size)
			len += (size_t)snprintf(out + len, size - len, "%snode %d: %" PRIu64 " MiB",
				len > 0 ? ", " : "", node, of->bytes[node] >> 20);
	}
	return most;
}

void
vfio_msi_numa_log(void)
{
	char text[VFIO_MSI_TEXT];
	struct by_node of;

	if (read_memory(&of) && describe(&of, text, sizeof(text)) >= 0)
		BUS_LOG(INFO, "mapped memory by NUMA node: %s", text);
}

/* @return why EAL can't get memory of a node; NULL if it can, or if that is not known. */
static const char *
why_none(int node)
{
	const char *why = "no processor is there, so EAL does not use its memory";
	struct topo_node *nodes;
	size_t n, i;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_socket_id_by_idx((unsigned int)i) == node)
			why = NULL;
	if (why != NULL || topology_nodes_read("", &nodes, &n) < 0)
		return why;
	for (i = 0; i < n; i++)
		if (nodes[i].node == node && nodes[i].unused == 0)
			why = "it has no free hugepages";
	free(nodes);
	return why;
}

void
vfio_msi_numa_check(const struct vfio_msi_device *dev)
{
	int node = dev->plan.topo.numa_node, most;
	char text[VFIO_MSI_TEXT];
	const char *why;
	struct by_node of;

	if (node < 0 || node >= RTE_MAX_NUMA_NODES || !read_memory(&of) || of.bytes[node] > 0)
		return;
	why = why_none(node);
	if (why == NULL)
		return;
	most = describe(&of, text, sizeof(text));
	if (most < 0)
		return;
	BUS_LOG(WARNING, "%s: is on NUMA node %d, where EAL has no memory: %s. EAL's memory is on %s (distance of node %d: %d, of its own node: %d). Drivers that allocate on the device's node fail, and DMA of the others crosses the machine; use a device or processors of another node, or reserve hugepages in /sys/devices/system/node/node%d/hugepages before DPDK starts",
		dev->label, node, why, text, most, numa_distance(node, most),
		numa_distance(node, node), node);
}
