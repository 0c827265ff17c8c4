/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Nodes of the device tree by phandle. A search must walk the whole tree of some thousand
 * nodes, so a scan walks it once and records all phandles.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "holes/holes_internal.h"
#include "sysfs/sysfs.h"

#define DEPTH_MAX 16u		/* nesting of nodes; the deepest trees have 8 */
#define NODES_MAX 32768u	/* ten times the size of the largest trees */

struct phandle {
	uint32_t phandle;
	char *path;
};

struct holes_phandles {
	struct phandle *v;
	size_t n;
};

struct walk {
	const char *root;
	struct holes_phandles *out;
	char path[SYSFS_PATH_MAX];	/* of the current node */
	unsigned int left;		/* nodes that may still be visited */
};

static int
note(const struct walk *w)
{
	struct holes_phandles *out = w->out;
	struct phandle *more, here;
	int ret = holes_dt_cell(w->root, w->path, "phandle", 0, &here.phandle);

	if (ret != 0 || here.phandle == 0)
		return ret == -ENOMEM ? ret : 0;
	more = reallocarray(out->v, out->n + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	out->v = more;
	here.path = strdup(w->path);
	if (here.path == NULL)
		return -ENOMEM;
	out->v[out->n++] = here;
	return 0;
}

/* Properties are files. A list of labels is not hardware. */
static bool
may_be_node(const char *name)
{
	return name[0] != '#' && strncmp(name, "__", 2) != 0 && strcmp(name, "name") != 0 &&
		strcmp(name, "phandle") != 0 && strcmp(name, "compatible") != 0 &&
		strcmp(name, "reg") != 0 && strcmp(name, "status") != 0;
}

/* A node that can't be listed is skipped. */
static int
walk_from(struct walk *w, unsigned int depth)
{
	size_t len = strlen(w->path), n, i;
	char **names;
	int ret;

	if (depth == DEPTH_MAX || w->left == 0)
		return 0;
	ret = sysfs_list(w->root, &names, &n, "%s", w->path);
	if (ret != 0)
		return ret == -ENOMEM ? ret : 0;
	w->left--;
	ret = note(w);
	for (i = 0; i < n && ret == 0; i++) {
		if (may_be_node(names[i]) &&
				strlcat(w->path, "/", sizeof(w->path)) < sizeof(w->path) &&
				strlcat(w->path, names[i], sizeof(w->path)) < sizeof(w->path))
			ret = walk_from(w, depth + 1);
		w->path[len] = '\0';
	}
	sysfs_free_names(names, n);
	return ret;
}

static int
phandles_read(const char *root, struct holes_phandles **out)
{
	struct walk w = { .root = root, .path = HOLES_DT_BASE, .left = NODES_MAX };
	int ret;

	w.out = calloc(1, sizeof(*w.out));
	if (w.out == NULL)
		return -ENOMEM;
	ret = walk_from(&w, 0);
	if (ret != 0)
		holes_phandles_free(w.out);
	else
		*out = w.out;
	return ret;
}

int
holes_phandles_find(const char *root, struct holes_phandles **phandles, uint32_t phandle,
		const char **path)
{
	size_t i;
	int ret = *phandles == NULL ? phandles_read(root, phandles) : 0;

	if (ret != 0)
		return ret;
	for (i = 0; i < (*phandles)->n; i++)
		if ((*phandles)->v[i].phandle == phandle) {
			*path = (*phandles)->v[i].path;
			return 0;
		}
	return -ENOENT;
}

void
holes_phandles_free(struct holes_phandles *phandles)
{
	size_t i;

	if (phandles == NULL)
		return;
	for (i = 0; i < phandles->n; i++)
		free(phandles->v[i].path);
	free(phandles->v);
	free(phandles);
}
