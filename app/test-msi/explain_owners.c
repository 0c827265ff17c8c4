/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Which process has a device, and what the processes have mapped and unmapped, for one device. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "explain_find.h"
#include "ioas/ioas_freed.h"

static bool
process_has(const struct explain_process *p, const char *bdf)
{
	size_t i;

	for (i = 0; i < p->n && strcmp(p->bdf[i], bdf) != 0; i++)
		;
	return i < p->n;
}

unsigned int
explain_owners(const struct explain_processes *processes, const struct explain_device *dev)
{
	unsigned int owners = 0;
	size_t i;

	for (i = 0; dev->exists && !dev->assumed && i < processes->n; i++)
		owners += process_has(&processes->v[i], dev->bdf);
	return owners;
}

int
explain_maps_for(const struct explain_processes *processes, const char *bdf,
		struct explain_map **maps, size_t *n)
{
	size_t i, j, at = 0;

	*n = 0;
	for (i = 0; i < processes->n; i++)
		*n += processes->v[i].n_maps;
	*maps = calloc(*n + 1, sizeof(**maps));
	if (*maps == NULL)
		return -ENOMEM;
	for (i = 0; i < processes->n; i++) {
		const struct explain_process *p = &processes->v[i];
		const bool has = process_has(p, bdf);

		for (j = 0; j < p->n_maps; j++) {
			(*maps)[at] = p->map[j];
			(*maps)[at++].has_device = has;
		}
	}
	return 0;
}

int
explain_freed_for(const struct explain_processes *processes, const char *bdf,
		struct explain_freed **freed, size_t *n, bool *all)
{
	size_t i, j, total = 0;

	*n = 0;
	*all = true;
	for (i = 0; i < processes->n; i++)
		total += processes->v[i].n_freed;
	*freed = calloc(total + 1, sizeof(**freed));
	if (*freed == NULL)
		return -ENOMEM;
	for (i = 0; i < processes->n; i++) {
		const struct explain_process *p = &processes->v[i];
		const bool has = process_has(p, bdf);

		/* With so many, it has forgotten older ones. */
		*all &= (p->says_freed && p->n_freed < IOAS_FREED) || (*bdf != '\0' && !has);
		for (j = 0; j < p->n_freed; j++) {
			(*freed)[*n] = p->freed[j];
			(*freed)[(*n)++].has_device = has;
		}
	}
	return 0;
}
