/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Uses of the network interfaces on a function. Links "upper_*" of an interface lead to
 * what is stacked on it.
 *
 * An interface is visible in its own network namespace only, but all namespaces see the
 * folder "net" of the function.
 */

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bsd/string.h>

#include "sysfs/sysfs.h"
#include "topology/topology_use_private.h"

#define CLASS_NETWORK 0x02

/*
 * In IPv4's file destination and mask are words 1 and 7. In IPv6's file destination and
 * its length are words 0 and 1, and the interface is the last. "lo" has an unreachable
 * default route, but is on no function.
 */
static bool
has_default_route(const struct topo_search *s, const char *name)
{
	static const char any[] = "00000000", any6[] = "00000000000000000000000000000000";
	const char *line;

	FOREACH_LINE(line, s->users->routes)
		if (topology_word_is(line, 0, name) && topology_word_is(line, 1, any) && topology_word_is(line, 7, any))
			return true;
	FOREACH_LINE(line, s->users->routes6)
		if (topology_word_is(line, 9, name) && topology_word_is(line, 0, any6) && topology_word_is(line, 1, "00"))
			return true;
	return false;
}

/* Each interface that is up has addresses and routes of this kind. */
static bool
is_link_local(const char *address6)
{
	return strncmp(address6, "ff", 2) == 0 ||
		(strncmp(address6, "fe", 2) == 0 && address6[2] != '\0' &&
		strchr("89ab", address6[2]) != NULL);
}

/*
 * Traces of traffic of this machine. Routes of other tables than the main one are not in
 * IPv4's file, so neighbours are looked for too.
 */
static void
traffic_look(struct topo_search *s, const char *name)
{
	const char *line;

	FOREACH_LINE(line, s->users->routes)
		if (topology_word_is(line, 0, name))
			topology_use_found(s, TOPO_USE_NET, "%s has a route", name);
	FOREACH_LINE(line, s->users->routes6)
		if (topology_word_is(line, 9, name) && !is_link_local(line))
			topology_use_found(s, TOPO_USE_NET, "%s has a route", name);
	FOREACH_LINE(line, s->users->addresses6)
		if (topology_word_is(line, 5, name) && !is_link_local(line))
			topology_use_found(s, TOPO_USE_NET, "%s has an address", name);
	FOREACH_LINE(line, s->users->neighbours)
		if (topology_word_is(line, 5, name) && !topology_word_is(line, 2, "0x0"))
			topology_use_found(s, TOPO_USE_NET, "%s has neighbours", name);
}

/* Drivers without carrier detection leave the state "unknown". */
static bool
is_up(const struct topo_search *s, const char *name)
{
	bool up, unknown;
	char *text;

	if (sysfs_read_file(s->root, &text, NULL, TOPO_NET "/%s/operstate", name) != 0)
		return false;
	up = strcmp(text, "up\n") == 0;
	unknown = strcmp(text, "unknown\n") == 0;
	free(text);
	if (!unknown || sysfs_read_file(s->root, &text, NULL, TOPO_NET "/%s/flags", name) != 0)
		return up;
	up = (strtoul(text, NULL, 16) & IFF_UP) != 0;
	free(text);
	return up;
}

/* Look at an interface, then at everything stacked on it. */
static void
interface_look(struct topo_search *s, const char *name, unsigned int depth)
{
	static const char upper[] = "upper_";
	char **names;
	size_t n, i;

	if (is_up(s, name)) {
		topology_use_note(s, TOPO_USE_UP, "", 0);
		if (depth > 0)
			topology_use_found(s, TOPO_USE_NET, "%s is built on it", name);
	}
	traffic_look(s, name);
	if (has_default_route(s, name))
		topology_use_note(s, TOPO_USE_ROUTE, "", 0);
	if (depth == TOPO_STACK_DEPTH || s->visits++ >= TOPO_VISITS_MAX ||
			sysfs_list(s->root, &names, &n, TOPO_NET "/%s", name) != 0)
		return;
	for (i = 0; i < n; i++)
		if (strncmp(names[i], upper, strlen(upper)) == 0)
			interface_look(s, names[i] + strlen(upper), depth + 1);
	sysfs_free_names(names, n);
}

/* Do the readable routes belong to the network namespace of this interface? */
static bool
has_routes_here(const struct topo_search *s, const char *name)
{
	const char *line, *w;
	size_t len;

	FOREACH_LINE(line, s->users->routed) {
		w = topology_word(line, 0, &len);
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
interfaces_hidden(const struct topo_search *s, const struct topo_device *dev)
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

void
topology_interfaces_look(struct topo_search *s, const struct topo_device *dev)
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
			topology_use_note(s, TOPO_USE_UNSEEN, "", 0);
	}
	if (!found && interfaces_hidden(s, dev))
		topology_use_note(s, TOPO_USE_UNSEEN, "", 0);
}
