/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Disks and interfaces of the machine, and their functions. A disk of an NVMe subsystem
 * with several paths is below a virtual folder with links to its controllers.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_use_private.h"

#define BTRFS "/sys/fs/btrfs"
#define SUBSYSTEM "/nvme-subsystem/"

/* The initial PID namespace has this number in all kernels. */
#define HOST_PIDS "pid:[4026531836]"

/* Read the controllers of a disk of an NVMe subsystem. */
static char *
controllers_read(const char *root, const char *disk)
{
	char path[SYSFS_PATH_MAX], link[SYSFS_PATH_MAX], *all = NULL, *more, **names;
	size_t n, i, len = 0, add;
	char *end;

	if (sysfs_read_link_path(root, path, sizeof(path), TOPO_BLOCK "/%s", disk) != 0)
		return NULL;
	/* A partition is one level below its disk. */
	end = strstr(path, SUBSYSTEM);
	end = end != NULL ? strchr(end + strlen(SUBSYSTEM), '/') : NULL;
	if (end == NULL)
		return NULL;
	*end = '\0';
	if (sysfs_list(root, &names, &n, "%s", path) != 0)
		return NULL;
	for (i = 0; i < n; i++) {
		if (sysfs_read_link_path(root, link, sizeof(link), "%s/%s", path, names[i]) != 0)
			continue;
		add = strlen(link);
		more = realloc(all, len + add + 2);
		if (more == NULL)
			break;
		all = more;
		snprintf(all + len, add + 2, "%s\n", link);
		len += add + 1;
	}
	sysfs_free_names(names, n);
	return all;
}

/* Entries that don't fit are ignored, as this is for advice only. */
static void
places_read(const char *root, const char *folder, struct topo_places *out)
{
	char path[SYSFS_PATH_MAX];
	size_t i;

	out->ret = sysfs_list(root, &out->names, &out->n, "%s", folder);
	if (out->ret != 0)
		return;
	out->paths = calloc(out->n + 1, sizeof(*out->paths));
	if (out->paths == NULL) {
		sysfs_free_names(out->names, out->n);
		*out = (struct topo_places){ .ret = -ENOMEM };
		return;
	}
	for (i = 0; i < out->n; i++)
		if (sysfs_read_link_target(root, path, sizeof(path), "%s/%s", folder,
				out->names[i]) == 0)
			out->paths[i] = strstr(path, SUBSYSTEM) == NULL ? strdup(path) :
				controllers_read(root, out->names[i]);
}

static void
places_free(struct topo_places *places)
{
	size_t i;

	for (i = 0; i < places->n; i++)
		free(places->paths[i]);
	free(places->paths);
	sysfs_free_names(places->names, places->n);
}

static char *
text_read(const char *root, const char *path)
{
	char *text;

	return sysfs_read_file(root, &text, NULL, "%s", path) == 0 ? text : NULL;
}

/* Read the disks of each mounted btrfs. NULL if there is none. */
static char *
btrfs_read(const char *root)
{
	char **systems, **disks, *text = NULL;
	size_t n, m, i, j, size;
	FILE *f;

	if (sysfs_list(root, &systems, &n, BTRFS) != 0)
		return NULL;
	f = open_memstream(&text, &size);
	for (i = 0; f != NULL && i < n; i++) {
		if (sysfs_list(root, &disks, &m, BTRFS "/%s/devices", systems[i]) != 0)
			continue;
		for (j = 0; j < m; j++)
			fprintf(f, "%s ", disks[j]);
		fputc('\n', f);
		sysfs_free_names(disks, m);
	}
	sysfs_free_names(systems, n);
	if (f != NULL && fclose(f) != 0) {
		free(text);
		text = NULL;
	}
	return text;
}

/* The type of a file system is the first word behind the hyphen. */
static bool
mounts_zfs(const char *mounts)
{
	const char *line, *hyphen;

	FOREACH_LINE(line, mounts) {
		hyphen = memmem(line, strcspn(line, "\n"), " - ", 3);
		if (hyphen != NULL && topology_word_is(hyphen, 1, "zfs"))
			return true;
	}
	return false;
}

/*
 * The mounts of process 1 are the host's only in the initial PID namespace. A kernel
 * without swap space has no /proc/swaps; if files of /proc are hidden, others are missing
 * too.
 */
static bool
mounts_seen(const char *root, const struct topo_users *u)
{
	char pids[sizeof(HOST_PIDS) + 8];

	if (u->host_mounts == NULL || sysfs_read_link_name(root, pids, sizeof(pids),
			"/proc/self/ns/pid") != 0 || strcmp(pids, HOST_PIDS) != 0)
		return false;
	return u->swaps != NULL || sysfs_exists(root, "/proc/meminfo") == 0;
}

const struct topo_users *
topology_users(struct topo_snapshot *snap)
{
	struct topo_users *u = snap->users;

	if (u != NULL)
		return u;
	u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->mounts = text_read(snap->root, "/proc/self/mountinfo");
	u->host_mounts = text_read(snap->root, "/proc/1/mountinfo");
	u->swaps = text_read(snap->root, "/proc/swaps");
	u->routes = text_read(snap->root, "/proc/net/route");
	u->routes6 = text_read(snap->root, "/proc/net/ipv6_route");
	u->routed = text_read(snap->root, "/proc/net/dev");
	u->addresses6 = text_read(snap->root, "/proc/net/if_inet6");
	u->neighbours = text_read(snap->root, "/proc/net/arp");
	u->btrfs = btrfs_read(snap->root);
	u->zfs = sysfs_exists(snap->root, "/sys/module/zfs") == 0 || mounts_zfs(u->mounts) ||
		mounts_zfs(u->host_mounts);
	u->mounts_seen = mounts_seen(snap->root, u);
	places_read(snap->root, TOPO_BLOCK, &u->disks);
	places_read(snap->root, TOPO_NET, &u->interfaces);
	snap->users = u;
	return u;
}

void
topology_users_free(struct topo_users *users)
{
	if (users == NULL)
		return;
	places_free(&users->disks);
	places_free(&users->interfaces);
	free(users->mounts);
	free(users->host_mounts);
	free(users->routed);
	free(users->swaps);
	free(users->routes);
	free(users->routes6);
	free(users->addresses6);
	free(users->neighbours);
	free(users->btrfs);
	free(users);
}
