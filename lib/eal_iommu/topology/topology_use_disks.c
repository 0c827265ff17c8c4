/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Uses of the disks on a function. The folder "holders" of a disk leads to what is stacked
 * on it.
 *
 * All namespaces have the same disks. Mounts are read from this process's mount
 * namespace, and from the host's if permitted.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_use_private.h"

#define CLASS_STORAGE 0x01

/* Match by device number, or by source for file systems with numbers of their own (btrfs). */
static void
mounts_look(struct topo_search *s, const char *mounts, const char *number, const char *node)
{
	const char *line, *source, *at;
	size_t len;

	FOREACH_LINE(line, mounts) {
		source = memmem(line, strcspn(line, "\n"), " - ", 3);
		if (!topology_word_is(line, 2, number) && (source == NULL || !topology_word_is(source, 2, node)))
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

/* Look at a disk or partition, then at everything stacked on it. */
static void
disk_look(struct topo_search *s, const char *name, unsigned int depth)
{
	char number[16] = "?", node[TOPO_NAME_LEN + 16], *text, **names;
	size_t n, i;

	if (sysfs_read_file(s->root, &text, NULL, TOPO_BLOCK "/%s/dev", name) == 0) {
		snprintf(number, sizeof(number), "%.*s", (int)strcspn(text, "\n"), text);
		free(text);
	}
	snprintf(node, sizeof(node), "/dev/%s", name);
	disk_node_look(s, number, node);
	/* LVM and dm-crypt volumes are mounted by this name. */
	if (sysfs_read_file(s->root, &text, NULL, TOPO_BLOCK "/%s/dm/name", name) == 0) {
		snprintf(node, sizeof(node), "/dev/mapper/%.*s", (int)strcspn(text, "\n"), text);
		free(text);
		disk_node_look(s, number, node);
	}
	if (depth == TOPO_STACK_DEPTH || s->visits++ >= TOPO_VISITS_MAX ||
			sysfs_list(s->root, &names, &n, TOPO_BLOCK "/%s/holders", name) != 0)
		return;
	for (i = 0; i < n; i++)
		disk_look(s, names[i], depth + 1);
	sysfs_free_names(names, n);
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
	}
}
