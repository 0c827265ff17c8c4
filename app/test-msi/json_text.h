/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Text of any bytes in JSON. Thread safe.
 */

#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <jansson.h>

/**
 * Make a string of text that is not known to be UTF-8: a name of a file, or what has one. If it is
 * not UTF-8, each byte that is not ASCII becomes '?'.
 *
 * @return NULL without memory
 */
json_t *json_text(const char *s);

#endif /* JSON_TEXT_H */
