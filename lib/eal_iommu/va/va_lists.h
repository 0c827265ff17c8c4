/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Where EAL's memory lists will lie, found out by trying.
 *
 * EAL reserves addresses for each list in a fixed order: largest pages first, then
 * by node, an array for a list's pages before the list. Later releases reserve one
 * block for all lists, and the arrays behind it. It asks for an address
 * that only ever grows, gives up after some attempts, and keeps what the kernel
 * chooses then. Here the same requests are made and everything is released again,
 * so the answer counts what is mapped in this process and what its kernel does.
 *
 * Nothing is written to the memory. Not thread safe: what another thread maps
 * meanwhile may lie in an address that EAL would have had.
 */

#ifndef VA_LISTS_H
#define VA_LISTS_H

#include <stddef.h>

#include "iova/iova_range.h"
#include "va/va_need.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What EAL was built with. Sizes in bytes. */
struct va_limits {
	uint64_t type_bytes;	/**< memory of one page size on one node */
	uint64_t all_bytes;	/**< of all of them together */
	uint64_t list_bytes;	/**< of one list */
	uint32_t type_pages;
	uint32_t list_pages;
	uint32_t lists;		/**< number of lists */
	uint32_t entry_bytes;	/**< of a list's array for one page */
	bool one_block;		/**< all lists lie in one reservation, arrays come later */
	uint32_t zones;		/**< entries of the array of memory zones, the first one */
	uint32_t zone_bytes;	/**< of such an entry */
	uint64_t before;	/**< what EAL maps before that */
};

/** One list. */
struct va_list_at {
	struct iova_range range;	/**< without hugepages: all in which it can lie */
	uint64_t page;
	unsigned int node;
	bool first;	/**< the first of its page size and node: it is filled first */
};

/** All of them, in EAL's order. */
struct va_lists {
	struct va_list_at *v;
	size_t n;
};

/** Bytes in front of the first list's range. 0 if there is no list. */
uint64_t va_lists_lead(const struct va_need *need, const struct va_limits *limits);

/**
 * Where the lists would lie if EAL asked for @p start next.
 *
 * Without hugepages there is one list, of up to type_bytes. Its length is not known,
 * so its range holds each list that is not longer, with its array.
 *
 * @param out  to be freed with va_lists_free()
 * @return 0; -ENOMEM without memory or address space (a limit, ulimit -v): EAL could
 *   not start; other errors of mmap().
 */
int va_lists_try(const struct va_need *need, const struct va_limits *limits,
		uint64_t start, struct va_lists *out);

/** Free what va_lists_try() filled; all zero is allowed. */
void va_lists_free(struct va_lists *lists);

#ifdef __cplusplus
}
#endif

#endif /* VA_LISTS_H */
