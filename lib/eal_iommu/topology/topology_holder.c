/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"

/* Longest name of a device node. */
#define NODE_LEN 128
#define NODES "/dev/vfio/"

/* A node that a process has open. */
struct topo_opened {
	char node[NODE_LEN];
	int pid;
};

/* Parse a process number; -1 for the other names in /proc. */
static int
pid_parse(const char *name)
{
	char *end;
	long v;

	if (!isdigit((unsigned char)*name))
		return -1;
	errno = 0;
	v = strtol(name, &end, 10);
	return errno == 0 && *end == '\0' && v > 0 && v <= INT_MAX ? (int)v : -1;
}

static int
opened_add(struct topo_snapshot *snap, const char *node, int pid)
{
	struct topo_opened *more;

	more = reallocarray(snap->opened, snap->n_opened + 1, sizeof(*more));
	if (more == NULL)
		return -ENOMEM;
	snap->opened = more;
	more += snap->n_opened++;
	*more = (struct topo_opened){ .pid = pid };
	strlcpy(more->node, node, sizeof(more->node));
	return 0;
}

/*
 * Find nodes among the open files of a process. A process that is gone or can't be
 * inspected has none.
 */
static int
pid_read(struct topo_snapshot *snap, int pid)
{
	char **fds, target[NODE_LEN];
	size_t n, i;
	int ret = 0;

	if (sysfs_list(snap->root, &fds, &n, "/proc/%d/fd", pid) != 0)
		return 0;
	for (i = 0; i < n && ret == 0; i++)
		if (sysfs_read_link_target(snap->root, target, sizeof(target), "/proc/%d/fd/%s",
				pid, fds[i]) == 0 && strncmp(target, NODES, strlen(NODES)) == 0)
			ret = opened_add(snap, target, pid);
	sysfs_free_names(fds, n);
	return ret;
}

static const struct topo_opened *
opened_find(const struct topo_snapshot *snap, const char *node)
{
	size_t i;

	for (i = 0; i < snap->n_opened; i++)
		if (strcmp(snap->opened[i].node, node) == 0)
			return &snap->opened[i];
	return NULL;
}

/* A process chooses its name itself, so mask it. */
static void
comm_read(const char *root, int pid, char *out, size_t size)
{
	char *text, *c;

	*out = '\0';
	if (sysfs_read_file(root, &text, NULL, "/proc/%d/comm", pid) != 0)
		return;
	strlcpy(out, text, size);
	free(text);
	c = out + strlen(out);
	if (c > out && c[-1] == '\n')
		c[-1] = '\0';
	sysfs_mask(out);
}

bool
topology_holds(const char *root, const char *node)
{
	struct topo_snapshot own = { .root = root };
	bool holds = pid_read(&own, (int)getpid()) == 0 && opened_find(&own, node) != NULL;

	topology_snapshot_free(&own);
	return holds;
}

/* Inspect every process once. */
static int
look(struct topo_snapshot *snap)
{
	int ret, pid, self = (int)getpid();
	char **names;
	size_t n, i;

	if (snap->looked)
		return 0;
	ret = sysfs_list(snap->root, &names, &n, "/proc");
	if (ret != 0)
		return ret;
	for (i = 0; i < n && ret == 0; i++) {
		pid = pid_parse(names[i]);
		if (pid >= 0 && pid != self)
			ret = pid_read(snap, pid);
	}
	sysfs_free_names(names, n);
	snap->looked = ret == 0;
	if (ret != 0)
		snap->n_opened = 0;
	return ret;
}

int
topology_snapshot_holder(struct topo_snapshot *snap, const char *node, struct topo_holder *out)
{
	const struct topo_opened *opened;
	int ret = look(snap);

	if (ret != 0)
		return ret;
	opened = opened_find(snap, node);
	if (opened == NULL)
		return -ENOENT;
	out->pid = opened->pid;
	comm_read(snap->root, out->pid, out->comm, sizeof(out->comm));
	return 0;
}
