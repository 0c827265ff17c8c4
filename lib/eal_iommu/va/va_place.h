/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Choose where EAL's memory begins when IOVA is VA: at addresses that are free in the
 * process and good for all devices.
 *
 * EAL fills each list from its start. So what counts is how many good addresses follow
 * the start, not whether the whole list is good.
 */

#ifndef VA_PLACE_H
#define VA_PLACE_H

#include "iova/iova_layout.h"
#include "va/va_lists.h"
#include "va/va_space.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Quality of a place for EAL's memory, in ascending order. */
enum va_quality {
	VA_BAD,		/**< memory of some page size or node begins at bad addresses */
	VA_SHORT,	/**< every list begins at good addresses, but can't grow to its end */
	VA_WHOLE,	/**< all addresses are good */
};

/** The reason why no place is good. */
enum va_shortage {
	VA_SHORT_OF_ALL,	/**< memory of no kind can begin anywhere */
	VA_SHORT_OF_APERTURE,	/**< nor could it for fewer devices, or without holes */
	VA_SHORT_OF_PAGES,	/**< memory can begin, but not for every page size */
	VA_SHORT_OF_NODES,	/**< one page size only, but several nodes */
};

/** Result of va_place(). */
struct va_choice {
	bool moved;		/**< EAL must be made to begin at start */
	uint64_t start;		/**< address of EAL's next mapping; if moved, the page
				 *   before it is free */
	enum va_quality quality;
	struct va_lists lists;	/**< the lists at that place */
	enum va_shortage shortage;	/**< only if there are lists and quality is VA_BAD */
};

/** Free bytes in the layout from the start of @p range on. */
uint64_t va_good_bytes(const struct iova_layout *layout, struct iova_range range);

/**
 * Bytes of whole pages from the start of @p range on that all devices can address.
 * Estimated holes and the reservation for EAL's memory do not count.
 *
 * @param page      page size in bytes; the range is page aligned
 * @param soft_too  soft holes end the reach as well; otherwise only disallowed addresses,
 *   hard holes and used ranges do
 */
uint64_t va_reach_bytes(const struct iova_layout *layout, struct iova_range range,
		uint64_t page, bool soft_too);

/**
 * Choose a place. EAL's own place is kept unless another one is better. Of several best
 * places the lowest is chosen. Addresses below 4 GiB are never chosen. Without hugepages
 * EAL's own place is good if 1 GiB of memory is good there.
 *
 * @param space  from va_space_read(); its next is EAL's own place
 * @param out    free with va_choice_free()
 * @return 0; errors of va_lists_try().
 */
int va_place(const struct iova_layout *layout, const struct va_need *need,
		const struct va_limits *limits, const struct va_space *space,
		struct va_choice *out);

/** Lists that are no good place. */
struct va_begin {
	bool some;	/**< memory of one page size and node begins at good addresses */
	bool several;	/**< there are several page sizes */
	uint64_t page;	/**< the smallest one */
};

/** Add a list. @param good  a page of it is good, and it is the first of its kind */
void va_begin_add(struct va_begin *begin, uint64_t page, bool good);

/**
 * Find out what is short. With several page sizes a page of the smallest one may fit where no
 * list begins, as a larger one comes first.
 *
 * @param space  the free addresses of the process before EAL reserved any
 */
enum va_shortage va_shortage(const struct iova_layout *layout, const struct va_space *space,
		const struct va_begin *begin);

/** Free the result of va_place(); an all-zero struct is allowed. */
void va_choice_free(struct va_choice *choice);

#ifdef __cplusplus
}
#endif

#endif /* VA_PLACE_H */
