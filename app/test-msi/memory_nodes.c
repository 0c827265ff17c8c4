/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Hugepages of the NUMA nodes, beside the nodes of the devices.
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "test_msi.h"
#include "topology/topology_nodes.h"

int
memory_nodes_read(struct tool_plan *plan, const char *root)
{
	plan->nodes_ret = topology_nodes_read(root, &plan->nodes, &plan->n_nodes);
	return plan->nodes_ret == -ENOMEM ? -ENOMEM : 0;
}

/* @return the node of the device, if it is known and has no unused hugepages, else NULL. */
static const struct topo_node *
empty_node(const struct tool_plan *plan, const struct tool_device *dev)
{
	size_t i;

	for (i = 0; dev->used && i < plan->n_nodes; i++)
		if (plan->nodes[i].node == dev->plan.topo.numa_node && plan->nodes[i].unused == 0)
			return &plan->nodes[i];
	return NULL;
}

static void
print_node(const struct topo_node *node)
{
	unsigned int i;

	printf("  node %-3d %8" PRIu64 " MiB, %8" PRIu64 " MiB unused\n", node->node,
		node->total >> 20, node->unused >> 20);
	for (i = 0; node->n_pools > 1 && i < node->n_pools; i++)
		printf("           %8" PRIu64 " MiB, %8" PRIu64 " MiB unused, pages of %" PRIu64
			" KiB\n", node->pool[i].total >> 20, node->pool[i].unused >> 20,
			node->pool[i].page >> 10);
}

void
memory_nodes_print(const struct tool_plan *plan)
{
	size_t i;

	if (plan->nodes_ret < 0)
		printf("\nhugepages of NUMA nodes can't be read: %s\n", strerror(-plan->nodes_ret));
	if (plan->n_nodes < 2)
		return;
	printf("\nhugepages of NUMA nodes\n");
	for (i = 0; i < plan->n_nodes; i++)
		print_node(&plan->nodes[i]);
	for (i = 0; i < plan->n; i++) {
		const struct topo_node *node = empty_node(plan, &plan->v[i]);

		if (node != NULL)
			printf("  %s is on node %d, %s: its DMA crosses the machine;\n  reserve %s in /sys/devices/system/node/node%d/hugepages\n",
				plan->v[i].bdf, node->node, node->total == 0 ?
				"which has no hugepages" : "where all hugepages are in use",
				node->total == 0 ? "some" : "more", node->node);
	}
}

/* NULL without memory. */
static json_t *
pools_json(const struct topo_node *node)
{
	json_t *pools = json_array();
	unsigned int i;

	for (i = 0; i < node->n_pools; i++)
		if (json_array_append_new(pools, json_pack("{s:I, s:I, s:I}",
				"page", (json_int_t)node->pool[i].page,
				"hugepages", (json_int_t)node->pool[i].total,
				"unused", (json_int_t)node->pool[i].unused)) != 0) {
			json_decref(pools);
			return NULL;
		}
	return pools;
}

void
memory_nodes_json(const struct tool_plan *plan)
{
	size_t i;

	tool_report_put("memory_nodes", plan->nodes_ret < 0 ? json_null() : json_array());
	for (i = 0; i < plan->n_nodes; i++)
		tool_report_add("memory_nodes", json_pack("{s:i, s:I, s:I, s:o}",
			"node", plan->nodes[i].node,
			"hugepages", (json_int_t)plan->nodes[i].total,
			"unused", (json_int_t)plan->nodes[i].unused,
			"pools", pools_json(&plan->nodes[i])));
}
