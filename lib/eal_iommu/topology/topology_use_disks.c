/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Uses of the disks on a function. The folder "holders" of a disk leads to what is stacked
 * on it, except for file systems that span disks.
 *
 * All namespaces have the same disks. Mounts are read from this process's mount
 * namespace, and from the host's if permitted.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_use_private.h"

#define CLASS_STORAGE 0x01

/*
 * Is a disk the source of a mount? A file system of several disks names one of them
 * (btrfs), or all with colons in between (bcachefs).
 */
static bool
source_has(const char *source, const char *node)
{
	size_t len, part, n = strlen(node);
	const char *w = topology_word(source, 2, &len);

	while (len > 0) {
		part = strcspn(w, ": \t\n");
		if (part == n && strncmp(w, node, n) == 0)
			return true;
		if (part >= len)
			return false;
		w += part + 1;
		len -= part + 1;
	}
	return false;
}

/* Match by device number, or by source for file systems with numbers of their own (btrfs). */
static void
mounts_look(struct topo_search *s, const char *mounts, const char *number, const char *node)
{
	const char *line, *source, *at;
	size_t len;

	FOREACH_LINE(line, mounts) {
		source = memmem(line, strcspn(line, "\n"), " - ", 3);
		if (!topology_word_is(line, 2, number) &&
				(source == NULL || !source_has(source, node)))
			continue;
		at = topology_word(line, 4, &len);
		topology_use_note(s, len == 1 && *at == '/' ? TOPO_USE_ROOT : TOPO_USE_MOUNTED, at, len);
	}
}

/* Look for mounts and swap space of one disk, by its number and its node. */
static void
disk_node_look(struct topo_search *s, const char *number, const char *node)
{
	const char *line;

	mounts_look(s, s->users->mounts, number, node);
	mounts_look(s, s->users->host_mounts, number, node);
	FOREACH_LINE(line, s->users->swaps)
		if (topology_word_is(line, 0, node))
			topology_use_note(s, TOPO_USE_SWAP, "", 0);
}

/* Read "MAJOR:MINOR" of a disk, or "?". */
static void
number_read(const char *root, const char *name, char *out, size_t size)
{
	char *text;

	strlcpy(out, "?", size);
	if (sysfs_read_file(root, &text, NULL, TOPO_BLOCK "/%s/dev", name) != 0)
		return;
	if (text[strspn(text, "0123456789:")] == '\n')
		snprintf(out, size, "%.*s", (int)strcspn(text, "\n"), text);
	free(text);
}

/* Look for mounts and swap space of one disk, by all its names. */
static void
disk_names_look(struct topo_search *s, const char *name)
{
	char number[16], node[TOPO_NAME_LEN + 16], *text;

	number_read(s->root, name, number, sizeof(number));
	snprintf(node, sizeof(node), "/dev/%s", name);
	disk_node_look(s, number, node);
	/* LVM and dm-crypt volumes are mounted by this name. */
	if (sysfs_read_file(s->root, &text, NULL, TOPO_BLOCK "/%s/dm/name", name) != 0)
		return;
	snprintf(node, sizeof(node), "/dev/mapper/%.*s", (int)strcspn(text, "\n"), text);
	free(text);
	disk_node_look(s, number, node);
}

static bool
has_word(const char *line, const char *text)
{
	unsigned int i;
	size_t len = 1;

	for (i = 0; len > 0; i++) {
		if (topology_word_is(line, i, text))
			return true;
		topology_word(line, i, &len);
	}
	return false;
}

/* A btrfs of several disks is mounted by the name of one of them. */
static void
btrfs_look(struct topo_search *s, const char *name)
{
	char member[TOPO_NAME_LEN];
	const char *line, *w;
	unsigned int i;
	size_t len;

	FOREACH_LINE(line, s->users->btrfs) {
		if (!has_word(line, name))
			continue;
		topology_use_found(s, TOPO_USE_DATA, "a btrfs has it");
		w = topology_word(line, 0, &len);
		for (i = 0; len > 0 && s->visits < TOPO_VISITS_MAX; i++, s->visits++) {
			snprintf(member, sizeof(member), "%.*s", (int)len, w);
			disk_names_look(s, member);
			w = topology_word(w + len, 0, &len);
		}
	}
}

/* Look at a disk or partition, then at everything stacked on it. */
static void
disk_look(struct topo_search *s, const char *name, unsigned int depth)
{
	char **names;
	size_t n, i;

	disk_names_look(s, name);
	btrfs_look(s, name);
	if (depth > 0)
		topology_use_found(s, TOPO_USE_DATA, "%s is built on it", name);
	if (depth == TOPO_STACK_DEPTH || s->visits++ >= TOPO_VISITS_MAX ||
			sysfs_list(s->root, &names, &n, TOPO_BLOCK "/%s/holders", name) != 0)
		return;
	for (i = 0; i < n; i++)
		disk_look(s, names[i], depth + 1);
	sysfs_free_names(names, n);
}

/* What udev found on a disk, for instance the data of a storage server. */
static void
contents_look(struct topo_search *s, const char *name)
{
	static const char key[] = "E:ID_FS_TYPE=";
	char number[16], *text;
	const char *line;

	number_read(s->root, name, number, sizeof(number));
	if (sysfs_read_file(s->root, &text, NULL, "/run/udev/data/b%s", number) != 0)
		return;
	FOREACH_LINE(line, text)
		if (strncmp(line, key, strlen(key)) == 0 && line[strlen(key)] != '\n')
			topology_use_found(s, TOPO_USE_DATA, "it holds %.*s",
				(int)strcspn(line + strlen(key), "\n"), line + strlen(key));
	free(text);
}

/*
 * A disk without visible use may have one: ZFS leaves no trace in sysfs, nor does a guest
 * or a storage server that opens the node.
 */
static void
data_look(struct topo_search *s, const char *name)
{
	contents_look(s, name);
	if (sysfs_exists(s->root, TOPO_BLOCK "/%s/partition", name) == 0)
		topology_use_found(s, TOPO_USE_DATA, "it is a partition");
	if (s->users->zfs)
		topology_use_found(s, TOPO_USE_DATA, "ZFS is loaded, and hides which disks it has");
}

void
topology_disks_look(struct topo_search *s, const struct topo_device *dev)
{
	const struct topo_places *disks = &s->users->disks;
	size_t i;

	if (disks->ret != 0 && dev->class_id >> 16 == CLASS_STORAGE)
		topology_use_note(s, TOPO_USE_UNSEEN, "", 0);
	for (i = 0; i < disks->n; i++) {
		if (disks->paths[i] == NULL || strstr(disks->paths[i], s->below) == NULL)
			continue;
		strlcpy(s->device, disks->names[i], sizeof(s->device));
		topology_use_note(s, s->users->mounts_seen ? TOPO_USE_DISK : TOPO_USE_UNSEEN, "", 0);
		disk_look(s, disks->names[i], 0);
		data_look(s, disks->names[i]);
	}
}
