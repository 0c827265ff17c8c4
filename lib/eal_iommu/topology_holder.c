/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bsd/string.h>

#include "sysfs.h"
#include "topology.h"

/* Longest name of a device node that is looked for. */
#define NODE_LEN 128

/* A process number, or -1 for the other names in /proc. */
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

/* Not being allowed to look, or the process being gone, reads as "no". */
static bool
pid_holds(const char *root, int pid, const char *node)
{
	char **fds, target[NODE_LEN];
	bool found = false;
	size_t n, i;

	if (sysfs_list(root, &fds, &n, "/proc/%d/fd", pid) != 0)
		return false;
	for (i = 0; i < n && !found; i++)
		found = sysfs_read_link_target(root, target, sizeof(target),
				"/proc/%d/fd/%s", pid, fds[i]) == 0 &&
				strcmp(target, node) == 0;
	sysfs_free_names(fds, n);
	return found;
}

/* A process chooses its name itself: only what can be printed is kept. */
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
	for (c = out; *c != '\0'; c++)
		if (!isprint((unsigned char)*c))
			*c = '?';
}

bool
topology_holds(const char *root, const char *node)
{
	return strlen(node) < NODE_LEN && pid_holds(root, (int)getpid(), node);
}

int
topology_holder(const char *root, const char *node, struct topo_holder *out)
{
	int ret, pid, self = (int)getpid();
	char **names;
	size_t n, i;

	if (strlen(node) >= NODE_LEN)
		return -ENAMETOOLONG;
	ret = sysfs_list(root, &names, &n, "/proc");
	if (ret != 0)
		return ret;
	ret = -ENOENT;
	for (i = 0; i < n && ret == -ENOENT; i++) {
		pid = pid_parse(names[i]);
		if (pid < 0 || pid == self || !pid_holds(root, pid, node))
			continue;
		out->pid = pid;
		comm_read(root, pid, out->comm, sizeof(out->comm));
		ret = 0;
	}
	sysfs_free_names(names, n);
	return ret;
}
