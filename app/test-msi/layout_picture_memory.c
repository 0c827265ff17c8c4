/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <inttypes.h>
#include <string.h>

#include "layout_picture.h"

int
layout_picture_add_lists(struct layout_picture *p, const struct iova_layout *layout,
		const struct va_lists *lists)
{
	char text[PICTURE_TEXT], quality[32];
	size_t i;
	int ret = 0;

	for (i = 0; ret == 0 && i < lists->n; i++) {
		const struct va_list_at *l = &lists->v[i];
		const uint64_t good = va_good_bytes(layout, l->range);

		if (good > iova_range_span(l->range))
			strcpy(quality, "good");
		else if (good == 0)
			strcpy(quality, "begins bad");
		else
			snprintf(quality, sizeof(quality), "%" PRIu64 " MiB good", good >> 20);
		snprintf(text, sizeof(text), "EAL, pages of %" PRIu64 " KiB, node %u, %s",
			l->page >> 10, l->node, quality);
		ret = layout_picture_add(p, PICTURE_LIST, l->range, true, text);
	}
	return ret;
}

struct assigned {
	struct layout_picture *p;
	bool labelled;
};

static int
add_assigned(const struct iova_range *range, void *arg)
{
	struct assigned *a = arg;
	const bool first = !a->labelled;

	a->labelled = true;
	return layout_picture_add(a->p, PICTURE_POSSIBLE, *range, first,
		"EAL, assigned, lowest first");
}

int
layout_picture_add_assigned(struct layout_picture *p, const struct iova_layout *layout)
{
	struct assigned a = { p, false };

	return iova_layout_foreach_free(layout, add_assigned, &a);
}
