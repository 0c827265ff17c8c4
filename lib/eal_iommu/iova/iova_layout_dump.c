/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A layout as text.
 *
 * Four iterations are merged by first address. At the same address the order is allowed,
 * hole, used, free.
 */

#include <errno.h>
#include <inttypes.h>

#include "iova/iova_layout_private.h"

const char *
iova_origin_name(enum iova_origin origin)
{
	static const char *const names[IOVA_ORIGIN_COUNT] = {
		[IOVA_ORIGIN_ZERO_PAGE] = "IOVA 0",
		[IOVA_ORIGIN_TOP_PAGE] = "top page",
		[IOVA_ORIGIN_SW_MSI] = "SW_MSI",
		[IOVA_ORIGIN_SW_MSI_GUARD] = "SW_MSI guard",
		[IOVA_ORIGIN_MSI] = "MSI",
		[IOVA_ORIGIN_RESERVED] = "reserved",
		[IOVA_ORIGIN_DIRECT] = "direct",
		[IOVA_ORIGIN_DIRECT_RELAXABLE] = "direct-relaxable",
		[IOVA_ORIGIN_UNKNOWN] = "unknown type",
		[IOVA_ORIGIN_HOST_BRIDGE] = "host bridge",
		[IOVA_ORIGIN_DMA_RANGES] = "dma-ranges",
		[IOVA_ORIGIN_USER] = "user",
		[IOVA_ORIGIN_EAL] = "EAL memory",
	};

	return (unsigned int)origin < IOVA_ORIGIN_COUNT ? names[origin] : "unknown origin";
}

const char *
iova_enforcer_name(enum iova_enforcer by)
{
	static const char *const names[] = {
		[IOVA_BY_NOBODY] = "nobody",
		[IOVA_BY_BUS] = "bus",
		[IOVA_BY_KERNEL] = "kernel",
	};

	return (unsigned int)by <= IOVA_BY_KERNEL ? names[by] : "unknown";
}

bool
iova_hole_estimated(const struct iova_hole *hole)
{
	return hole->origin == IOVA_ORIGIN_HOST_BRIDGE && hole->by == IOVA_BY_NOBODY;
}

/* Positions of the four iterations; at the end NULL or past the array. */
struct cursor {
	size_t allowed;
	struct iova_hole_node *hole;
	struct iova_used_node *used;
	struct iova_free_node *free;
};

/* Print a length: "4 KiB" if exact in this unit, otherwise "4.3 KiB". */
static void
print_size(FILE *f, struct iova_range range)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t span = iova_range_span(range);
	uint64_t whole, part, mask;
	unsigned int u = 0;

	/* A length reaches a unit if its span reaches the unit minus one. */
	while (u < 6 && span >= (UINT64_C(1) << (10 * (u + 1))) - 1)
		u++;
	mask = (UINT64_C(1) << (10 * u)) - 1;
	whole = span >> (10 * u);
	part = span & mask;
	if (part == mask)
		fprintf(f, "%" PRIu64 " %s", whole + 1, units[u]);
	else
		fprintf(f, "%" PRIu64 ".%" PRIu64 " %s", whole, (part + 1) * 10 >> (10 * u),
			units[u]);
}

static void
print_line(FILE *f, const char *kind, struct iova_range range)
{
	fprintf(f, "%-8s 0x%016" PRIx64 "-0x%016" PRIx64, kind, range.first, range.last);
}

static void
print_hole(FILE *f, const struct iova_hole *hole)
{
	print_line(f, "hole", hole->range);
	fprintf(f, "  %s%s%s, %s%s", iova_origin_name(hole->origin),
		hole->detail[0] != '\0' ? " " : "", hole->detail,
		hole->hardness == IOVA_HARD ? "hard" : "soft",
		iova_hole_estimated(hole) ? ", estimated" : "");
	if (hole->owner[0] != '\0')
		fprintf(f, ", from %s", hole->owner);
	fputc('\n', f);
}

static void
print_used(FILE *f, const struct iova_used *used)
{
	print_line(f, "used", used->range);
	fputs("  ", f);
	print_size(f, used->range);
	fprintf(f, "  %s%s\n", used->what, used->parked ? " (parked)" : "");
}

static void
print_free(FILE *f, struct iova_range range)
{
	print_line(f, "free", range);
	fputs("  ", f);
	print_size(f, range);
	fputc('\n', f);
}

/* Print the lowest remaining line and advance; false at the end. */
static bool
print_next(const struct iova_layout *layout, struct cursor *at, FILE *f)
{
	const struct iova_range *line[4] = {
		at->allowed < layout->allowed.n ? &layout->allowed.v[at->allowed].range : NULL,
		at->hole != NULL ? &at->hole->hole.range : NULL,
		at->used != NULL ? &at->used->used.range : NULL,
		at->free != NULL ? &at->free->range : NULL,
	};
	int i, low = -1;

	for (i = 0; i < 4; i++)
		if (line[i] != NULL && (low < 0 || line[i]->first < line[low]->first))
			low = i;
	if (low == 0) {
		print_line(f, "allowed", *line[0]);
		fputc('\n', f);
		at->allowed++;
	} else if (low == 1) {
		print_hole(f, &at->hole->hole);
		at->hole = iova_holes_next(at->hole);
	} else if (low == 2) {
		print_used(f, &at->used->used);
		at->used = iova_used_next(at->used);
	} else if (low == 3) {
		print_free(f, at->free->range);
		at->free = iova_free_next(at->free);
	}
	return low >= 0;
}

int
iova_layout_dump(const struct iova_layout *layout, FILE *f)
{
	struct cursor at = {
		.hole = iova_holes_first(&layout->holes),
		.used = iova_used_first(&layout->used),
		.free = iova_free_first(&layout->free),
	};

	while (!ferror(f) && print_next(layout, &at, f))
		;
	return ferror(f) || fflush(f) != 0 ? -EIO : 0;
}
