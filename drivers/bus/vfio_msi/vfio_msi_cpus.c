/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vfio_msi_cpus.h"

/* @return the text behind the number, or NULL. */
static const char *
parse_cpu(const char *s, int *out)
{
	size_t n = strspn(s, "0123456789");

	/* More digits would not fit; CPU_SETSIZE has four. */
	if (n == 0 || n > 9)
		return NULL;
	*out = atoi(s);
	return *out < CPU_SETSIZE ? s + n : NULL;
}

int
vfio_msi_cpus_parse(const char *text, cpu_set_t *out)
{
	const char *s = text + (text[0] == '[');
	const char *end = text[0] == '[' ? "]" : "";
	int first, last;

	CPU_ZERO(out);
	for (;; s++) {
		s = parse_cpu(s, &first);
		if (s == NULL)
			return -EINVAL;
		last = first;
		if (*s == '-') {
			s = parse_cpu(s + 1, &last);
			if (s == NULL || last < first)
				return -EINVAL;
		}
		for (; first <= last; first++)
			CPU_SET(first, out);
		if (*s != ',')
			return strcmp(s, end) == 0 ? 0 : -EINVAL;
	}
}

int
vfio_msi_cpus_print(const cpu_set_t *cpus, char *out, size_t size)
{
	size_t at = 0;
	int first, last;

	out[0] = '\0';
	for (first = 0; first < CPU_SETSIZE && at < size; first = last + 1) {
		last = first;
		if (!CPU_ISSET(first, cpus))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, cpus))
			last++;
		at += (size_t)snprintf(out + at, size - at, "%s%d", at > 0 ? "," : "", first);
		if (last > first && at < size)
			at += (size_t)snprintf(out + at, size - at, "-%d", last);
	}
	if (at > 0 && at < size)
		return 0;
	out[0] = '\0';
	return -ERANGE;
}

int
vfio_msi_cpus_nth(const cpu_set_t *cpus, unsigned int index)
{
	int n = CPU_COUNT(cpus), cpu = -1;

	if (n == 0)
		return -1;
	index %= (unsigned int)n;
	do {
		cpu++;
	} while (!CPU_ISSET(cpu, cpus) || index-- > 0);
	return cpu;
}
