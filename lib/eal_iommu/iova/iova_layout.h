/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The IOVA layout: which I/O virtual addresses a process may use, and what prevents the
 * use of the others.
 *
 * A layout has three sets:
 *  - allowed: addresses that the IOMMUs of all devices can translate (intersection);
 *  - holes:   addresses to avoid. Each hole has a source (origin), a treatment (hardness), a
 *    cause of the failure (enforcer) and the device that it comes from (owner). Holes may
 *    overlap;
 *  - used:    placed ranges. They never overlap each other.
 * The remaining addresses are free: allowed minus holes minus used.
 *
 * A worked example, which tests/unit/test_iova_layout_dump.c runs:
 *
 *            0         128M    129M    130M     642M     1G       1.25G     2G       4G
 *            |         |       |       |        |        |        |         |        |
 *   01:00.0  [----------------------------------------------------------------------]
 *   02:00.0  [-------------------------------------------------------------]
 *   allowed  [-------------------------------------------------------------]
 *   holes              [ hard ]                          [- soft ]
 *   used                               [-------]
 *   free     [--------]        [------]         [-------]         [--------]
 *
 * The IOMMU of 01:00.0 translates 4 GiB, that of 02:00.0 2 GiB: both can use 2 GiB. The
 * group of 01:00.0 reserves SW_MSI at 128 MiB: a hard hole, as the kernel refuses to map
 * there. The host bridge above 02:00.0 has a window at 1 GiB: a soft hole, as the kernel
 * maps there, but DMA does not reach memory.
 *
 * iova_layout_place() of 512 MiB with an alignment of 2 MiB finds 130 MiB: below SW_MSI
 * only 128 MiB are free. iova_layout_place_at() then returns
 *  - -ERANGE at 2 GiB, and names the gap above 2 GiB and its owner, 02:00.0;
 *  - -EADDRINUSE at 128 MiB, and names SW_MSI;
 *  - -EEXIST at 130 MiB, and names the used range;
 *  - 0 at 1 GiB, and names the window of the host bridge.
 *
 * The engine does no I/O and calls neither DPDK nor the kernel. It is not thread safe: the
 * caller serialises.
 *
 * Errors are negative errno values:
 * - -EINVAL      a range with first > last, an alignment that is not a power of two, an
 *   empty name (owner, what), or a hole with an unknown origin, hardness or enforcer or
 *   an unterminated string;
 * - -ENOMEM      no memory for a node; nothing was changed;
 * - -ENOSPC      no free place is long enough, aligned and low enough;
 * - -ERANGE      outside of the allowed ranges;
 * - -EADDRINUSE  a hard hole overlaps a used or requested range;
 * - -EEXIST      overlaps a used range;
 * - -ENOENT      no used range has exactly these bounds.
 */

#ifndef IOVA_LAYOUT_H
#define IOVA_LAYOUT_H

#include <stddef.h>
#include <stdio.h>

#include "iova/iova_range.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Origin of a hole. */
enum iova_origin {
	IOVA_ORIGIN_ZERO_PAGE,		/**< IOVA 0, which many drivers take for "none" */
	IOVA_ORIGIN_TOP_PAGE,		/**< last page of the 64-bit space */
	IOVA_ORIGIN_SW_MSI,		/**< window in which the kernel maps MSI doorbells */
	IOVA_ORIGIN_SW_MSI_GUARD,	/**< guard behind SW_MSI */
	IOVA_ORIGIN_MSI,		/**< hardware MSI window */
	IOVA_ORIGIN_RESERVED,		/**< reserved by the IOMMU driver */
	IOVA_ORIGIN_DIRECT,		/**< firmware requests a 1:1 mapping (RMRR, RMR) */
	IOVA_ORIGIN_DIRECT_RELAXABLE,	/**< same, but the kernel may drop the mapping */
	IOVA_ORIGIN_UNKNOWN,		/**< a type word unknown to this build */
	IOVA_ORIGIN_HOST_BRIDGE,	/**< PCI memory window of a host bridge */
	IOVA_ORIGIN_DMA_RANGES,		/**< not in the dma-ranges of a host bridge */
	IOVA_ORIGIN_USER,		/**< the user's hole= or dma_bits= */
	IOVA_ORIGIN_EAL,		/**< reserved for growth of EAL's memory */
	IOVA_ORIGIN_COUNT
};

/** How the layout treats addresses in the hole. */
enum iova_hardness {
	IOVA_SOFT,	/**< avoids them, but a caller may place a range there */
	IOVA_HARD,	/**< rejects them */
};

/** What makes such an address fail. For messages only; the layout does not evaluate it. */
enum iova_enforcer {
	IOVA_BY_NOBODY,	/**< a convention, the user's argument, or an estimate */
	IOVA_BY_BUS,	/**< the bus fabric: DMA does not reach memory */
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
	char owner[IOVA_OWNER_LEN];	/**< device that the hole comes from, or "" */
};

/**
 * One used range. The layout does not change the members after "what". They belong to the
 * caller and begin as zero.
 */
struct iova_used {
	struct iova_range range;
	const char *what;		/**< purpose, for dumps; valid until its release */
	uint64_t va;			/**< virtual address of the mapped memory */
	uint8_t owner, state;
	bool read_only;
	bool parked;			/**< dumps say so */
	uint32_t call;			/**< number of the call that unmaps it */
};

/**
 * What stands in the way. Filled on -ERANGE, -EADDRINUSE and -EEXIST, all zero otherwise.
 * Of several conflicts this is the lowest one.
 *
 * The range is a gap between allowed ranges (-ERANGE of place_at and test), a hole
 * (-EADDRINUSE of place_at and test), or a used range (all other cases).
 */
struct iova_conflict {
	struct iova_range with;		/**< the range in the way */
	struct iova_hole hole;		/**< the hole, if is_hole. Otherwise only its
					 *   owner is set: on -ERANGE a device that set
					 *   the bound, or "" */
	bool is_hole;
};

struct iova_layout;

/** Short name of an origin for messages: "SW_MSI", "host bridge", ... */
const char *iova_origin_name(enum iova_origin origin);

/** "nobody", "bus", "kernel". */
const char *iova_enforcer_name(enum iova_enforcer by);

/** Is the hole an estimate, not read from the machine? */
bool iova_hole_estimated(const struct iova_hole *hole);

/**
 * Create an empty layout: everything is allowed, without holes.
 *
 * @return 0 and *out, or -ENOMEM.
 */
int iova_layout_create(struct iova_layout **out);

/** Free a layout; NULL is allowed. Cannot fail. */
void iova_layout_destroy(struct iova_layout *layout);

/**
 * Intersect the allowed ranges with those of a new device.
 *
 * @param ranges  allowed ranges, in any order, may overlap or touch
 * @param n       number of ranges; 0 is -EINVAL
 * @param owner   the device, for messages
 * @param why     filled if a used range would become disallowed; may be NULL
 * @return 0, also if no address remains allowed; -EINVAL; -ENOMEM; -ERANGE if no single
 *   allowed range would cover a used range. On error nothing has changed.
 */
int iova_layout_allow(struct iova_layout *layout,
		const struct iova_range *ranges, size_t n,
		const char *owner, struct iova_conflict *why);

/**
 * Add a hole. A hole that several owners bring (same range, origin, hardness, enforcer,
 * detail) is kept once. It shows the first owner that remains.
 *
 * @param why  filled on -EADDRINUSE; may be NULL
 * @return 0; -EINVAL; -ENOMEM; -EADDRINUSE if it is hard and overlaps a used range. A
 *   soft hole may overlap a used range. On error nothing has changed.
 */
int iova_layout_add_hole(struct iova_layout *layout,
		const struct iova_hole *hole, struct iova_conflict *why);

/**
 * Remove what a device brought: its allowed ranges, and its holes, except those that
 * another owner brought too. Used ranges remain. Cannot fail.
 *
 * @param owner  not empty; an unknown owner changes nothing
 */
void iova_layout_forget(struct iova_layout *layout, const char *owner);

/**
 * Place a range at the lowest suitable free address.
 *
 * @param span   length in bytes minus one
 * @param align  power of two; the first address is a multiple of it
 * @param limit  highest address that the range may contain
 * @param what   purpose (copied, truncated to fit)
 * @param out    the resulting range
 * @return 0; -EINVAL; -ENOMEM; -ENOSPC if no suitable place exists.
 */
int iova_layout_place(struct iova_layout *layout, uint64_t span,
		uint64_t align, uint64_t limit, const char *what,
		struct iova_range *out);

/**
 * Place a range at a fixed address.
 *
 * @param why  on error, what is in the way. On success why->is_hole tells whether the
 *   range overlaps a soft hole; if so, why->hole is that hole. May be NULL.
 * @return 0; -EINVAL; -ENOMEM; otherwise the first that applies of -ERANGE, -EADDRINUSE
 *   (hard hole) and -EEXIST.
 */
int iova_layout_place_at(struct iova_layout *layout, struct iova_range range,
		const char *what, struct iova_conflict *why);

/**
 * Check whether a range could be placed. Changes nothing.
 *
 * @param soft_too  true: soft holes conflict as well (-EADDRINUSE)
 * @return as iova_layout_place_at(), without -ENOMEM.
 */
int iova_layout_test(const struct iova_layout *layout, struct iova_range range,
		bool soft_too, struct iova_conflict *why);

/** Release a used range. @return 0; -ENOENT if no used range has these bounds. */
int iova_layout_release(struct iova_layout *layout, struct iova_range range);

/**
 * Find the lowest used range that ends at or above @p iova, and the next higher one; NULL
 * at the end. The caller may write va and owner. Valid until that range is released.
 */
struct iova_used *iova_layout_used_from(struct iova_layout *layout, uint64_t iova);
struct iova_used *iova_layout_used_next(struct iova_used *used);

/** Find the used range that contains @p iova, or NULL. Valid until the next change. */
const struct iova_used *iova_layout_lookup(const struct iova_layout *layout,
		uint64_t iova);

/** Find the lowest used range that overlaps @p range, or NULL. Valid until the next change. */
const struct iova_used *iova_layout_used_in(const struct iova_layout *layout,
		struct iova_range range);

/**
 * Find the hole with the lowest start, then the lowest end, that overlaps @p range, or
 * NULL. Valid until the next change.
 */
const struct iova_hole *iova_layout_hole_in(const struct iova_layout *layout,
		struct iova_range range);

/** Visit the holes that overlap @p range; see iova_layout_foreach_hole(). */
int iova_layout_foreach_hole_in(const struct iova_layout *layout, struct iova_range range,
		int (*cb)(const struct iova_hole *hole, void *arg), void *arg);

/**
 * Whether the allowed ranges of some device, taken alone, contain an address of @p range. True if
 * no device has any.
 */
bool iova_layout_some_allow(const struct iova_layout *layout, struct iova_range range);

/**
 * Visit in ascending order. The callback returns 0 to continue. Any other value stops and
 * is returned. The callback must not change the layout.
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
 * Write the layout as text, sorted by address: one line per allowed, hole, used and free
 * range, addresses in hex.
 *
 * @return 0, or -EIO if the stream fails.
 */
int iova_layout_dump(const struct iova_layout *layout, FILE *f);

/**
 * Check every invariant: trees are ordered and balanced, augmented values are correct,
 * and free = allowed - holes - used, computed without the searches.
 *
 * @return 0, or -EFAULT after one line about the fault was written to @p f (may be NULL).
 */
int iova_layout_check(const struct iova_layout *layout, FILE *f);

#ifdef __cplusplus
}
#endif

#endif /* IOVA_LAYOUT_H */
