/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Declarations shared by the files of the topology room.
 */

#ifndef TOPOLOGY_INTERNAL_H
#define TOPOLOGY_INTERNAL_H

#include <errno.h>

#include "topology/topology_snapshot.h"

#define TOPO_DEVICES "/sys/bus/pci/devices"

/** Read root bus and bridges of dev->addr. @return 0; -ENOENT; -ENODATA; ... */
int topology_place(const char *root, struct topo_device *dev);

/** Read everything except root bus, bridges and BARs. @return 0; -ENODATA; ... */
int topology_fill(const char *root, struct topo_device *dev);

/** Is the function PCI Express? Does not read its registers. */
bool topology_is_pcie(const char *root, const char *bdf);

/**
 * Fill the BARs from the first rows of "resource".
 *
 * @param ret  what topology_resource_rows() returned
 * @return 0; an error of this process (topology_error_is_ours())
 */
int topology_bars(struct topo_device *dev, int ret, const struct topo_bar *rows, size_t n);

/** Is it an error of this process (no memory, no descriptors), and not of the file? */
static inline bool
topology_error_is_ours(int ret)
{
	return ret == -ENOMEM || ret == -EMFILE || ret == -ENFILE;
}

/** Would reading config space of a function wake the function itself? */
bool topology_is_cold(const char *root, const char *bdf);

/** Is one of the bridges of dev->up suspended? The kernel resumes them to read config space. */
bool topology_bridge_sleeps(const char *root, const struct topo_device *dev);

/** @return @p ret, or -ENOENT if it is an error and the function has disappeared. */
int topology_gone(const char *root, const struct topo_device *dev, int ret);

/**
 * Read a function of the list, even an odd one.
 *
 * @param out  not written on -ENOENT: the function is not in the list
 * @return as topology_snapshot_device()
 */
int topology_function(struct topo_snapshot *snap, const struct topo_addr *addr,
		const struct topo_device **out);

/** Create an empty set with room for @p room functions. @return 0, -ENOMEM. */
int topology_set_make(struct topo_set *set, size_t room);

/**
 * Add a function by the result @p ret of reading it: good, odd, or gone and ignored.
 *
 * @return 0; -ENOMEM, -EMFILE, -ENFILE
 */
int topology_set_put(struct topo_set *set, size_t room, const struct topo_device *dev, int ret);

/** Sort a complete set. */
void topology_set_sort(struct topo_set *set, size_t room);

/**
 * Collect all functions below @p bridge, or all functions (NULL). The caller frees out->v
 * with free(), also on an error.
 */
int topology_functions(struct topo_snapshot *snap, const char *bridge, struct topo_set *out);

/** A cached set and the result of reading it. */
struct topo_kept {
	char of[TOPO_NAME_LEN];	/* a bridge, the number of a group, or "" for all */
	int ret;
	struct topo_set set;
};

/** Find a cached set by name. Fills @p out, and @p ret with the result of reading it. */
bool topology_kept(const struct topo_snapshot *snap, const char *of, int *ret,
		struct topo_set *out);

/** Cache a set, or the error @p ret. @return @p ret; -ENOMEM after freeing the set. */
int topology_keep(struct topo_snapshot *snap, const char *of, int ret, struct topo_set *set);

struct topo_off;

/** Find out why a kernel for x86 shows no IOMMU. @param out  all zero */
void topology_off_look(const char *root, struct topo_off *out);

#define TOPO_BLOCK "/sys/class/block"
#define TOPO_NET "/sys/class/net"

/** Disks or interfaces, each with the paths of the devices below it. */
struct topo_places {
	char **names;
	char **paths;		/* each a text with the paths, or NULL */
	size_t n;
	int ret;		/* result of listing them */
};

/** Data about the use of all functions. */
struct topo_users {
	char *mounts, *swaps, *routes, *routes6;	/* contents of files, or NULL */
	char *addresses6, *neighbours;
	char *btrfs;		/* a line for each mounted btrfs: names of its disks */
	bool zfs;		/* ZFS is loaded or mounted; its disks are not known */
	char *host_mounts;	/* those of process 1 */
	char *routed;		/* interfaces of the network namespace of these routes */
	bool mounts_seen;	/* these are all mounts and swap spaces of the host */
	struct topo_places disks, interfaces;
};

/** Read the data, or return the cached one. @return NULL without memory. */
const struct topo_users *topology_users(struct topo_snapshot *snap);

/** NULL is allowed. */
void topology_users_free(struct topo_users *users);

#endif /* TOPOLOGY_INTERNAL_H */
