/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>
#include <string.h>

#include "json_text.h"

#define ASCII_LAST 0x7f

json_t *
json_text(const char *s)
{
	json_t *text = json_string(s);
	char *copy, *c;

	if (text != NULL)
		return text;
	copy = strdup(s);
	if (copy == NULL)
		return NULL;
	/* Control characters stay, as JSON escapes them; sysfs_mask() would take the ends of lines. */
	for (c = copy; *c != '\0'; c++)
		if ((unsigned char)*c > ASCII_LAST)
			*c = '?';
	text = json_string(copy);
	free(copy);
	return text;
}
