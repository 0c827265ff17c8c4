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
has_bdf(const struct explain_process *p, const char *bdf)
{
	size_t i;

	for (i = 0; i < p->n && strcmp(p->bdf[i], bdf) != 0; i++)
		;
	return i < p->n;
}

static bool
process_has(const struct explain_process *p, const struct explain_device *dev)
{
	bool has = has_bdf(p, dev->bdf);
	size_t i;

	for (i = 0; !has && i < dev->n; i++)
		has = has_bdf(p, dev->candidate[i]->bdf);
	return has;
}

/* Two applications can't have one device by VFIO, so what another user may make up does not count. */
static bool
is_disputed(const struct explain_processes *processes, const struct explain_process *p, const char *bdf)
{
	size_t i;

	if (!has_bdf(p, bdf))
		return false;
	for (i = 0; i < processes->n && (processes->v[i].foreign || !has_bdf(&processes->v[i], bdf)); i++)
		;
	return i < processes->n;
}

static bool
process_counts(const struct explain_processes *processes, const struct explain_process *p,
		const struct explain_device *dev)
{
	bool disputed = p->foreign && is_disputed(processes, p, dev->bdf);
	size_t i;

	for (i = 0; p->foreign && !disputed && i < dev->n; i++)
		disputed = is_disputed(processes, p, dev->candidate[i]->bdf);
	return !disputed;
}

unsigned int
explain_owners(const struct explain_processes *processes, const struct explain_device *dev,
		const struct explain_process **foreign)
{
	unsigned int owners = 0, own = 0;
	size_t i;

	*foreign = NULL;
	for (i = 0; dev->exists && i < processes->n; i++) {
		const struct explain_process *p = &processes->v[i];

		if (!process_has(p, dev) || !process_counts(processes, p, dev))
			continue;
		owners++;
		own += !p->foreign;
		if (*foreign == NULL)
			*foreign = p;
	}
	if (own > 0)
		*foreign = NULL;
	return owners;
}

int
explain_maps_for(const struct explain_processes *processes, const struct explain_device *dev,
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
		const bool has = process_has(p, dev);

		if (!process_counts(processes, p, dev))
			continue;
		for (j = 0; j < p->n_maps; j++) {
			(*maps)[at] = p->map[j];
			(*maps)[at].foreign = p->foreign;
			(*maps)[at].uid = p->uid;
			(*maps)[at++].has_device = has;
		}
	}
	*n = at;
	return 0;
}

int
explain_freed_for(const struct explain_processes *processes, const struct explain_device *dev,
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
		const bool has = process_has(p, dev);

		if (!process_counts(processes, p, dev))
			continue;
		/* With so many, it has forgotten older ones. */
		*all &= (p->says_freed && p->n_freed < IOAS_FREED) || (dev->bdf[0] != '\0' && !has);
		for (j = 0; j < p->n_freed; j++) {
			(*freed)[*n] = p->freed[j];
			(*freed)[*n].foreign = p->foreign;
			(*freed)[*n].uid = p->uid;
			(*freed)[(*n)++].has_device = has;
		}
	}
	return 0;
}
