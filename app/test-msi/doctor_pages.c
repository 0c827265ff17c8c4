/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Amounts of hugepages, for all judgements. */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "doctor.h"

bool
doctor_is_mounted(const struct doctor_memory *m, uint64_t page)
{
	unsigned int i;

	for (i = 0; i < m->mounted.n_pages && m->mounted.page[i] != page; i++)
		;
	return i < m->mounted.n_pages;
}

uint64_t
doctor_total_of(const struct doctor_memory *m, uint64_t page)
{
	uint64_t total = 0;
	unsigned int j;
	size_t i;

	for (i = 0; i < m->n_nodes; i++)
		for (j = 0; j < m->nodes[i].n_pools; j++)
			if (m->nodes[i].pool[j].page == page)
				total += m->nodes[i].pool[j].total;
	return total;
}

const char *
doctor_size(uint64_t page, char *out)
{
	snprintf(out, DOCTOR_SIZE, "%" PRIu64 "%c", page >> (page >> 30 != 0 ? 30 : page >> 20 != 0 ? 20 : 10),
		page >> 30 != 0 ? 'G' : page >> 20 != 0 ? 'M' : 'K');
	return out;
}

/* May the user have memory of a node? */
static bool
is_allowed(const struct doctor_memory *m, int node)
{
	const char *list = m->allowed;
	unsigned long first, last;
	char *end;

	if (*list == '\0' || node < 0)
		return true;
	while (*list >= '0' && *list <= '9') {
		first = last = strtoul(list, &end, 10);
		if (*end == '-')
			last = strtoul(end + 1, &end, 10);
		if ((unsigned long)node >= first && (unsigned long)node <= last)
			return true;
		list = *end == ',' ? end + 1 : end;
	}
	/* What can't be understood forbids nothing. */
	return *list != '\0';
}

uint64_t
doctor_unused_of(const struct doctor_memory *m, uint64_t page, bool all_nodes)
{
	uint64_t unused = 0;
	unsigned int j;
	size_t i;

	for (j = 0; j < m->sizes.n_pages; j++)
		if (m->sizes.page[j] == page)
			unused += m->overcommit[j];
	for (i = 0; i < m->n_nodes; i++)
		for (j = 0; j < m->nodes[i].n_pools; j++)
			if (m->nodes[i].pool[j].page == page && (all_nodes || is_allowed(m, m->nodes[i].node)))
				unused += m->nodes[i].pool[j].unused;
	return unused;
}

bool
doctor_has_pages(const struct doctor_memory *m, uint64_t page)
{
	return doctor_total_of(m, page) > 0 || doctor_unused_of(m, page, true) > 0;
}

bool
doctor_is_usable(const struct doctor_memory *m, uint64_t page)
{
	unsigned int i;

	if (m->mounts == DOCTOR_UNKNOWN || doctor_is_mounted(m, page))
		return true;
	for (i = 0; i < m->mounted.n_pages; i++)
		if (doctor_has_pages(m, m->mounted.page[i]))
			return false;
	return true;
}

uint64_t
doctor_usable_of(const struct doctor_memory *m, unsigned int size)
{
	const struct doctor_limit *limit = &m->limit[size];
	const uint64_t page = m->sizes.page[size], unused = doctor_unused_of(m, page, false);

	return limit->file[0] == '\0' || unused <= limit->bytes ? unused : limit->bytes / page * page;
}

uint64_t
doctor_sum_of(const struct doctor_memory *m)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < m->n_nodes; i++)
		sum += m->nodes[i].total;
	return sum;
}

struct doctor_sums
doctor_sums_of(const struct doctor_memory *m)
{
	struct doctor_sums sums = { 0 };
	unsigned int i;

	for (i = 0; i < m->sizes.n_pages; i++) {
		if (!doctor_is_usable(m, m->sizes.page[i]))
			continue;
		sums.all += doctor_total_of(m, m->sizes.page[i]) + m->overcommit[i];
		sums.unused += doctor_unused_of(m, m->sizes.page[i], true);
		sums.near += doctor_unused_of(m, m->sizes.page[i], false);
		sums.usable += doctor_usable_of(m, i);
	}
	return sums;
}
