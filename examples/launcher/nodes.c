/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "nodes.h"

#define BUS "vfio_msi:"
#define DEVICES "/sys/bus/pci/devices/"
#define NODES_MAX 256

/* Nodes that are open. The kernel opens the node of a group only once. */
static struct {
	char path[64];
	int fd;
} nodes[NODES_MAX];
static unsigned int n_nodes;

static int
node_open(const char *path)
{
	unsigned int i;
	int fd;

	for (i = 0; i < n_nodes; i++)
		if (strcmp(nodes[i].path, path) == 0)
			return nodes[i].fd;
	if (n_nodes == NODES_MAX)
		fail(0, "too many devices");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		fail(errno, "%s", path);
	snprintf(nodes[n_nodes].path, sizeof(nodes[n_nodes].path), "%s", path);
	nodes[n_nodes++].fd = fd;
	return fd;
}

void
nodes_inherit(void)
{
	unsigned int i;

	for (i = 0; i < n_nodes; i++)
		if (fcntl(nodes[i].fd, F_SETFD, 0) < 0)
			fail(errno, "%s", nodes[i].path);
}

/* The character device of a function: vfio-dev/vfioN. @return 0: it has none */
static int
cdev_find(const char *bdf, char *path, size_t size)
{
	char dir[PATH_MAX];
	const struct dirent *entry;
	int found = 0;
	DIR *d;

	snprintf(dir, sizeof(dir), DEVICES "%s/vfio-dev", bdf);
	d = opendir(dir);
	if (d == NULL)
		return 0;
	while (!found && (entry = readdir(d)) != NULL)
		if (strncmp(entry->d_name, "vfio", 4) == 0) {
			snprintf(path, size, "/dev/vfio/devices/%.32s", entry->d_name);
			found = 1;
		}
	closedir(d);
	return found;
}

static void
group_find(const char *bdf, char *path, size_t size)
{
	char link[PATH_MAX], target[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof(link), DEVICES "%s/iommu_group", bdf);
	n = readlink(link, target, sizeof(target) - 1);
	if (n < 0)
		fail(errno, "%s", link);
	target[n] = '\0';
	snprintf(path, size, "/dev/vfio/%.32s", strrchr(target, '/') != NULL ?
			strrchr(target, '/') + 1 : target);
}

/* The name of the device in an argument, or NULL. */
static const char *
name_in(const char *arg)
{
	static const char *const options[] = { "", "-a", "--allow=" };
	size_t i, len;

	for (i = 0; i < sizeof(options) / sizeof(*options); i++) {
		len = strlen(options[i]);
		if (strncmp(arg, options[i], len) == 0 &&
		    strncmp(arg + len, BUS, strlen(BUS)) == 0)
			return arg + len + strlen(BUS);
	}
	return NULL;
}

char *
nodes_give(char *arg)
{
	const char *name = name_in(arg);
	char bdf[64], path[64], *all = NULL;
	int len = name == NULL ? 0 : (int)strcspn(name, ",");
	int n, node;

	if (name == NULL)
		return arg;
	if (len == 3 && strncmp(name, "all", 3) == 0)
		fail(0, "%s: name each device by its address, as in " BUS "0000:01:00.0", arg);
	/* 01:00.0 is 0000:01:00.0. */
	snprintf(bdf, sizeof(bdf), "%s%.*s", len <= 7 ? "0000:" : "", len, name);
	if (strstr(name + len, ",backend=type1") == NULL && cdev_find(bdf, path, sizeof(path))) {
		node = node_open(path);
		n = asprintf(&all, "%s,device=%d,iommufd=%d", arg, node,
			node_open("/dev/iommu"));
	} else {
		group_find(bdf, path, sizeof(path));
		node = node_open(path);
		n = asprintf(&all, "%s,group=%d,container=%d", arg, node,
			node_open("/dev/vfio/vfio"));
	}
	if (n < 0)
		fail(ENOMEM, "%s", arg);
	return all;
}
