/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Sizes of hugepages, for all judgements. */

#include <inttypes.h>
#include <stdio.h>

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
