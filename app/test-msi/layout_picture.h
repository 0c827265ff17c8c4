/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A layout as a picture: what is drawn and where, without ink. layout_svg.c and
 * layout_plot.c draw it as SVG and as text.
 *
 * Rows are addresses, in ascending order from the top (addr_scale.h). There are three
 * columns: what may be used, the holes, and memory. Items of a column that overlap lie in
 * separate lanes.
 *
 * No DPDK. Thread safe for different pictures.
 */

#ifndef LAYOUT_PICTURE_H
#define LAYOUT_PICTURE_H

#include <stdio.h>

#include "addr_scale.h"
#include "iova/iova_layout.h"
#include "va/va_place.h"

/** What an item is. */
enum picture_kind {
	PICTURE_FREE,
	PICTURE_GAP,		/**< an IOMMU does not translate it */
	PICTURE_HOLE,
	PICTURE_USED,		/**< mapped or reserved */
	PICTURE_LIST,		/**< a memory list of EAL */
	PICTURE_POSSIBLE,	/**< memory may lie here */
	PICTURE_MSI_PLACE,	/**< SW_MSI could lie here */
	PICTURE_KINDS
};

enum picture_column { PICTURE_STATE, PICTURE_HOLES, PICTURE_MEMORY, PICTURE_COLUMNS };

#define PICTURE_TEXT 160

/** A range in the picture. */
struct picture_item {
	struct iova_range range;
	enum picture_kind kind;
	enum iova_origin origin;	/**< of a hole */
	bool hard;			/**< likewise */
	bool labelled;
	char text[PICTURE_TEXT];	/**< e.g. "SW_MSI, hard, 1 MiB" */
	char owner[IOVA_OWNER_LEN];	/**< the device that it comes from, or "" */
	enum picture_column column;
	/* The members below are set by layout_picture_place(). */
	size_t lane;
	size_t row, rows;		/**< rows may include those of scales within */
	size_t label_row;		/**< if labelled; no other label is there */
};

/** Start with all zero; end with layout_picture_free(). */
struct layout_picture {
	char title[PICTURE_TEXT];	/**< set by the caller */
	struct picture_item *v;		/**< sorted by layout_picture_place() */
	size_t n, room;
	struct addr_scale scale;
	size_t lanes[PICTURE_COLUMNS];	/**< at least 1 each */
	char *about;			/**< all items as text, for screen readers */
};

/** Add what the layout has. @return 0; -ENOMEM. */
int layout_picture_read(struct layout_picture *p, const struct iova_layout *layout);

/** Add a range that the layout does not have. @return 0; -EINVAL; -ENOMEM. */
int layout_picture_add(struct layout_picture *p, enum picture_kind kind,
		struct iova_range range, bool labelled, const char *text);

/** Add where EAL's lists would lie, with IOVA as VA. @return 0; -ENOMEM. */
int layout_picture_add_lists(struct layout_picture *p, const struct iova_layout *layout,
		const struct va_lists *lists);

/** Add where mappings may lie if IOVAs are assigned: all free ranges. @return 0; -ENOMEM. */
int layout_picture_add_assigned(struct layout_picture *p, const struct iova_layout *layout);

/** Choose rows and lanes, once, after everything was added. @return 0; -ENOMEM. */
int layout_picture_place(struct layout_picture *p);

void layout_picture_free(struct layout_picture *p);

/** One character for an item; of a hole a letter, in upper case if it is hard. */
char layout_picture_mark(const struct picture_item *item);

/** Write a length: "4 KiB", or "4.3 KiB" if that is not exact. */
void layout_picture_size(uint64_t span, char *out, size_t size);

/** Draw a placed picture as text of ASCII characters. @return 0; -ENOMEM. */
int layout_plot_write(FILE *f, const struct layout_picture *picture);

/** Draw as SVG, for svg_save(). @p picture is a placed struct layout_picture. */
void layout_svg_write(FILE *f, const void *picture);

#endif /* LAYOUT_PICTURE_H */
