/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* How many hugepages to reserve, and where. It takes nothing that the machine needs. */

#include <inttypes.h>
#include <stdio.h>

#include "doctor.h"

#define HUGE_WANTED (UINT64_C(1) << 30)	/* bytes of hugepages */
#define HUGE_LEAST (UINT64_C(64) << 20)
#define PAGE_LEAST (UINT64_C(2) << 20)	/* with smaller ones mappings are too many */
#define PAGE_LARGE (UINT64_C(1) << 30)	/* a running machine has no free memory of this size in one piece */

/* The smallest page size of a list that is good for DMA; 0: there is none. */
static uint64_t
page_choose(const struct va_need *sizes)
{
	unsigned int i;

	for (i = sizes->n_pages; i > 0; i--)
		if (sizes->page[i - 1] >= PAGE_LEAST)
			return sizes->page[i - 1];
	return 0;
}

/* How many pages can a node give without harm? A quarter of what is free. 0: too few. */
static uint64_t
pages_spare(uint64_t free_bytes, uint64_t page)
{
	const uint64_t bytes = free_bytes / 4 > HUGE_WANTED ? HUGE_WANTED : free_bytes / 4;

	return page != 0 && bytes >= HUGE_LEAST ? bytes / page : 0;
}

static bool
has_device(const struct doctor_facts *f, int node)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].plan.topo.bdf[0] != '\0' && f->v[i].plan.topo.numa_node == node)
			return true;
	return false;
}

/* The node with the most free memory, of those of devices if one of them can give enough. */
static size_t
node_choose(const struct doctor_facts *f, uint64_t page)
{
	const struct doctor_memory *m = &f->memory;
	bool near, best_near = false;
	size_t i, best = 0;

	for (i = 0; i < m->n_nodes; i++) {
		near = has_device(f, m->nodes[i].node) && pages_spare(m->free_bytes[i], page) > 0;
		if (near == best_near ? m->free_bytes[i] <= m->free_bytes[best] : best_near)
			continue;
		best = i;
		best_near = near;
	}
	return best;
}

/* The file has the number of all pages, also of those that are there. */
static uint64_t
pages_of(const struct topo_node *node, uint64_t page)
{
	unsigned int j;

	for (j = 0; j < node->n_pools; j++)
		if (node->pool[j].page == page)
			return node->pool[j].total / page;
	return 0;
}

static void
cure_large(const struct doctor_facts *f, uint64_t page, uint64_t more, struct doctor_findings *out)
{
	char size[DOCTOR_SIZE], number[24] = "N";

	doctor_size(page, size);
	if (more > 0)
		snprintf(number, sizeof(number), "%" PRIu64, doctor_total_of(&f->memory, page) / page + more);
	doctor_cure(out, "%sadd hugepagesz=%s hugepages=%s to the kernel's command line%s, and reboot: a running machine seldom has so much free memory in one piece",
		doctor_on_host(f), size, number, more > 0 ? "" : ", with as many as the application needs and are free on the machine");
}

void
doctor_cure_reserve(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	char node[64] = "/sys/kernel/mm", pool[32] = "SIZE";
	uint64_t more, page = page_choose(&m->mounted);
	size_t i;

	if (page == 0)
		page = page_choose(&m->sizes);
	i = node_choose(f, page);
	more = pages_spare(m->free_bytes[i], page);
	if (m->free_bytes[i] > 0 && m->nodes[i].node >= 0)
		snprintf(node, sizeof(node), "/sys/devices/system/node/node%d", m->nodes[i].node);
	if (page != 0)
		snprintf(pool, sizeof(pool), "%" PRIu64 "kB", page >> 10);
	if (page >= PAGE_LARGE)
		cure_large(f, page, more, out);
	else if (more > 0)
		doctor_cure(out, "%secho %" PRIu64 " > %s/hugepages/hugepages-%s/nr_hugepages; then read the file, as the kernel may find less memory; to keep it after a reboot: doc/howto/hardware.rst, After a reboot",
			doctor_on_host(f), pages_of(&m->nodes[i], page) + more, node, pool);
	else
		doctor_cure(out, "%sreserve as much as the application needs and is free on the machine, in %s/hugepages/hugepages-%s/nr_hugepages; to keep it after a reboot: doc/howto/hardware.rst, After a reboot",
			doctor_on_host(f), node, pool);
}
