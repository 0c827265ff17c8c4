/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * /proc/iomem: "FIRST-LAST : name", indented by two blanks per level. A window has the
 * name of its root bus (ACPI) or of the bridge's node (device tree), at any level.
 * Without permission the addresses are zeros. Kernels 5.16 to 6.4 also leave single lines
 * of zeros for windows that they merged. Addresses are CPU addresses.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"

#define WINDOWS_MAX 256u
#define NAME_SEPARATOR " : "

struct window_names {
	char bus[64];			/* "PCI Bus DDDD:BB" */
	char node[SYSFS_PATH_MAX];	/* "pcie@10000000", or "" */
};

/* Results so far. */
struct found {
	size_t windows;
	size_t zeros;
};

static void
names_fill(const struct holes_bridge *bridge, struct window_names *names)
{
	snprintf(names->bus, sizeof(names->bus), "PCI Bus %s", bridge->bus);
	holes_dt_node_name(bridge, names->node, sizeof(names->node));
}

static bool
names_match(const struct window_names *names, const char *name)
{
	return strcmp(name, names->bus) == 0 ||
			(names->node[0] != '\0' && strcmp(name, names->node) == 0);
}

static bool
range_parse(const char *s, struct iova_range *r)
{
	s = sysfs_hex(s + strspn(s, " "), 16, &r->first);
	if (s == NULL || *s != '-')
		return false;
	s = sysfs_hex(s + 1, 16, &r->last);
	return s != NULL && strncmp(s, NAME_SEPARATOR, strlen(NAME_SEPARATOR)) == 0 &&
		iova_range_valid(*r);
}

/* Ignore lines with other names: their content is arbitrary. */
static int
line_window(const struct holes_bridge *bridge, const struct window_names *names, const char *line,
		struct found *found)
{
	const char *name = strstr(line, NAME_SEPARATOR);
	struct iova_range r;

	if (name == NULL || !names_match(names, name + strlen(NAME_SEPARATOR)))
		return 0;
	if (!range_parse(line, &r) || found->windows == WINDOWS_MAX) {
		bridge->view->in[HOLES_IN_IOMEM].odd++;
		return 0;
	}
	if (r.last == 0) {
		found->zeros++;
		return 0;
	}
	found->windows++;
	return holes_bridge_window(bridge, r);
}

int
holes_iomem(const struct holes_bridge *bridge)
{
	struct holes_look *look = &bridge->view->in[HOLES_IN_IOMEM];
	size_t len, before = bridge->list->n;
	struct found found = { 0 };
	struct window_names names;
	struct sysfs_lines it;
	char *text, *line;
	int ret;

	ret = sysfs_read_file(bridge->root, &text, &len, "/proc/iomem");
	if (ret == -ENOMEM)
		return ret;
	look->sight = holes_sight_of(ret);
	if (ret != 0)
		return 0;
	/* No machine has an empty file: /dev/null is mounted over it. */
	if (len == 0)
		look->sight = HOLES_HIDDEN;
	names_fill(bridge, &names);
	sysfs_lines_start(&it, text, holes_text_mend(text, len, &look->odd));
	while (ret == 0 && (line = sysfs_lines_next(&it)) != NULL)
		ret = line_window(bridge, &names, line, &found);
	free(text);
	if (found.windows == 0 && found.zeros > 0)
		look->sight = HOLES_DENIED;
	return ret == 0 ? holes_windows_shift(bridge, before, bridge->view) : ret;
}
