/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The address space of this process: which virtual addresses are free, and where user
 * space ends. The end depends on the architecture, its paging levels and its page size,
 * so it is measured.
 *
 * Not thread safe for one object. Concurrent mappings of other threads are not seen.
 */

#ifndef VA_SPACE_H
#define VA_SPACE_H

#include <stdbool.h>
#include <stddef.h>

#include "iova/iova_range.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Free addresses of the process. */
struct va_space {
	struct iova_range *gap;	/**< ascending, page aligned */
	size_t n;
	uint64_t top;		/**< last address that mmap() returns without a higher hint */
	uint64_t next;		/**< address that EAL tries for its next mapping */
	bool has_config;	/**< EAL's configuration is mapped at the base */
};

/**
 * Read /proc/self/maps and measure the end of user space.
 *
 * The 64 MiB below the main thread's stack are no gap, as the stack may grow there.
 *
 * @param root  as in sysfs.h
 * @param base  address at which EAL begins. next is this address, or the end of EAL's
 *   configuration if that is mapped there already. If the user chose the base, the
 *   configuration may end there.
 * @param out   free with va_space_free()
 * @return 0; -EBADMSG if the file has no mapping; -ENOMEM; as sysfs_read_file().
 */
int va_space_read(const char *root, uint64_t base, struct va_space *out);

/** Free the result of va_space_read(); an all-zero struct is allowed. */
void va_space_free(struct va_space *space);

#ifdef __cplusplus
}
#endif

#endif /* VA_SPACE_H */
