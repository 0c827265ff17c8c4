/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Use of a function by the machine. Disks and network interfaces are below the function
 * in the device tree of sysfs:
 *
 *   /sys/class/block/sda2 -> .../0000:00:17.0/ata1/.../block/sda/sda2
 *   /sys/class/net/eth0   -> .../0000:01:00.0/net/eth0
 *
 * The folder "holders" of a disk and the links "upper_*" of an interface lead to what is
 * stacked on it.
 *
 * All namespaces have the same disks. Mounts are read from this process's mount
 * namespace, and from the host's if permitted. An interface is visible in its own network
 * namespace only, but all namespaces see the folder "net" of the function.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_internal.h"
#include "topology/topology_machine.h"

#define STACK_DEPTH 8	/* LVM on RAID on partitions needs 3 */
#define VISITS_MAX 1024	/* limit per function; also ends a loop of links */
#define BLOCK TOPO_BLOCK
#define NET TOPO_NET
#define CLASS_STORAGE 0x01
#define CLASS_NETWORK 0x02

struct search {
	const char *root;
	const struct topo_users *users;
	char below[TOPO_BDF_LEN + 2];	/* "/BDF/" */
	char device[TOPO_NAME_LEN];	/* disk or interface on the function */
	unsigned int visits;
	struct topo_use *out;
};

static void
note(struct search *s, enum topo_use_kind kind, const char *at, size_t len)
{
	if (kind <= s->out->kind)
		return;
	s->out->kind = kind;
	strlcpy(s->out->name, s->device, sizeof(s->out->name));
	sysfs_mask(s->out->name);
	if (len >= sizeof(s->out->at))
		len = sizeof(s->out->at) - 1;
	memcpy(s->out->at, at, len);
	s->out->at[len] = '\0';
	/* Another user may have chosen the name. */
	sysfs_mask(s->out->at);
}

/* Iterate over the lines of a text that may be NULL. */
#define FOREACH_LINE(line, text) \
	for (line = (text) != NULL ? (text) : ""; *line != '\0'; line = line_next(line))

static const char *
line_next(const char *line)
{
	line += strcspn(line, "\n");
	return *line == '\n' ? line + 1 : line;
}

/* Get word @p n of a line, counted from 0; empty if there are fewer. */
static const char *
word(const char *line, unsigned int n, size_t *len)
{
	line += strspn(line, " \t");
	for (; n > 0; n--) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	*len = strcspn(line, " \t\n");
	return line;
}

static bool
word_is(const char *line, unsigned int n, const char *text)
{
	size_t len;
	const char *w = word(line, n, &len);

	return len == strlen(text) && strncmp(w, text, len) == 0;
}

/* Match by device number, or by source for file systems with numbers of their own (btrfs). */
static void
mounts_look(struct search *s, const char *mounts, const char *number, const char *node)
{
	const char *line, *source, *at;
	size_t len;

	FOREACH_LINE(line, mounts) {
		source = memmem(line, strcspn(line, "\n"), " - ", 3);
		if (!word_is(line, 2, number) && (source == NULL || !word_is(source, 2, node)))
			continue;
		at = word(line, 4, &len);
		note(s, len == 1 && *at == '/' ? TOPO_USE_ROOT : TOPO_USE_MOUNTED, at, len);
	}
}

/* Look for mounts and swap space of one disk, by its number and its node. */
static void
disk_node_look(struct search *s, const char *number, const char *node)
{
	const char *line;

	mounts_look(s, s->users->mounts, number, node);
	mounts_look(s, s->users->host_mounts, number, node);
	FOREACH_LINE(line, s->users->swaps)
		if (word_is(line, 0, node))
			note(s, TOPO_USE_SWAP, "", 0);
}

/* Look at a disk or partition, then at everything stacked on it. */
static void
disk_look(struct search *s, const char *name, unsigned int depth)
{
	char number[16] = "?", node[TOPO_NAME_LEN + 16], *text, **names;
	size_t n, i;

	if (sysfs_read_file(s->root, &text, NULL, BLOCK "/%s/dev", name) == 0) {
		snprintf(number, sizeof(number), "%.*s", (int)strcspn(text, "\n"), text);
		free(text);
	}
	snprintf(node, sizeof(node), "/dev/%s", name);
	disk_node_look(s, number, node);
	/* LVM and dm-crypt volumes are mounted by this name. */
	if (sysfs_read_file(s->root, &text, NULL, BLOCK "/%s/dm/name", name) == 0) {
		snprintf(node, sizeof(node), "/dev/mapper/%.*s", (int)strcspn(text, "\n"), text);
		free(text);
		disk_node_look(s, number, node);
	}
	if (depth == STACK_DEPTH || s->visits++ >= VISITS_MAX ||
			sysfs_list(s->root, &names, &n, BLOCK "/%s/holders", name) != 0)
		return;
	for (i = 0; i < n; i++)
		disk_look(s, names[i], depth + 1);
	sysfs_free_names(names, n);
}

static void
disks_look(struct search *s, const struct topo_device *dev)
{
	const struct topo_places *disks = &s->users->disks;
	size_t i;

	if (disks->ret != 0 && dev->class_id >> 16 == CLASS_STORAGE)
		note(s, TOPO_USE_UNSEEN, "", 0);
	for (i = 0; i < disks->n; i++) {
		if (disks->paths[i] == NULL || strstr(disks->paths[i], s->below) == NULL)
			continue;
		strlcpy(s->device, disks->names[i], sizeof(s->device));
		note(s, s->users->mounts_seen ? TOPO_USE_DISK : TOPO_USE_UNSEEN, "", 0);
		disk_look(s, disks->names[i], 0);
	}
}

/*
 * In IPv4's file destination and mask are words 1 and 7. In IPv6's file destination and
 * its length are words 0 and 1, and the interface is the last. "lo" has an unreachable
 * default route, but is on no function.
 */
static bool
has_default_route(const struct search *s, const char *name)
{
	static const char any[] = "00000000", any6[] = "00000000000000000000000000000000";
	const char *line;

	FOREACH_LINE(line, s->users->routes)
		if (word_is(line, 0, name) && word_is(line, 1, any) && word_is(line, 7, any))
			return true;
	FOREACH_LINE(line, s->users->routes6)
		if (word_is(line, 9, name) && word_is(line, 0, any6) && word_is(line, 1, "00"))
			return true;
	return false;
}

/* Drivers without carrier detection leave the state "unknown". */
static bool
is_up(const struct search *s, const char *name)
{
	bool up, unknown;
	char *text;

	if (sysfs_read_file(s->root, &text, NULL, NET "/%s/operstate", name) != 0)
		return false;
	up = strcmp(text, "up\n") == 0;
	unknown = strcmp(text, "unknown\n") == 0;
	free(text);
	if (!unknown || sysfs_read_file(s->root, &text, NULL, NET "/%s/flags", name) != 0)
		return up;
	up = (strtoul(text, NULL, 16) & IFF_UP) != 0;
	free(text);
	return up;
}

/* Look at an interface, then at everything stacked on it. */
static void
interface_look(struct search *s, const char *name, unsigned int depth)
{
	static const char upper[] = "upper_";
	char **names;
	size_t n, i;

	if (is_up(s, name))
		note(s, TOPO_USE_UP, "", 0);
	if (has_default_route(s, name))
		note(s, TOPO_USE_ROUTE, "", 0);
	if (depth == STACK_DEPTH || s->visits++ >= VISITS_MAX ||
			sysfs_list(s->root, &names, &n, NET "/%s", name) != 0)
		return;
	for (i = 0; i < n; i++)
		if (strncmp(names[i], upper, strlen(upper)) == 0)
			interface_look(s, names[i] + strlen(upper), depth + 1);
	sysfs_free_names(names, n);
}

/* Do the readable routes belong to the network namespace of this interface? */
static bool
has_routes_here(const struct search *s, const char *name)
{
	const char *line, *w;
	size_t len;

	FOREACH_LINE(line, s->users->routed) {
		w = word(line, 0, &len);
		if (strncmp(w, name, strlen(name)) == 0 && w[strlen(name)] == ':')
			return true;
	}
	return false;
}

/* An empty folder of interfaces: they are in another network namespace. */
static bool
shows_none(const char *root, const char *bdf, const char *below)
{
	char **names;
	size_t n;
	int ret = sysfs_list(root, &names, &n, TOPO_DEVICES "/%s%s/net", bdf, below);

	if (ret != 0)
		return ret != -ENOENT && ret != -ENOTDIR;
	sysfs_free_names(names, n);
	return n == 0;
}

/* The function has no visible interface: is one in another namespace? */
static bool
interfaces_hidden(const struct search *s, const struct topo_device *dev)
{
	static const char virtio[] = "virtio";
	bool hidden = false;
	char below[TOPO_NAME_LEN], **names;
	size_t n, i;

	if (s->users->interfaces.ret != 0)
		return dev->class_id >> 16 == CLASS_NETWORK;
	if (shows_none(s->root, dev->bdf, ""))
		return true;
	if (strncmp(dev->driver, virtio, strlen(virtio)) != 0 ||
			sysfs_list(s->root, &names, &n, TOPO_DEVICES "/%s", dev->bdf) != 0)
		return false;
	for (i = 0; i < n && !hidden; i++)
		if (strncmp(names[i], virtio, strlen(virtio)) == 0) {
			snprintf(below, sizeof(below), "/%.32s", names[i]);
			hidden = shows_none(s->root, dev->bdf, below);
		}
	sysfs_free_names(names, n);
	return hidden;
}

static void
interfaces_look(struct search *s, const struct topo_device *dev)
{
	const struct topo_places *nets = &s->users->interfaces;
	bool found = false;
	size_t i;

	s->device[0] = '\0';
	for (i = 0; i < nets->n; i++) {
		if (nets->paths[i] == NULL || strstr(nets->paths[i], s->below) == NULL)
			continue;
		strlcpy(s->device, nets->names[i], sizeof(s->device));
		interface_look(s, nets->names[i], 0);
		found = true;
		if (!has_routes_here(s, s->device))
			note(s, TOPO_USE_UNSEEN, "", 0);
	}
	if (!found && interfaces_hidden(s, dev))
		note(s, TOPO_USE_UNSEEN, "", 0);
}

void
topology_use(struct topo_snapshot *snap, const struct topo_device *dev, struct topo_use *out)
{
	struct search s = { .root = snap->root, .users = topology_users(snap), .out = out };

	*out = (struct topo_use){ .kind = s.users == NULL ? TOPO_USE_UNSEEN : TOPO_USE_NONE };
	if (s.users == NULL)
		return;
	snprintf(s.below, sizeof(s.below), "/%s/", dev->bdf);
	disks_look(&s, dev);
	interfaces_look(&s, dev);
	if (dev->max_vfs > 0)
		note(&s, TOPO_USE_FUNCTIONS, "", 0);
	if ((dev->unread & TOPO_UNREAD_VFS) != 0)
		note(&s, TOPO_USE_UNSEEN, "", 0);
}
