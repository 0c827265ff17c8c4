/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The IOVA layout: which I/O virtual addresses a process may use, and why not
 * the others.
 *
 * Three sets make a layout:
 *  - allowed: what every IOMMU of every device can translate (intersection);
 *  - holes:   addresses to keep away from, each with the source it was read
 *             from (origin), what is done about it (hardness), who makes it one
 *             (enforcer) and the device that brought it (owner). Holes may overlap
 *             each other;
 *  - used:    what has been placed. Used ranges never overlap each other.
 * Free is what is left: allowed minus holes minus used.
 *
 * The engine does no I/O and knows neither DPDK nor the kernel. It is not
 * thread safe: the caller serialises.
 *
 * Errors are returned as negative errno values:
 *  -EINVAL      a range with first > last, an alignment that is no power of
 *               two, an empty name (owner, what), a hole of unknown origin,
 *               hardness or enforcer or with an unterminated string;
 *  -ENOMEM      no memory for a node; nothing was changed;
 *  -ENOSPC      no free place that is long enough, aligned and low enough;
 *  -ERANGE      outside of the allowed ranges;
 *  -EADDRINUSE  a hard hole and a used (or wanted) range overlap;
 *  -EEXIST      overlaps a used range;
 *  -ENOENT      no used range is exactly this one.
 */

#ifndef IOVA_LAYOUT_H
#define IOVA_LAYOUT_H

#include <stddef.h>
#include <stdio.h>

#include "iova/iova_range.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Where a hole comes from. */
enum iova_origin {
	IOVA_ORIGIN_ZERO_PAGE,		/**< IOVA 0, which many drivers read as "none" */
	IOVA_ORIGIN_TOP_PAGE,		/**< last page of the 64 bit space */
	IOVA_ORIGIN_SW_MSI,		/**< window in which the kernel maps MSI doorbells */
	IOVA_ORIGIN_SW_MSI_GUARD,	/**< guard behind SW_MSI */
	IOVA_ORIGIN_MSI,		/**< hardware MSI window */
	IOVA_ORIGIN_RESERVED,		/**< reserved by the IOMMU driver */
	IOVA_ORIGIN_DIRECT,		/**< firmware wants a 1:1 mapping (RMRR, RMR) */
	IOVA_ORIGIN_DIRECT_RELAXABLE,	/**< same, may be given up */
	IOVA_ORIGIN_UNKNOWN,		/**< a type word this build does not know */
	IOVA_ORIGIN_HOST_BRIDGE,	/**< PCI memory window of a host bridge */
	IOVA_ORIGIN_DMA_RANGES,		/**< not in the dma-ranges of a host bridge */
	IOVA_ORIGIN_USER,		/**< hole= of the user */
	IOVA_ORIGIN_EAL,		/**< kept free for memory EAL may grow into */
	IOVA_ORIGIN_COUNT
};

/** What the layout does with an address in the hole. */
enum iova_hardness {
	IOVA_SOFT,	/**< avoids it, but gives it to a caller who insists */
	IOVA_HARD,	/**< refuses it */
};

/** Who keeps such an address from working. For messages: the layout does not look at it. */
enum iova_enforcer {
	IOVA_BY_NOBODY,	/**< a convention, the user's word, an estimate */
	IOVA_BY_BUS,	/**< the bus: DMA does not arrive in memory */
	IOVA_BY_KERNEL,	/**< the kernel, which refuses to map it */
};

#define IOVA_DETAIL_LEN 40
#define IOVA_OWNER_LEN 40

/** One hole. */
struct iova_hole {
	struct iova_range range;
	enum iova_origin origin;
	enum iova_hardness hardness;
	enum iova_enforcer by;
	char detail[IOVA_DETAIL_LEN];	/**< e.g. the root bus "0000:00", or "" */
	char owner[IOVA_OWNER_LEN];	/**< device that brought it, or "" */
};

/**
 * One used range. What is behind "what" the layout neither reads nor changes: it is the
 * record of who placed the range, zero at first.
 */
struct iova_used {
	struct iova_range range;
	char what[IOVA_OWNER_LEN];	/**< what it is used for, for dumps */
	uint64_t va;			/**< memory that is mapped there */
	unsigned int owner;
};

/**
 * What stood in the way; filled on -ERANGE, -EADDRINUSE and -EEXIST, all zero
 * otherwise. Of several the lowest is told.
 *
 * The range is the gap between allowed ranges (-ERANGE of place_at and test), the
 * hole (-EADDRINUSE of place_at and test), or the used range (all others).
 */
struct iova_conflict {
	struct iova_range with;		/**< the range in the way */
	struct iova_hole hole;		/**< the hole, when is_hole; else only its owner: on
					 *   -ERANGE a device that set the bound, or "" */
	bool is_hole;
};

struct iova_layout;

/** Short name of an origin for messages: "SW_MSI", "host bridge", ... */
const char *iova_origin_name(enum iova_origin origin);

/** "nobody", "bus", "kernel". */
const char *iova_enforcer_name(enum iova_enforcer by);

/** Is the hole a guess about the machine rather than what a source of it shows? */
bool iova_hole_estimated(const struct iova_hole *hole);

/**
 * An empty layout: everything is allowed, nothing is a hole.
 *
 * @return 0 and *out, or -ENOMEM.
 */
int iova_layout_create(struct iova_layout **out);

/** Free a layout; NULL is allowed. Cannot fail. */
void iova_layout_destroy(struct iova_layout *layout);

/**
 * Intersect the allowed ranges with those of a device that arrives.
 *
 * @param ranges  allowed ranges, in any order, may overlap or touch
 * @param n       how many; 0 is -EINVAL
 * @param owner   device that brings them, for messages
 * @param why     filled when a used range would fall outside; may be NULL
 * @return 0, also if nothing is left allowed; -EINVAL; -ENOMEM; -ERANGE if a
 *   used range is not covered by one range any more. On error nothing has
 *   changed.
 */
int iova_layout_allow(struct iova_layout *layout,
		const struct iova_range *ranges, size_t n,
		const char *owner, struct iova_conflict *why);

/**
 * Add a hole. The same hole (range, origin, hardness, enforcer, detail) of several
 * owners is kept once and shows the first of them that is still there.
 *
 * @param why  filled on -EADDRINUSE; may be NULL
 * @return 0; -EINVAL; -ENOMEM; -EADDRINUSE if it is hard and overlaps a used
 *   range. A soft hole over a used range is kept and returns 0. On error
 *   nothing has changed.
 */
int iova_layout_add_hole(struct iova_layout *layout,
		const struct iova_hole *hole, struct iova_conflict *why);

/**
 * Take back all that a device brought: its allowed ranges, and its holes, but for
 * those that others brought as well. What is used stays. Cannot fail.
 *
 * @param owner  not empty; one that brought nothing changes nothing
 */
void iova_layout_forget(struct iova_layout *layout, const char *owner);

/**
 * Place a range at the lowest free address that fits.
 *
 * @param span   length in bytes minus one
 * @param align  power of two; the first address is a multiple of it
 * @param limit  last address the range may have (inclusive upper bound)
 * @param what   what it is for (copied, cut to fit)
 * @param out    the placed range
 * @return 0; -EINVAL; -ENOMEM; -ENOSPC. A fit that exists is found.
 */
int iova_layout_place(struct iova_layout *layout, uint64_t span,
		uint64_t align, uint64_t limit, const char *what,
		struct iova_range *out);

/**
 * Place a range at a fixed address.
 *
 * @param why  on an error what was in the way; on 0 why->is_hole is true if
 *   the range overlaps a soft hole (which is then described), else false.
 *   May be NULL.
 * @return 0; -EINVAL; -ENOMEM; else the first that holds of -ERANGE, -EADDRINUSE
 *   (hard hole) and -EEXIST.
 */
int iova_layout_place_at(struct iova_layout *layout, struct iova_range range,
		const char *what, struct iova_conflict *why);

/**
 * Whether a range could be placed; changes nothing.
 *
 * @param soft_too  true: soft holes are in the way as well (-EADDRINUSE)
 * @return as iova_layout_place_at(), without -ENOMEM.
 */
int iova_layout_test(const struct iova_layout *layout, struct iova_range range,
		bool soft_too, struct iova_conflict *why);

/** Give back a used range. @return 0; -ENOENT if none is exactly this. */
int iova_layout_release(struct iova_layout *layout, struct iova_range range);

/**
 * Lowest used range that ends at or behind @p iova, or NULL, and the one above a range:
 * to write va and owner, and to walk. Valid until that range is released.
 */
struct iova_used *iova_layout_used_from(struct iova_layout *layout, uint64_t iova);
struct iova_used *iova_layout_used_next(struct iova_used *used);

/** Used range that contains @p iova, or NULL. Valid until the next change. */
const struct iova_used *iova_layout_lookup(const struct iova_layout *layout,
		uint64_t iova);

/** Lowest used range that overlaps @p range, or NULL. Valid until the next change. */
const struct iova_used *iova_layout_used_in(const struct iova_layout *layout,
		struct iova_range range);

/**
 * Hole that overlaps @p range and begins lowest, of those the one that ends
 * lowest, or NULL. Valid until the next change.
 */
const struct iova_hole *iova_layout_hole_in(const struct iova_layout *layout,
		struct iova_range range);

/** Walk the holes that overlap @p range, as iova_layout_foreach_hole(). */
int iova_layout_foreach_hole_in(const struct iova_layout *layout, struct iova_range range,
		int (*cb)(const struct iova_hole *hole, void *arg), void *arg);

/**
 * Walk in ascending order. The callback returns 0 to go on, anything else
 * stops the walk and is returned. It must not change the layout.
 */
int iova_layout_foreach_allowed(const struct iova_layout *layout,
		int (*cb)(const struct iova_range *range, void *arg), void *arg);
int iova_layout_foreach_hole(const struct iova_layout *layout,
		int (*cb)(const struct iova_hole *hole, void *arg), void *arg);
int iova_layout_foreach_used(const struct iova_layout *layout,
		int (*cb)(const struct iova_used *used, void *arg), void *arg);
int iova_layout_foreach_free(const struct iova_layout *layout,
		int (*cb)(const struct iova_range *range, void *arg), void *arg);

/**
 * Write the layout as text: one line per allowed, hole, used and free range,
 * addresses in hex, sorted by address.
 *
 * @return 0, or -EIO if the stream fails.
 */
int iova_layout_dump(const struct iova_layout *layout, FILE *f);

/**
 * Self-check of every invariant: trees ordered and balanced, augmented values
 * right up to the root, free = allowed - holes - used computed the slow way.
 *
 * @return 0, or -EFAULT with one line about what is wrong written to @p f
 *   (may be NULL).
 */
int iova_layout_check(const struct iova_layout *layout, FILE *f);

#ifdef __cplusplus
}
#endif

#endif /* IOVA_LAYOUT_H */
