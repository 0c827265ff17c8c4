/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <stdio.h>
#include <string.h>

#include "members.h"
#include "tree.h"

void
set_id(const char *root, const char *bdf, const char *vendor, const char *device,
		const char *class)
{
	const char *const files[][2] = {
		{ "vendor", vendor }, { "device", device }, { "class", class },
	};
	char path[128];
	size_t i;

	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), DEVICES "%s/%s", bdf, files[i][0]);
		tree_text(root, path, files[i][1]);
	}
}

/*
 * Add a member of a class of devices below another one: a file with a text, and the empty file of
 * the member that is built upon it (NULL: none).
 */
static void
member_add(const char *root, const char *class, const char *name, const char *below,
		const char *file, const char *text, const char *upper)
{
	char dir[256], path[512], target[512];

	snprintf(dir, sizeof(dir), "devices/%s/%s/%s", below, strrchr(class, '/') + 1, name);
	snprintf(path, sizeof(path), "/sys/%s/%s", dir, file);
	tree_text(root, path, text);
	if (upper != NULL)
		tree_empty(root, "/sys/%s/%s", dir, upper);
	snprintf(path, sizeof(path), "/sys/%s/%s", class, name);
	snprintf(target, sizeof(target), "../../%s", dir);
	tree_link(root, path, target);
}

void
disk_add(const char *root, const char *name, const char *number, const char *below,
		const char *holder)
{
	char upper[64];

	snprintf(upper, sizeof(upper), "holders/%s", holder);
	member_add(root, "class/block", name, below, "dev", number, *holder == '\0' ? NULL : upper);
}

void
interface_add(const char *root, const char *name, const char *below, const char *state,
		const char *master)
{
	char upper[64];

	snprintf(upper, sizeof(upper), "upper_%s", master);
	member_add(root, "class/net", name, below, "operstate", state, *master == '\0' ? NULL : upper);
}
