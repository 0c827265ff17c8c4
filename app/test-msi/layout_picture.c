/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "layout_picture.h"

char
layout_picture_mark(const struct picture_item *item)
{
	static const char kinds[PICTURE_KINDS] = {
		[PICTURE_FREE] = '+', [PICTURE_GAP] = '#', [PICTURE_USED] = '*',
		[PICTURE_LIST] = '@', [PICTURE_POSSIBLE] = ':', [PICTURE_MSI_PLACE] = '%',
	};
	static const char origins[IOVA_ORIGIN_COUNT] = {
		[IOVA_ORIGIN_ZERO_PAGE] = 'z', [IOVA_ORIGIN_TOP_PAGE] = 't',
		[IOVA_ORIGIN_SW_MSI] = 's', [IOVA_ORIGIN_SW_MSI_GUARD] = 'g',
		[IOVA_ORIGIN_MSI] = 'm', [IOVA_ORIGIN_RESERVED] = 'r',
		[IOVA_ORIGIN_DIRECT] = 'd', [IOVA_ORIGIN_DIRECT_RELAXABLE] = 'l',
		[IOVA_ORIGIN_UNKNOWN] = 'q', [IOVA_ORIGIN_HOST_BRIDGE] = 'b',
		[IOVA_ORIGIN_DMA_RANGES] = 'x', [IOVA_ORIGIN_USER] = 'u',
		[IOVA_ORIGIN_EAL] = 'e',
	};

	if (item->kind != PICTURE_HOLE)
		return kinds[item->kind];
	return (char)(item->hard ? toupper(origins[item->origin]) : origins[item->origin]);
}

void
layout_picture_size(uint64_t span, char *out, size_t size)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t rest = span;
	unsigned int u = 0;

	/* A length is the span plus one, which may not fit 64 bits. */
	while (u < 6 && span >= (UINT64_C(1) << 10 * (u + 1)) - 1)
		u++;
	rest &= (UINT64_C(1) << 10 * u) - 1;
	if (rest == (UINT64_C(1) << 10 * u) - 1)
		snprintf(out, size, "%" PRIu64 " %s", (span >> 10 * u) + 1, units[u]);
	else
		snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", span >> 10 * u,
			(rest + 1) * 10 >> 10 * u, units[u]);
}

static enum picture_column
column_of(enum picture_kind kind)
{
	switch (kind) {
	case PICTURE_FREE:
	case PICTURE_GAP:
		return PICTURE_STATE;
	case PICTURE_HOLE:
		return PICTURE_HOLES;
	default:
		return PICTURE_MEMORY;
	}
}

/* @return the new item, valid until the next one; NULL without memory. */
static struct picture_item *
append(struct layout_picture *p, enum picture_kind kind, struct iova_range range,
		const char *text)
{
	struct picture_item *item;
	char length[24];

	if (p->n == p->room) {
		const size_t room = p->room > 0 ? 2 * p->room : 32;

		item = realloc(p->v, room * sizeof(*item));
		if (item == NULL)
			return NULL;
		p->v = item;
		p->room = room;
	}
	item = &p->v[p->n++];
	memset(item, 0, sizeof(*item));
	item->range = range;
	item->kind = kind;
	item->column = column_of(kind);
	item->labelled = true;
	layout_picture_size(iova_range_span(range), length, sizeof(length));
	snprintf(item->text, sizeof(item->text), "%.130s, %s", text, length);
	return item;
}

int
layout_picture_add(struct layout_picture *p, enum picture_kind kind, struct iova_range range,
		bool labelled, const char *text)
{
	struct picture_item *item;

	if (!iova_range_valid(range))
		return -EINVAL;
	item = append(p, kind, range, text);
	if (item == NULL)
		return -ENOMEM;
	item->labelled = labelled;
	return 0;
}

static int
add_free(const struct iova_range *range, void *arg)
{
	return append(arg, PICTURE_FREE, *range, "free") == NULL ? -ENOMEM : 0;
}

static int
add_used(const struct iova_used *used, void *arg)
{
	return append(arg, PICTURE_USED, used->range, used->what) == NULL ? -ENOMEM : 0;
}

static int
add_hole(const struct iova_hole *hole, void *arg)
{
	struct picture_item *item;
	char text[PICTURE_TEXT];

	snprintf(text, sizeof(text), "%s%s%s, %s%s", iova_origin_name(hole->origin),
		hole->detail[0] != '\0' ? " " : "", hole->detail,
		hole->hardness == IOVA_HARD ? "hard" : "soft",
		iova_hole_estimated(hole) ? ", estimated" : "");
	item = append(arg, PICTURE_HOLE, hole->range, text);
	if (item == NULL)
		return -ENOMEM;
	item->origin = hole->origin;
	item->hard = hole->hardness == IOVA_HARD;
	memcpy(item->owner, hole->owner, sizeof(item->owner));
	return 0;
}

/* The gaps between allowed ranges. */
struct gaps {
	struct layout_picture *p;
	const struct iova_layout *layout;
	uint64_t next;		/* address after the last allowed range */
	bool end;		/* that range has the last address */
};

static int
covers(const struct iova_hole *hole, void *arg)
{
	return iova_range_covers(hole->range, *(const struct iova_range *)arg);
}

static int
add_gap(struct gaps *g, struct iova_range gap)
{
	struct iova_conflict why = { 0 };
	struct picture_item *item = append(g->p, PICTURE_GAP, gap, "not translated by the IOMMU");
	const struct iova_range first = { gap.first, gap.first };

	if (item == NULL)
		return -ENOMEM;
	/* The kernel leaves out reserved regions, and these have a label. */
	item->labelled = iova_layout_foreach_hole_in(g->layout, gap, covers, &gap) == 0;
	if (iova_layout_test(g->layout, first, false, &why) == -ERANGE)
		memcpy(item->owner, why.hole.owner, sizeof(item->owner));
	return 0;
}

static int
after_gap(const struct iova_range *allowed, void *arg)
{
	struct gaps *g = arg;
	int ret = 0;

	if (allowed->first > g->next)
		ret = add_gap(g, (struct iova_range){ g->next, allowed->first - 1 });
	g->end = allowed->last == UINT64_MAX;
	g->next = allowed->last + 1;
	return ret;
}

int
layout_picture_read(struct layout_picture *p, const struct iova_layout *layout)
{
	struct gaps gaps = { .p = p, .layout = layout };
	int ret = iova_layout_foreach_allowed(layout, after_gap, &gaps);

	if (ret == 0 && !gaps.end)
		ret = add_gap(&gaps, (struct iova_range){ gaps.next, UINT64_MAX });
	if (ret == 0)
		ret = iova_layout_foreach_free(layout, add_free, p);
	if (ret == 0)
		ret = iova_layout_foreach_hole(layout, add_hole, p);
	if (ret == 0)
		ret = iova_layout_foreach_used(layout, add_used, p);
	return ret;
}

void
layout_picture_free(struct layout_picture *p)
{
	addr_scale_free(&p->scale);
	free(p->v);
	free(p->about);
	memset(p, 0, sizeof(*p));
}
