/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * "ranges" of a host bridge's device tree node. IOVAs are bus addresses, so the child
 * side of each entry is used.
 */

#include <errno.h>
#include <stdlib.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"

static int
entry_window(const struct holes_bridge *bridge, const struct holes_dt_entry *e)
{
	struct iova_range r;

	if (!e->memory || e->size == 0)
		return 0;
	if (!iova_range_make(e->child, e->size, &r)) {
		bridge->view->in[HOLES_IN_RANGES].odd++;
		return 0;
	}
	return holes_bridge_window(bridge, r);
}

int
holes_dt(const struct holes_bridge *bridge)
{
	struct holes_look *look = &bridge->view->in[HOLES_IN_RANGES];
	struct holes_dt_entry *v = NULL;
	char node[SYSFS_PATH_MAX];
	size_t n = 0, i;
	int ret;

	ret = holes_dt_node(bridge, node, sizeof(node));
	look->sight = holes_dt_sight(ret);
	if (ret == 0)
		ret = holes_dt_entries(bridge->root, node, "ranges", true, &v, &n, &look->odd);
	if (ret == -ENOMEM)
		return ret;
	look->odd += ret == -EBADMSG;
	for (ret = 0, i = 0; i < n && ret == 0; i++)
		ret = entry_window(bridge, &v[i]);
	free(v);
	return ret;
}
