/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <string.h>

#include "sysfs/sysfs.h"

#define HEX_DIGITS_MAX 16

void
sysfs_lines_start(struct sysfs_lines *it, char *text, size_t len)
{
	it->next = text;
	it->end = text + len;
	it->bad = memchr(text, '\0', len) != NULL || (len > 0 && text[len - 1] != '\n');
}

char *
sysfs_lines_next(struct sysfs_lines *it)
{
	char *line = it->next, *newline;

	if (it->bad || line == it->end)
		return NULL;
	newline = memchr(line, '\n', (size_t)(it->end - line));
	*newline = '\0';
	it->next = newline + 1;
	return line;
}

static unsigned int
digit_value(char c)
{
	return isdigit((unsigned char)c) ? (unsigned int)(c - '0') :
			(unsigned int)(tolower((unsigned char)c) - 'a' + 10);
}

const char *
sysfs_hex(const char *s, unsigned int max_digits, uint64_t *out)
{
	uint64_t v = 0;
	unsigned int n;

	for (n = 0; isxdigit((unsigned char)s[n]); n++) {
		if (n == max_digits || n == HEX_DIGITS_MAX)
			return NULL;
		v = v << 4 | digit_value(s[n]);
	}
	if (n == 0)
		return NULL;
	*out = v;
	return s + n;
}

const char *
sysfs_hex0x(const char *s, uint64_t *out)
{
	return s[0] == '0' && s[1] == 'x' ? sysfs_hex(s + 2, HEX_DIGITS_MAX, out) : NULL;
}

char *
sysfs_mask(char *s)
{
	char *c;

	/*
	 * isprint() depends on the locale, which may accept bytes that begin a terminal
	 * escape sequence.
	 */
	for (c = s; *c != '\0'; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
	return s;
}
