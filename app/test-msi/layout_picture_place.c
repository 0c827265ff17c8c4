/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "layout_picture.h"

/* By address; of those that begin together the columns, then the longest, come first. */
static int
compare(const void *a, const void *b)
{
	const struct picture_item *x = a, *y = b;

	if (x->range.first != y->range.first)
		return x->range.first < y->range.first ? -1 : 1;
	if (x->column != y->column)
		return x->column < y->column ? -1 : 1;
	if (x->range.last != y->range.last)
		return x->range.last > y->range.last ? -1 : 1;
	return strcmp(x->text, y->text);
}

static int
choose_rows(struct layout_picture *p)
{
	struct addr_want *wants = calloc(p->n + 1, sizeof(*wants));
	size_t i, begun = 0;
	int ret;

	if (wants == NULL)
		return -ENOMEM;
	for (i = 0; i < p->n; i++)
		wants[i] = (struct addr_want){ p->v[i].range, p->v[i].labelled,
			p->v[i].kind == PICTURE_GAP || p->v[i].kind == PICTURE_POSSIBLE };
	ret = addr_scale_make(wants, p->n, &p->scale);
	free(wants);
	for (i = 0; ret == 0 && i < p->n; i++) {
		struct picture_item *item = &p->v[i];
		const struct addr_piece *v = p->scale.v;
		const struct addr_piece *first = &v[addr_scale_find(&p->scale, item->range.first)];
		const struct addr_piece *last = &v[addr_scale_find(&p->scale, item->range.last)];

		item->row = first->row;
		item->rows = last->row + last->rows - first->row;
		if (i > 0 && item[-1].range.first != item->range.first)
			begun = 0;
		if (item->labelled)
			item->label_row = first->row + begun++;
	}
	return ret;
}

/* Put each item of a column into the first lane that is free where it begins. */
static int
choose_lanes(struct layout_picture *p, enum picture_column column)
{
	uint64_t *last = calloc(p->n + 1, sizeof(*last));
	size_t i, lane, lanes = 0;

	if (last == NULL)
		return -ENOMEM;
	for (i = 0; i < p->n; i++) {
		struct picture_item *item = &p->v[i];

		if (item->column != column)
			continue;
		for (lane = 0; lane < lanes && last[lane] >= item->range.first; lane++)
			;
		if (lane == lanes)
			lanes++;
		last[lane] = item->range.last;
		item->lane = lane;
	}
	free(last);
	p->lanes[column] = lanes > 0 ? lanes : 1;
	return 0;
}

/* Everything in one sentence per range. */
static int
describe(struct layout_picture *p)
{
	size_t i, size;
	FILE *f = open_memstream(&p->about, &size);

	if (f == NULL)
		return -ENOMEM;
	fputs("The 64-bit space of I/O virtual addresses from the top down, in parts with"
		" scales of their own.", f);
	for (i = 0; i < p->n; i++) {
		const struct picture_item *item = &p->v[i];

		fprintf(f, " 0x%" PRIx64 "-0x%" PRIx64 ": %s%s%s.", item->range.first,
			item->range.last, item->text, item->owner[0] != '\0' ? ", from " : "",
			item->owner);
	}
	if (fclose(f) == 0)
		return 0;
	free(p->about);
	p->about = NULL;
	return -ENOMEM;
}

int
layout_picture_place(struct layout_picture *p)
{
	enum picture_column c;
	int ret;

	if (p->n > 0)
		qsort(p->v, p->n, sizeof(*p->v), compare);
	ret = choose_rows(p);
	for (c = 0; ret == 0 && c < PICTURE_COLUMNS; c++)
		ret = choose_lanes(p, c);
	return ret < 0 ? ret : describe(p);
}
