/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What the files of the topology room share.
 */

#ifndef TOPOLOGY_INTERNAL_H
#define TOPOLOGY_INTERNAL_H

#include <errno.h>

#include "topology/topology_snapshot.h"

#define TOPO_DEVICES "/sys/bus/pci/devices"

/** Root bus and bridges of dev->addr. @return 0; -ENOENT; -ENODATA; ... */
int topology_place(const char *root, struct topo_device *dev);

/** All but root bus, bridges and BARs. @return 0; -ENODATA; ... */
int topology_fill(const char *root, struct topo_device *dev);

/** Is it PCI Express? No register of it is read. */
bool topology_is_pcie(const char *root, const char *bdf);

/**
 * The BARs are the first rows of "resource".
 *
 * @param ret  what topology_resource_rows() returned
 * @return 0; an error that says nothing about the device
 */
int topology_bars(struct topo_device *dev, int ret, const struct topo_bar *rows, size_t n);

/** Does an error of reading say nothing about what is read (no memory, no descriptors)? */
static inline bool
topology_error_is_ours(int ret)
{
	return ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE;
}

/** An error of reading, or -ENOENT if the function went away meanwhile. */
int topology_gone(const char *root, const struct topo_device *dev, int ret);

/**
 * A function of the list, whether or not it can be read.
 *
 * @param out  not written where the list does not have it, which is -ENOENT
 * @return as topology_snapshot_device()
 */
int topology_function(struct topo_snapshot *snap, const struct topo_addr *addr,
		const struct topo_device **out);

/** An empty set with room for @p room. @return 0, -ENOMEM. */
int topology_set_make(struct topo_set *set, size_t room);

/**
 * Add a function by what reading it gave: it is good, odd, or gone and left out.
 *
 * @return 0; -ENOMEM, -EMFILE, -ENFILE, which say nothing about the function
 */
int topology_set_put(struct topo_set *set, size_t room, const struct topo_device *dev, int ret);

/** All that belongs to it is in it. */
void topology_set_sort(struct topo_set *set, size_t room);

/**
 * All functions below @p bridge, or all (NULL). out->v is freed with free(), also on
 * an error.
 */
int topology_functions(struct topo_snapshot *snap, const char *bridge, struct topo_set *out);

/** A set that was asked for, and what reading it gave. */
struct topo_kept {
	char of[TOPO_NAME_LEN];	/* a bridge, the number of a group, or "" for all */
	int ret;
	struct topo_set set;
};

/** Is the set of this name kept? Fills @p out, and @p ret with what reading it gave. */
bool topology_kept(const struct topo_snapshot *snap, const char *of, int *ret,
		struct topo_set *out);

/** Keep a set, or the error @p ret. @return @p ret; -ENOMEM, then the set is freed. */
int topology_keep(struct topo_snapshot *snap, const char *of, int ret, struct topo_set *set);

#define TOPO_BLOCK "/sys/class/block"
#define TOPO_NET "/sys/class/net"

/** Disks, or interfaces, and for each the paths of what it lies on. */
struct topo_places {
	char **names;
	char **paths;		/* a text that holds them, or NULL */
	size_t n;
	int ret;		/* what listing them gave */
};

/** What all functions are used for. */
struct topo_users {
	char *mounts, *swaps, *routes, *routes6;	/* texts, or NULL */
	char *host_mounts;	/* those of process 1 */
	char *routed;		/* interfaces whose routes these are */
	bool mounts_seen;	/* all that the host has, swap space too */
	struct topo_places disks, interfaces;
};

/** Read it, or what the snapshot keeps. @return NULL if memory lacks. */
const struct topo_users *topology_users(struct topo_snapshot *snap);

/** NULL is allowed. */
void topology_users_free(struct topo_users *users);

#endif /* TOPOLOGY_INTERNAL_H */
