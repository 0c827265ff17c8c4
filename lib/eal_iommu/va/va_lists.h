/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Predict where EAL's memory lists will lie by making the same requests.
 *
 * EAL reserves addresses for each list in a fixed order: largest pages first, then by
 * node, with the array of a list's pages before the list. Later releases reserve one
 * block for all lists, and the arrays behind it. EAL requests ever higher addresses.
 * After some attempts it accepts the address that the kernel chooses. This code makes the
 * same requests and releases the memory again, so the prediction includes what this
 * process has mapped and how its kernel chooses addresses.
 *
 * Nothing is written to the memory. Not thread safe: a concurrent mapping of another
 * thread may take an address that EAL would get.
 */

#ifndef VA_LISTS_H
#define VA_LISTS_H

#include <stddef.h>

#include "iova/iova_range.h"
#include "va/va_need.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Constants of the EAL build. Sizes in bytes. */
struct va_limits {
	uint64_t type_bytes;	/**< maximum memory of one page size on one node */
	uint64_t all_bytes;	/**< maximum of all of them together */
	uint64_t list_bytes;	/**< maximum of one list */
	uint32_t type_pages;
	uint32_t list_pages;
	uint32_t lists;		/**< number of lists */
	uint32_t entry_bytes;	/**< size of one entry of a list's array */
	bool one_block;		/**< all lists lie in one reservation, their arrays
				 *   behind it */
	uint32_t zones;		/**< entries of the first array, that of memory zones */
	uint32_t zone_bytes;	/**< size of such an entry */
	uint64_t before;	/**< size of what EAL maps before that array */
};

/** One memory list. */
struct va_list_at {
	struct iova_range range;	/**< without hugepages: the whole area in which
					 *   it can lie */
	uint64_t page;
	unsigned int node;
	bool first;	/**< first of its page size and node: EAL fills it first */
};

/** All lists, in EAL's order. */
struct va_lists {
	struct va_list_at *v;
	size_t n;
};

/** Bytes that EAL maps before the first list. 0 if there is no list. */
uint64_t va_lists_lead(const struct va_need *need, const struct va_limits *limits);

/**
 * Predict where the lists lie if EAL requests @p start next.
 *
 * Without hugepages there is one list, of up to type_bytes. Its length is unknown, so its
 * range contains every possible list and its array.
 *
 * @param out  free with va_lists_free()
 * @return 0; -ENOMEM if memory or address space (ulimit -v) is exhausted, where EAL can't
 *   start either; other errors of mmap().
 */
int va_lists_try(const struct va_need *need, const struct va_limits *limits,
		uint64_t start, struct va_lists *out);

/** Free the result of va_lists_try(); an all-zero struct is allowed. */
void va_lists_free(struct va_lists *lists);

#ifdef __cplusplus
}
#endif

#endif /* VA_LISTS_H */
