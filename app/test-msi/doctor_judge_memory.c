/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Findings about hugepages. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "doctor.h"

#define HUGE_WANTED (UINT64_C(1) << 30)	/* bytes of hugepages */
#define HUGE_LEAST (UINT64_C(64) << 20)
#define PAGE_LEAST (UINT64_C(2) << 20)	/* with smaller ones mappings are too many */
#define ENTRIES_ELSE 64		/* mappings that are not pages: preallocated memory, zones */

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

static void
cure_no_hugepages(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	char node[64] = "";
	uint64_t most, page = page_choose(&m->mounted);
	size_t i;

	if (page == 0)
		page = page_choose(&m->sizes);
	i = node_choose(f, page);
	most = m->free_bytes[i];
	if (most > 0 && m->nodes[i].node >= 0)
		snprintf(node, sizeof(node), "/sys/devices/system/node/node%d", m->nodes[i].node);
	if (pages_spare(most, page) > 0)
		doctor_cure(out, "%secho %" PRIu64 " > %s/hugepages/hugepages-%" PRIu64 "kB/nr_hugepages",
			doctor_on_host(f), pages_spare(most, page), node[0] != '\0' ? node : "/sys/kernel/mm", page >> 10);
	else
		doctor_cure(out, "%sreserve as much as the application needs and the machine can spare, in %s/hugepages/hugepages-SIZE/nr_hugepages",
			doctor_on_host(f), node[0] != '\0' ? node : "/sys/kernel/mm");
}

/* Each size that has pages, and is not mounted. EAL needs one size that is. */
static void
judge_mounts(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	enum doctor_id id = DOCTOR_HUGEPAGES_UNREACHED;
	char size[DOCTOR_SIZE];
	uint64_t page;
	unsigned int i;

	if (m->mounts == DOCTOR_UNKNOWN)
		return;
	for (i = 0; i < m->mounted.n_pages; i++)
		if (doctor_total_of(m, m->mounted.page[i]) > 0)
			id = DOCTOR_HUGEPAGES_UNMOUNTED;
	for (i = 0; i < m->sizes.n_pages; i++) {
		page = m->sizes.page[i];
		if (doctor_total_of(m, page) == 0 || doctor_is_mounted(m, page))
			continue;
		doctor_size(page, size);
		doctor_add(out, id, NULL, "%" PRIu64 " MiB of hugepages of %s are reserved, but no hugetlbfs with this size is mounted",
			doctor_total_of(m, page) >> 20, size);
		if (f->machine.container[0] != '\0')
			doctor_cure(out, "pass a hugetlbfs with this size into the container: in Kubernetes a volume emptyDir with medium: HugePages (doc/howto/kubernetes.rst), with docker run -v /dev/hugepages:/dev/hugepages that of the host, if it has this size");
		else
			doctor_cure(out, "mkdir -p /mnt/huge-%s && mount -t hugetlbfs -o pagesize=%s hugetlbfs /mnt/huge-%s",
				size, size, size);
	}
}

static void
judge_hugepages(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	uint64_t total = 0, unused = 0, mib;
	size_t i;

	if (m->ret < 0) {
		doctor_add(out, DOCTOR_HUGEPAGES_UNREAD, NULL, "hugepages can't be read: %s",
			strerror(-m->ret));
		doctor_cure(out, "check that /sys is mounted and readable");
		return;
	}
	for (i = 0; i < m->n_nodes; i++) {
		total += m->nodes[i].total;
		unused += m->nodes[i].unused;
	}
	if (m->n_nodes == 0)
		return;
	mib = total >> 20;
	if (total == 0) {
		doctor_add(out, DOCTOR_HUGEPAGES_NONE, NULL, "no hugepages are reserved");
		cure_no_hugepages(f, out);
		return;
	}
	judge_mounts(f, out);
	/* It has its pages. */
	if (doctor_unit_runs(f))
		return;
	if (unused == 0 || unused < f->user.maps) {
		if (unused == 0)
			doctor_add(out, DOCTOR_HUGEPAGES_USED, NULL, "all %" PRIu64 " MiB of hugepages are in use", mib);
		else
			doctor_add(out, DOCTOR_HUGEPAGES_USED, NULL, "%" PRIu64 " of %" PRIu64 " MiB of hugepages are unused, and the application uses %" PRIu64 " MiB",
				unused >> 20, mib, f->user.maps >> 20);
		doctor_cure(out, "reserve more, or end the application that has them; files of ended applications in /dev/hugepages keep them too: fuser -v /dev/hugepages/* names those in use");
	}
}

/* How many pages does the application use, at most? All, if that is not known. */
static uint64_t
pages_wanted(const struct doctor_facts *f, uint64_t pages)
{
	const struct doctor_memory *m = &f->memory;
	uint64_t page = 0, wanted;
	size_t i;

	for (i = 0; i < m->n_nodes; i++)
		if (m->nodes[i].n_pools > 0 &&
				(page == 0 || m->nodes[i].pool[m->nodes[i].n_pools - 1].page < page))
			page = m->nodes[i].pool[m->nodes[i].n_pools - 1].page;
	if (f->user.maps == 0 || page == 0)
		return pages;
	wanted = (f->user.maps + page - 1) / page;
	return wanted < pages ? wanted : pages;
}

/* Each page of memory that EAL adds later is a mapping. */
static void
judge_entries(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	uint64_t pages = 0;
	size_t i;
	unsigned int j;

	for (i = 0; i < m->n_nodes; i++)
		for (j = 0; j < m->nodes[i].n_pools; j++)
			pages += m->nodes[i].pool[j].total / m->nodes[i].pool[j].page;
	if (f->vfio.entry_limit == 0 || pages_wanted(f, pages) + ENTRIES_ELSE <= f->vfio.entry_limit)
		return;
	doctor_add(out, DOCTOR_ENTRY_LIMIT, NULL,
		"there are %" PRIu64 " hugepages, and type1 allows %" PRIu64 " mappings", pages,
		f->vfio.entry_limit);
	doctor_cure(out, "preallocate the memory (-m, --socket-mem), use larger hugepages, or raise the limit for containers that are opened later: %secho %" PRIu64 " > /sys/module/vfio_iommu_type1/parameters/dma_entry_limit",
		doctor_on_host(f), pages + 2 * ENTRIES_ELSE);
}

/* Nobody can create files there. */
static void
add_read_only(const struct doctor_facts *f, const char *path, struct doctor_findings *out)
{
	doctor_add(out, DOCTOR_HUGEPAGES_DENIED, NULL, "%s is mounted read-only", path);
	if (f->machine.container[0] != '\0')
		doctor_cure(out, "let the container write to it: docker run -v without :ro, in Kubernetes a volumeMount without readOnly (doc/howto/kubernetes.rst)");
	else
		doctor_cure(out, "if nobody means it to be so: mount -o remount,rw %s", path);
}

/* EAL needs one size that has pages. A unit may prepare the mount when it starts. */
static void
judge_denied_mounts(const struct doctor_facts *f, struct doctor_findings *out)
{
	const struct doctor_memory *m = &f->memory;
	const struct doctor_mount *bad = NULL;
	unsigned int i;

	for (i = 0; i < m->mounted.n_pages; i++) {
		if (doctor_total_of(m, m->mounted.page[i]) == 0)
			continue;
		if (m->mount[i].open != DOCTOR_NO || strstr(f->user.unit_before, m->mount[i].path) != NULL)
			return;
		if (bad == NULL)
			bad = &m->mount[i];
	}
	if (bad == NULL)
		return;
	if (bad->read_only) {
		add_read_only(f, bad->path, out);
		return;
	}
	doctor_add(out, DOCTOR_HUGEPAGES_DENIED, NULL, "%s can't create files in %s", doctor_who(f), bad->path);
	doctor_cure(out, "give it to a group of users who may use hugepages: chgrp GROUP %s && chmod 1775 %s; or use --in-memory, if the user can read it",
		bad->path, bad->path);
}

void
doctor_judge_memory(const struct doctor_facts *f, struct doctor_findings *out)
{
	judge_hugepages(f, out);
	doctor_judge_limits(f, out);
	judge_denied_mounts(f, out);
	judge_entries(f, out);
}
