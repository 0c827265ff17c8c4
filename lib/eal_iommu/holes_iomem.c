/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * /proc/iomem: "FIRST-LAST : name", two blanks of indent per level. A window
 * bears the name of its root bus (ACPI) or of the bridge's node (device
 * tree), at any level. Who may not look sees the names, and zeros. Addresses are
 * those of the CPU.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holes_internal.h"
#include "sysfs.h"

#define WINDOWS_MAX 256u
#define NAME_SEPARATOR " : "

struct window_names {
	char bus[64];			/* "PCI Bus DDDD:BB" */
	char node[SYSFS_PATH_MAX];	/* "pcie@10000000", or "" */
};

static void
names_fill(const struct holes_bridge *bridge, struct window_names *names)
{
	char path[SYSFS_PATH_MAX];

	snprintf(names->bus, sizeof(names->bus), "PCI Bus %s", bridge->bus);
	names->node[0] = '\0';
	if (holes_dt_node(bridge, path, sizeof(path)) == 0)
		snprintf(names->node, sizeof(names->node), "%s", strrchr(path, '/') + 1);
}

static bool
names_match(const struct window_names *names, const char *name)
{
	return strcmp(name, names->bus) == 0 ||
			(names->node[0] != '\0' && strcmp(name, names->node) == 0);
}

static int
range_parse(const char *s, struct iova_range *r)
{
	s = sysfs_hex(s + strspn(s, " "), 16, &r->first);
	if (s == NULL || *s != '-')
		return -EBADMSG;
	s = sysfs_hex(s + 1, 16, &r->last);
	if (s == NULL || strncmp(s, NAME_SEPARATOR, strlen(NAME_SEPARATOR)) != 0 ||
			!iova_range_valid(*r))
		return -EBADMSG;
	return 0;
}

/* Lines with other names are not looked at: anything may stand there. */
static int
line_window(const struct holes_bridge *bridge, const struct window_names *names, const char *line)
{
	const char *name = strstr(line, NAME_SEPARATOR);
	struct iova_range r;
	int ret;

	if (name == NULL || !names_match(names, name + strlen(NAME_SEPARATOR)))
		return 0;
	ret = range_parse(line, &r);
	if (ret != 0)
		return ret;
	if (r.last == 0)
		return -ENOENT;
	return holes_bridge_window(bridge, r);
}

int
holes_iomem(const struct holes_bridge *bridge)
{
	size_t len, before = bridge->list->n;
	struct window_names names;
	struct sysfs_lines it;
	char *text, *line;
	int ret;

	ret = sysfs_read_file(bridge->root, &text, &len, "/proc/iomem");
	if (ret != 0)
		return ret == -ENOMEM ? ret : -ENOENT;
	names_fill(bridge, &names);
	sysfs_lines_start(&it, text, len);
	while (ret == 0 && (line = sysfs_lines_next(&it)) != NULL) {
		ret = line_window(bridge, &names, line);
		if (bridge->list->n - before > WINDOWS_MAX)
			ret = -EBADMSG;
	}
	free(text);
	if (it.bad)
		ret = -EBADMSG;
	return ret == 0 ? holes_windows_shift(bridge, before, bridge->view) : ret;
}
