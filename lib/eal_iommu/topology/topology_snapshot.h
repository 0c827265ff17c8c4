/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What one scan reads of sysfs, each file at most once.
 *
 * Looking at every device by itself reads everything once per device, as each
 * has a group, a bus and a host bridge. A snapshot keeps what was read: the list
 * of functions is read at first use, a function when somebody asks for it.
 *
 * A snapshot gets old: it lives as long as one scan and no longer. A function
 * that came after the list was read is not in it, one that went away is
 * -ENOENT or left out. What it hands out lives as long as the snapshot. Not
 * thread safe; separate snapshots are independent.
 */

#ifndef TOPOLOGY_SNAPSHOT_H
#define TOPOLOGY_SNAPSHOT_H

#include "topology/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Begins as { .root = ... }, ends with topology_snapshot_free(). */
struct topo_snapshot {
	const char *root;		/**< as in sysfs.h; lives longer */
	/* All else belongs to the topology room. */
	struct topo_function *functions;	/* by address */
	size_t n_functions;
	bool listed;
	struct topo_kept *kept;		/* sets that were asked for */
	size_t n_kept;
	struct topo_opened *opened;	/* nodes of VFIO that other processes have */
	size_t n_opened;
	bool looked;
	struct topo_users *users;	/* what functions are used for, or NULL */
};

/**
 * Some devices of a snapshot, sorted by address. One that can't be read takes no other
 * along, but it is there: who leaves it out must not take that for its absence.
 */
struct topo_set {
	const struct topo_device **v;
	size_t n;
	size_t n_odd;	/**< in v behind those n, sorted: devices that can't be read. Of these
			 *   addr and bdf hold, and topology_snapshot_device() says why.
			 */
};

/** Memory of one function. */
struct topo_memory {
	struct topo_addr addr;
	int ret;			/**< 0, or what reading its rows gave; -ENODATA: some
					 *   of them are odd, and empty here */
	int config;			/**< 0, or what reading its config space gave */
	const struct topo_bar *rows;	/**< as topology_resource_rows() */
	const uint64_t *bus;		/**< as topology_bus_rows() */
	size_t n;			/**< of both */
};

/** Free what was read; the snapshot is as new, with the same root. */
void topology_snapshot_free(struct topo_snapshot *snap);

/** One device. @return as topology_read(), -ENOMEM. */
int topology_snapshot_device(struct topo_snapshot *snap, const struct topo_addr *addr,
		const struct topo_device **out);

/**
 * All PCI functions. A function that goes away meanwhile is left out.
 *
 * @return 0; -ENOENT without PCI; -ENOMEM; -EMFILE, -ENFILE; what listing gives.
 */
int topology_snapshot_all(struct topo_snapshot *snap, struct topo_set *out);

/**
 * Members of an IOMMU group. A member that is no PCI function is left out: it
 * has no address to name it by.
 *
 * @return 0; -ENOENT if there is no such group; as topology_snapshot_all().
 */
int topology_snapshot_group(struct topo_snapshot *snap, int group, struct topo_set *out);

/**
 * Functions whose DMA the IOMMU can't tell from that of @p dev: all on the same
 * conventional PCI bus and below it, without bridges, with @p dev itself. They
 * must be in one group; a kernel may have them in several all the same. An odd one
 * may be a bridge, and may be elsewhere if its place is what is odd.
 *
 * @param out  empty where dev is PCI Express all the way, or a conventional
 *   function of the root bus, which has an ID of its own
 * @return 0; as topology_snapshot_all().
 */
int topology_snapshot_aliases(struct topo_snapshot *snap, const struct topo_device *dev,
		struct topo_set *out);

/**
 * Memory of each function below the host bridge of @p root_bus (canonical
 * "DDDD:BB"), by address. Of a function its path, its rows and the first 64
 * bytes of config space are read. One whose path is odd may be below any bridge: it
 * is there for each, without rows.
 *
 * @param next  begins as 0; where to go on
 * @return 1: *out is the next one; 0: there is none; -ENOENT without PCI; -ENOMEM.
 */
int topology_snapshot_memory(struct topo_snapshot *snap, const char *root_bus, size_t *next,
		struct topo_memory *out);

/**
 * First process other than the caller that has a node of VFIO open (e.g.
 * "/dev/vfio/7"), by /proc/PID/fd. The processes are looked at once.
 *
 * @return 0; -ENOENT if none is seen (also when not allowed to look); -ENOMEM.
 */
int topology_snapshot_holder(struct topo_snapshot *snap, const char *node,
		struct topo_holder *out);

#ifdef __cplusplus
}
#endif

#endif /* TOPOLOGY_SNAPSHOT_H */
