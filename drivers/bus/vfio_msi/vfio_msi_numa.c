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
 * that, and also that memory was preallocated on other nodes only; it chooses no node itself.
 */

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <numa.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_lcore.h>
#include <rte_memory.h>

#include "space.h"
#include "eal/dma_sync.h"
#include "topology/topology_nodes.h"
#include "va/va_need.h"

/* EAL's memory by node and page size, external memory excluded, bytes. */
struct by_node {
	uint64_t bytes[RTE_MAX_NUMA_NODES];
	uint64_t page[VA_PAGES_MAX];	/* largest first, as EAL's lists */
	uint64_t of_page[VA_PAGES_MAX][RTE_MAX_NUMA_NODES];
	unsigned int n_pages;
};

/* EAL unmaps its memory and the lists of it after the cleanup; threads of telemetry go on. */
static pthread_mutex_t walk_lock = PTHREAD_MUTEX_INITIALIZER;
static bool stopped;	/* under walk_lock */

static int
add_list(const struct rte_memseg_list *msl, void *arg)
{
	uint64_t bytes = (uint64_t)msl->memseg_arr.count * msl->page_sz;
	struct by_node *of = arg;
	unsigned int i = 0;

	if (msl->external || bytes == 0 || msl->socket_id < 0 ||
	    msl->socket_id >= RTE_MAX_NUMA_NODES)
		return 0;
	of->bytes[msl->socket_id] += bytes;
	while (i < of->n_pages && of->page[i] != msl->page_sz)
		i++;
	if (i == VA_PAGES_MAX)
		return 0;
	if (i == of->n_pages)
		of->page[of->n_pages++] = msl->page_sz;
	of->of_page[i][msl->socket_id] += bytes;
	return 0;
}

int
vfio_msi_numa_foreach(vfio_msi_numa_t cb, void *arg)
{
	struct by_node of = { .n_pages = 0 };
	int node, ret = 0;
	unsigned int i;

	/*
	 * EAL's memory lock is held while the kernel pins new memory. Without it the numbers can
	 * be of different times, but the lists remain until the cleanup.
	 */
	pthread_mutex_lock(&walk_lock);
	if (!stopped)
		rte_memseg_list_walk_thread_unsafe(add_list, &of);
	pthread_mutex_unlock(&walk_lock);
	for (node = 0; node < RTE_MAX_NUMA_NODES; node++)
		for (i = 0; ret == 0 && i < of.n_pages; i++)
			if (of.of_page[i][node] > 0)
				ret = cb(node, of.page[i], of.of_page[i][node], arg);
	return ret;
}

void
vfio_msi_numa_stop(void)
{
	pthread_mutex_lock(&walk_lock);
	stopped = true;
	pthread_mutex_unlock(&walk_lock);
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

/* Append a text, as far as it fits. */
__attribute__((format(printf, 4, 5)))
static size_t
append(char *out, size_t size, size_t len, const char *format, ...)
{
	va_list args;

	if (len >= size)
		return len;
	va_start(args, format);
	len += (size_t)vsnprintf(out + len, size - len, format, args);
	va_end(args);
	return len;
}

/*
 * Print e.g. "node 0: 64 MiB, node 1: 2 MiB", with several page sizes "node 0: 1088 MiB, 1024
 * in pages of 1048576 KiB, 64 in pages of 2048 KiB".
 *
 * @return the node that has most, or -1.
 */
static int
describe(const struct by_node *of, char *out, size_t size)
{
	int node, most = -1;
	size_t len = 0;
	unsigned int i;

	out[0] = '\0';
	for (node = 0; node < RTE_MAX_NUMA_NODES; node++) {
		if (of->bytes[node] == 0)
			continue;
		if (most < 0 || of->bytes[node] > of->bytes[most])
			most = node;
		len = append(out, size, len, "%snode %d: %" PRIu64 " MiB", len > 0 ? ", " : "",
			node, of->bytes[node] >> 20);
		for (i = 0; of->n_pages > 1 && i < of->n_pages; i++)
			if (of->of_page[i][node] > 0)
				len = append(out, size, len, ", %" PRIu64 " in pages of %" PRIu64
					" KiB", of->of_page[i][node] >> 20, of->page[i] >> 10);
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

static int
is_preallocated(const struct rte_memseg_list *msl, const struct rte_memseg *ms,
		void *arg __rte_unused)
{
	return !msl->external && (ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE);
}

/* Whether memory can still come to the node, and no other node was preferred. */
static bool
is_as_requested(void)
{
	return rte_eal_process_type() != RTE_PROC_PRIMARY ||
		(dma_sync_can_grow() && rte_memseg_walk(is_preallocated, NULL) == 0);
}

void
vfio_msi_numa_check(struct vfio_msi_device *dev)
{
	int node = dev->plan.topo.numa_node, most, far, near;
	char text[VFIO_MSI_TEXT];
	const char *why;
	struct by_node of;

	if (dev->node_said || node < 0 || node >= RTE_MAX_NUMA_NODES || !read_memory(&of) ||
	    of.bytes[node] > 0)
		return;
	why = why_none(node);
	if (why == NULL && is_as_requested())
		return;
	most = describe(&of, text, sizeof(text));
	if (most < 0)
		return;
	dev->node_said = true;
	far = numa_distance(node, most);
	near = numa_distance(node, node);
	if (why != NULL)
		BUS_LOG(WARNING, "%s: is on NUMA node %d, where EAL has no memory: %s. EAL's memory is on %s (distance of node %d: %d, of its own node: %d). Drivers that allocate on the device's node fail, and DMA of the others crosses the machine; use a device or processors of another node, or reserve hugepages in /sys/devices/system/node/node%d/hugepages before DPDK starts",
			dev->label, node, why, text, most, far, near, node);
	else if (!dma_sync_can_grow())
		BUS_LOG(WARNING, "%s: is on NUMA node %d, where EAL has no memory and gets none later, because of --legacy-mem. EAL's memory is on %s (distance of node %d: %d, of its own node: %d). Drivers that allocate on the device's node fail, and DMA of the others crosses the machine; preallocate memory there too (--socket-mem), or drop --legacy-mem",
			dev->label, node, text, most, far, near);
	else
		BUS_LOG(NOTICE, "%s: is on NUMA node %d, where no memory was preallocated. EAL's memory is on %s (distance of node %d: %d, of its own node: %d). Drivers that allocate on the device's node need free hugepages there at that time; preallocate memory there too (--socket-mem)",
			dev->label, node, text, most, far, near);
}
