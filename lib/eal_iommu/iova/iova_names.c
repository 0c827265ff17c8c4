/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "iova/iova_layout.h"
#include "iova/iova_names.h"

struct iova_name {
	SLIST_ENTRY(iova_name) link;
	size_t uses;
	char text[IOVA_OWNER_LEN];
};

const char *
iova_names_get(struct iova_names *names, const char *text)
{
	struct iova_name *name;

	SLIST_FOREACH(name, names, link)
		if (strncmp(name->text, text, sizeof(name->text) - 1) == 0)
			break;
	if (name == NULL) {
		name = calloc(1, sizeof(*name));
		if (name == NULL)
			return NULL;
		strlcpy(name->text, text, sizeof(name->text));
		SLIST_INSERT_HEAD(names, name, link);
	}
	name->uses++;
	return name->text;
}

void
iova_names_put(struct iova_names *names, const char *text)
{
	struct iova_name *name;

	SLIST_FOREACH(name, names, link)
		if (name->text == text)
			break;
	if (--name->uses > 0)
		return;
	SLIST_REMOVE(names, name, iova_name, link);
	free(name);
}

size_t
iova_names_uses(const struct iova_names *names)
{
	const struct iova_name *name;
	size_t n = 0;

	SLIST_FOREACH(name, names, link)
		n += name->uses;
	return n;
}

void
iova_names_clear(struct iova_names *names)
{
	struct iova_name *name;

	while ((name = SLIST_FIRST(names)) != NULL) {
		SLIST_REMOVE_HEAD(names, link);
		free(name);
	}
}
