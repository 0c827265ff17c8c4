/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * reserved_regions of an IOMMU group: "0xFIRST 0xLAST word\n", sorted by the kernel,
 * truncated at one page of text. Regions of different types may overlap.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"

/* Twice the maximum for the largest kernel page, 64 KiB */
#define LINES_MAX 4096u
#define SW_MSI_DEFAULT UINT64_C(0x8000000)
#define ITS_SPAN UINT64_C(0xffff)
#define GUARD_PAGES 64

static bool
starts_with(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* Decide which of the two the kernel means by "msi": see holes.h. */
static enum iova_origin
msi_origin(const char *iommu, struct iova_range r)
{
	bool sw;

	if (starts_with(iommu, "smmu"))
		sw = iova_range_span(r) != ITS_SPAN;
	else if (starts_with(iommu, "dmar") || starts_with(iommu, "ivhd"))
		sw = false;
	else
		sw = r.first == SW_MSI_DEFAULT;
	return sw ? IOVA_ORIGIN_SW_MSI : IOVA_ORIGIN_MSI;
}

static void
word_meaning(const char *word, const char *iommu, struct iova_hole *hole)
{
	hole->hardness = IOVA_HARD;
	hole->by = IOVA_BY_KERNEL;
	if (strcmp(word, "msi") == 0) {
		hole->origin = msi_origin(iommu, hole->range);
	} else if (strcmp(word, "reserved") == 0) {
		hole->origin = IOVA_ORIGIN_RESERVED;
	} else if (strcmp(word, "direct") == 0) {
		hole->origin = IOVA_ORIGIN_DIRECT;
	} else if (strcmp(word, "direct-relaxable") == 0) {
		hole->origin = IOVA_ORIGIN_DIRECT_RELAXABLE;
		hole->hardness = IOVA_SOFT;
		hole->by = IOVA_BY_NOBODY;
	} else {
		hole->origin = IOVA_ORIGIN_UNKNOWN;
		strlcpy(hole->detail, word, sizeof(hole->detail));
	}
}

/* The user sees the word behind the two numbers, so mask it. */
static void
word_copy(const char *s, char *out, size_t size)
{
	strlcpy(out, s, size);
	sysfs_mask(out);
}

static bool
line_parse(const char *line, const char *iommu, struct iova_hole *hole)
{
	const char *s = sysfs_hex0x(line, &hole->range.first);
	char word[IOVA_DETAIL_LEN];

	if (s == NULL || *s != ' ')
		return false;
	s = sysfs_hex0x(s + 1, &hole->range.last);
	if (s == NULL || (*s != ' ' && *s != '\0') || !iova_range_valid(hole->range))
		return false;
	word_copy(*s == ' ' ? s + 1 : s, word, sizeof(word));
	word_meaning(word, iommu, hole);
	return true;
}

static int
guard_add(const struct iova_hole *sw_msi, uint64_t page_size, struct hole_list *list)
{
	struct iova_hole guard = *sw_msi;

	if (sw_msi->range.last == UINT64_MAX)
		return 0;
	guard.origin = IOVA_ORIGIN_SW_MSI_GUARD;
	guard.hardness = IOVA_SOFT;
	guard.by = IOVA_BY_NOBODY;
	if (!iova_range_make(sw_msi->range.last + 1, GUARD_PAGES * page_size, &guard.range))
		guard.range = (struct iova_range){ sw_msi->range.last + 1, UINT64_MAX };
	return holes_add(list, &guard);
}

static int
text_parse(char *text, size_t len, const char *iommu, uint64_t page_size, const char *owner,
		struct hole_list *list, struct holes_look *look)
{
	struct sysfs_lines it;
	unsigned int count = 0;
	char *line;
	int ret = 0;

	sysfs_lines_start(&it, text, holes_text_mend(text, len, &look->odd));
	while (ret == 0 && (line = sysfs_lines_next(&it)) != NULL) {
		struct iova_hole hole = { 0 };

		strlcpy(hole.owner, owner, sizeof(hole.owner));
		if (++count > LINES_MAX || !line_parse(line, iommu, &hole)) {
			look->odd++;
			continue;
		}
		ret = holes_add(list, &hole);
		if (ret == 0 && hole.origin == IOVA_ORIGIN_SW_MSI)
			ret = guard_add(&hole, page_size, list);
	}
	return ret;
}

int
holes_reserved_regions(const char *root, int group, const char *iommu, uint64_t page_size,
		const char *owner, struct hole_list *list, struct holes_look *look)
{
	size_t len, before = list->n;
	char *text;
	int ret;

	*look = (struct holes_look){ 0 };
	if (!holes_page_ok(page_size))
		return -EINVAL;
	ret = sysfs_read_file(root, &text, &len, "/sys/kernel/iommu_groups/%d/reserved_regions",
			group);
	if (ret == -ENOMEM)
		return ret;
	look->sight = holes_sight_of(ret);
	if (ret != 0)
		return 0;
	ret = text_parse(text, len, iommu, page_size, owner, list, look);
	free(text);
	if (ret != 0)
		list->n = before;
	return ret;
}
