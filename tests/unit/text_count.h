/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Occurrences of a word in a text.
 */

#ifndef TEXT_COUNT_H
#define TEXT_COUNT_H

#include <stddef.h>
#include <string.h>

/** @return how often @p what is in @p text */
static inline size_t
text_count(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text++)
		n++;
	return n;
}

#endif /* TEXT_COUNT_H */
