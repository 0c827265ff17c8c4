/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Where EAL's memory should begin, while IOVA is VA: addresses that are both free
 * in the process and good for all devices.
 *
 * EAL fills each list from its start, so a list needs not be good to its end:
 * what matters is how much of it is good from the start on.
 */

#ifndef VA_PLACE_H
#define VA_PLACE_H

#include "iova/iova_layout.h"
#include "va/va_lists.h"
#include "va/va_space.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How well EAL's memory lies; better ones are greater. */
enum va_quality {
	VA_BAD,		/**< memory of some page size or node begins at bad addresses */
	VA_SHORT,	/**< each begins well, but can't grow to its end */
	VA_WHOLE,	/**< all of it is good */
};

/** What va_place() chose. */
struct va_choice {
	bool moved;		/**< EAL must be made to begin at start */
	uint64_t start;		/**< where EAL's next mapping goes; if moved, the page
				 * before it is free
				 */
	enum va_quality quality;
	struct va_lists lists;	/**< where they lie then */
};

/** Bytes of @p range that are free in the layout, from its start on. */
uint64_t va_good_bytes(const struct iova_layout *layout, struct iova_range range);

/**
 * Bytes of whole pages that devices can address of @p range, from its start on.
 * Holes that are estimates do not count: they place memory, they reject none. Nor does
 * what is kept for EAL's memory itself.
 *
 * @param page      bytes of a page; the range begins and ends with one
 * @param soft_too  soft holes end the reach as well; else what is allowed, hard
 *   holes and used ranges only
 */
uint64_t va_reach_bytes(const struct iova_layout *layout, struct iova_range range,
		uint64_t page, bool soft_too);

/**
 * Choose. EAL's own place is kept if nothing is better than that; else of the best
 * places the lowest is taken. Addresses below 4 GiB are never chosen.
 * Without hugepages EAL's own place is good where 1 GiB of memory is; lists tell of
 * no more then.
 *
 * @param space  as va_space_read() filled it; its next is EAL's own place
 * @param out    to be freed with va_choice_free()
 * @return 0; -ENOMEM as va_lists_try(), and others of it.
 */
int va_place(const struct iova_layout *layout, const struct va_need *need,
		const struct va_limits *limits, const struct va_space *space,
		struct va_choice *out);

/** Why no place is good. */
enum va_shortage {
	VA_SHORT_OF_ALL,	/**< no memory can begin anywhere */
	VA_SHORT_OF_PAGES,	/**< memory can begin, but not that of each page size */
	VA_SHORT_OF_NODES,	/**< there is one page size, but several nodes */
};

/**
 * @param choice  with lists; its quality is VA_BAD
 * @param nodes   NUMA nodes that EAL reserves for
 */
enum va_shortage va_shortage(const struct iova_layout *layout, const struct va_choice *choice,
		unsigned int *nodes);

/** Free what va_place() filled; all zero is allowed. */
void va_choice_free(struct va_choice *choice);

#ifdef __cplusplus
}
#endif

#endif /* VA_PLACE_H */
