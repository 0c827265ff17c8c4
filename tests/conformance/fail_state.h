/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What this process and the kernel hold: what a failed call must leave as it was.
 */

#ifndef FAIL_STATE_H
#define FAIL_STATE_H

#include <stddef.h>
#include <stdint.h>

struct ioas;

struct fail_state {
	uint64_t descriptors;	/**< of this process */
	uint64_t mappings;	/**< of the space, by its record */
	uint64_t pinned;	/**< pages that are pinned in the whole machine */
	uint64_t locked_kib;	/**< memory of this process that counts as locked */
	uint64_t pinned_kib;	/**< and as pinned */
	uint64_t tables;	/**< pages that IOMMUs have, in the whole machine */
};

/** Read it. @param space  may be NULL */
void fail_state_read(const struct ioas *space, struct fail_state *out);

/**
 * Compare all but the tables, which the kernel keeps as long as a space exists.
 *
 * @return NULL, or what differs: both numbers, valid until the next call
 */
const char *fail_state_differs(const struct fail_state *now, const struct fail_state *then);

#endif /* FAIL_STATE_H */
