/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Cache of one scan: each sysfs file is read at most once.
 *
 * Without it, the group, the bus and the host bridge would be read again for every
 * device. The list of functions is read at first use, and a function when it is first
 * requested.
 *
 * A snapshot becomes stale, so it lives only as long as one scan. A function that appears
 * after the list was read is missing. One that disappears is -ENOENT or left out.
 * Returned pointers are valid as long as the snapshot. Not thread safe; separate
 * snapshots are independent.
 */

#ifndef TOPOLOGY_SNAPSHOT_H
#define TOPOLOGY_SNAPSHOT_H

#include "topology/topology.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Initialise as { .root = ... }; end with topology_snapshot_free(). */
struct topo_snapshot {
	const char *root;		/**< as in sysfs.h; must outlive the snapshot */
	/* Private to the topology room. */
	struct topo_function *functions;	/* sorted by address */
	size_t n_functions;
	bool listed;
	struct topo_kept *kept;		/* sets that were requested */
	size_t n_kept;
	struct topo_opened *opened;	/* VFIO nodes that other processes have open */
	size_t n_opened;
	bool looked;
	struct topo_users *users;	/* uses of functions, or NULL */
	char bridge[TOPO_BDF_LEN];	/* the last bridge that was asked whether it sleeps */
	bool bridge_sleeps;
};

/**
 * Devices of a snapshot, sorted by address. A device that can't be read is listed as odd
 * and does not prevent reading the others. A caller that skips the odd ones must not
 * conclude that they are absent.
 */
struct topo_set {
	const struct topo_device **v;
	size_t n;
	size_t n_odd;	/**< devices that can't be read, sorted, in v behind the first
			 *   n. Only addr and bdf are valid; topology_snapshot_device()
			 *   returns the error. */
};

/** Memory of one function. */
struct topo_memory {
	struct topo_addr addr;
	int ret;			/**< 0, or the error of reading its rows;
					 *   -ENODATA: some rows are odd, and empty
					 *   here */
	int config;			/**< 0, or the error of reading its config space */
	const struct topo_bar *rows;	/**< as topology_resource_rows() */
	const uint64_t *bus;		/**< as topology_bus_rows() */
	size_t n;			/**< number of rows */
};

/** Free what was read. The snapshot can be used again with the same root. */
void topology_snapshot_free(struct topo_snapshot *snap);

/** One device. @return as topology_read(), -ENOMEM. */
int topology_snapshot_device(struct topo_snapshot *snap, const struct topo_addr *addr,
		const struct topo_device **out);

/**
 * Get all PCI functions. A function that disappears meanwhile is left out.
 *
 * @return 0; -ENOENT without PCI; -ENOMEM; -EMFILE, -ENFILE; errors of listing.
 */
int topology_snapshot_all(struct topo_snapshot *snap, struct topo_set *out);

/**
 * Get the members of an IOMMU group. Members that are not PCI functions are left out, as
 * they have no PCI address.
 *
 * @return 0; -ENOENT if there is no such group; as topology_snapshot_all().
 */
int topology_snapshot_group(struct topo_snapshot *snap, int group, struct topo_set *out);

/**
 * Get the functions whose DMA the IOMMU can't distinguish from that of @p dev: all
 * functions on the same conventional PCI bus and below it, except bridges, including @p
 * dev. They should be in one group, but some kernels split them. An odd function may be a
 * bridge. If its path is odd, it may also be on another bus.
 *
 * @param out  empty if the whole path of dev is PCI Express, or if dev is a conventional
 *   function of the root bus, which has its own ID
 * @return 0; as topology_snapshot_all().
 */
int topology_snapshot_aliases(struct topo_snapshot *snap, const struct topo_device *dev,
		struct topo_set *out);

/**
 * Can the IOMMU see DMA of @p dev with the requester ID @p id? With its own; with that of a bridge
 * to the conventional bus that it is on or below, or that bus with device and function 0; and with
 * that of another function of its slot, if devices of its vendor do that.
 */
bool topology_snapshot_sends(struct topo_snapshot *snap, const struct topo_device *dev,
		const struct topo_addr *id);

/**
 * Get the memory of each function below the host bridge of @p root_bus (canonical
 * "DDDD:BB"), by address. Reads each function's path, rows and the first 64 bytes of
 * config space, except where this would wake a device: then config is -EAGAIN. A function
 * with an odd path may be below any bridge: it is returned for each, without rows.
 *
 * @param next  position; begins as 0
 * @return 1 and *out; 0 at the end; -ENOENT without PCI; -ENOMEM.
 */
int topology_snapshot_memory(struct topo_snapshot *snap, const char *root_bus, size_t *next,
		struct topo_memory *out);

/**
 * Find another process that has a VFIO node open (e.g. "/dev/vfio/7"), by /proc/PID/fd.
 * The processes are inspected once per snapshot.
 *
 * @return 0; -ENOENT if none is visible (also without permission); -ENOMEM.
 */
int topology_snapshot_holder(struct topo_snapshot *snap, const char *node,
		struct topo_holder *out);

#ifdef __cplusplus
}
#endif

#endif /* TOPOLOGY_SNAPSHOT_H */
