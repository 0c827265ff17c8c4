/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The purposes of used ranges. Thousands of ranges have the same purpose, so each text is
 * stored once. A search is linear, as there are only a few texts.
 */

#ifndef IOVA_NAMES_H
#define IOVA_NAMES_H

#include <stddef.h>
#include <sys/queue.h>

struct iova_name;

SLIST_HEAD(iova_names, iova_name);

/** Get a stored copy of a text, truncated to fit. @return NULL without memory. */
const char *iova_names_get(struct iova_names *names, const char *text);

/** End the use of a result of iova_names_get(). */
void iova_names_put(struct iova_names *names, const char *text);

/** Number of uses of all texts. */
size_t iova_names_uses(const struct iova_names *names);

/** Free all texts. */
void iova_names_clear(struct iova_names *names);

#endif /* IOVA_NAMES_H */
