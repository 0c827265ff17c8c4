/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Words of files about uses, and the worst use that was found. */

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_use_private.h"

void
topology_use_note(struct topo_search *s, enum topo_use_kind kind, const char *at, size_t len)
{
	if (kind <= s->out->kind)
		return;
	s->out->kind = kind;
	strlcpy(s->out->name, s->device, sizeof(s->out->name));
	sysfs_mask(s->out->name);
	if (len >= sizeof(s->out->at))
		len = sizeof(s->out->at) - 1;
	memcpy(s->out->at, at, len);
	s->out->at[len] = '\0';
	/* Another user may have chosen the name. */
	sysfs_mask(s->out->at);
}

void
topology_use_found(struct topo_search *s, enum topo_use_kind kind, const char *fmt, ...)
{
	char text[sizeof(s->out->at)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	topology_use_note(s, kind, text, strlen(text));
}

const char *
topology_line_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

const char *
topology_word(const char *line, unsigned int n, size_t *len)
{
	line += strspn(line, " \t");
	for (; n > 0; n--) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	*len = strcspn(line, " \t\n");
	return line;
}

bool
topology_word_is(const char *line, unsigned int n, const char *text)
{
	size_t len;
	const char *w = topology_word(line, n, &len);

	return len == strlen(text) && strncmp(w, text, len) == 0;
}
