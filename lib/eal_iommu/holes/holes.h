/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Sources of holes in the IOVA layout, other than the IOVA ranges of the kernel.
 *
 * Each function appends to a list and leaves it unchanged on error. Thread safe (no
 * state), except for one struct holes_bridges. Functions take the root of sysfs.h, or a
 * snapshot with that root.
 */

#ifndef HOLES_H
#define HOLES_H

#include "iova/iova_layout.h"
#include "topology/topology_snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Growing array of holes. Start with all zero, end with holes_free(). */
struct hole_list {
	struct iova_hole *v;
	size_t n;
	size_t cap;
};

/** Free the array and empty the list. */
void holes_free(struct hole_list *list);

/** Append one hole. @return 0, -EINVAL (first > last), -ENOMEM. */
int holes_add(struct hole_list *list, const struct iova_hole *hole);

/**
 * Append IOVA 0 and the last page, both of @p page_size bytes and soft.
 *
 * @return 0; -EINVAL if @p page_size is not a page size; -ENOMEM.
 */
int holes_builtin(struct hole_list *list, uint64_t page_size);

/** Source of a host bridge's windows. */
enum holes_source {
	HOLES_SOURCE_NONE,		/**< unknown, which does not mean "no window" */
	HOLES_SOURCE_IOMEM,		/**< /proc/iomem (CPU addresses) */
	HOLES_SOURCE_DEVICE_TREE,	/**< "ranges" of the bridge's node (bus addresses) */
	HOLES_SOURCE_RESOURCES,		/**< hull of BARs and bridge windows: a lower bound */
};

/** Inputs about a host bridge and an IOMMU group. */
enum holes_input {
	HOLES_IN_RANGES,	/**< "ranges" of the bridge's device tree node */
	HOLES_IN_DMA_RANGES,	/**< "dma-ranges" of that node and of those above it */
	HOLES_IN_IOMEM,		/**< /proc/iomem */
	HOLES_IN_ROWS,		/**< "resource" of the functions below the bridge */
	HOLES_IN_CONFIG,	/**< their config space */
	HOLES_IN_REGIONS,	/**< reserved_regions of the group */
	HOLES_INPUTS
};

/** Result of reading an input. */
enum holes_sight {
	HOLES_UNREAD,		/**< not needed */
	HOLES_ABSENT,		/**< this machine has none */
	HOLES_SEEN,
	HOLES_HIDDEN,		/**< the machine has it, but this process can't see it */
	HOLES_DENIED,		/**< permission denied */
};

#define HOLES_MOVED 4	/**< maximum number of recorded ranges that a bridge moves */

/** One input. */
struct holes_look {
	enum holes_sight sight;
	unsigned int odd;	/**< number of ignored lines or entries that can't be
				 *   understood */
	/* Of dma-ranges only: */
	bool same;		/**< some addresses of the bus are those of memory too */
	struct iova_range moved[HOLES_MOVED];	/**< addresses of the bus that are others in
						 *   memory, the first ones */
	size_t n_moved;		/**< of all */
	uint64_t memory;	/**< where the first of them begins in memory */
};

/** What is known about the windows of a host bridge. */
struct holes_view {
	enum holes_source source;
	bool shifted;		/**< the CPU and the bus see a window at different addresses */
	bool offset_assumed;	/**< the bus address of a window is unknown, so its CPU
				 *   address is used */
	struct holes_look in[HOLES_INPUTS];
};

/** Short text of a source, for dumps. */
const char *holes_source_name(enum holes_source source);

/** Short name of an input: "ranges", "/proc/iomem", ... */
const char *holes_input_name(enum holes_input input);

/** "absent", "seen", "hidden", "denied"; "unread". */
const char *holes_sight_name(enum holes_sight sight);

/**
 * One sentence: the consequence of a hidden or denied input, and the remedy. NULL if
 * there is no problem.
 */
const char *holes_input_advice(enum holes_input input, enum holes_sight sight);

/**
 * Read reserved_regions of an IOMMU group. An unknown word becomes a hard hole of
 * IOVA_ORIGIN_UNKNOWN with the word as detail. direct-relaxable is soft, all others are
 * hard and enforced by the kernel. Lines without two hex numbers, and a truncated last
 * line, are ignored and counted. The kernel's IOVA ranges exclude their regions anyway.
 *
 * The kernel prints "msi" both for SW_MSI (where it maps doorbells) and for a hardware
 * window. The IOMMU instance tells them apart: "smmu*" has SW_MSI (but a 64 KiB region is
 * the ITS of a Hi161x, thus MSI), "dmar*" and "ivhd*" have MSI. Any other (virtio-iommu)
 * has SW_MSI only if the region is at the kernel's default, 0x8000000. A soft guard of 64
 * pages behind SW_MSI is added, as the kernel does not check its doorbell pages against
 * the end of the window.
 *
 * @param iommu      name of the IOMMU instance (topo_device.iommu), "" if unknown
 * @param page_size  bytes of a kernel page
 * @param owner      device that the holes come from
 * @param look       result of reading. A missing file counts as hidden, as every group of
 *   kernels since 4.11 has it
 * @return 0, also if the file can't be read; -EINVAL if page_size is not a page size;
 *   -ENOMEM.
 */
int holes_reserved_regions(const char *root, int group, const char *iommu,
		uint64_t page_size, const char *owner, struct hole_list *list,
		struct holes_look *look);

/** Host bridges of one scan. Initialise as { .snap = ... }; end with holes_bridges_free(). */
struct holes_bridges {
	struct topo_snapshot *snap;	/**< of the same scan; must outlive this */
	struct holes_known *known;	/**< private to the holes room */
	size_t n_known;
	struct holes_phandles *phandles;	/**< private to the holes room */
};

/** Free all data. The struct can be used again. */
void holes_bridges_free(struct holes_bridges *bridges);

/** Classify an error of reading a file that every such machine has. */
enum holes_sight holes_sight_of(int ret);

/**
 * Add the memory windows of the host bridge of @p root_bus ("DDDD:BB"). They are read
 * once per scan and then copied for each device.
 *
 * Sources are tried in this order until one has a window: device tree (exact bus
 * addresses, readable by every user); /proc/iomem (needs CAP_SYS_ADMIN; if all lines of
 * the bridge are zeros, permission is missing); the hull of the "resource" files of the
 * devices below. The latter two have CPU addresses. BARs and bridge windows in config
 * space give the offset between CPU and bus, for each window separately. Holes always
 * have bus addresses.
 *
 * Not thread safe for one @p bridges.
 *
 * @param hard  true for groups of several devices, as peer-to-peer below the IOMMU is
 *   possible. Estimates are always soft
 * @param view  source and results of reading; inputs of other functions are unchanged.
 *   What can't be understood is ignored and counted.
 *
 * @return 0 (also with HOLES_SOURCE_NONE); -EINVAL if @p root_bus is not a bus; -ENOMEM.
 */
int holes_host_bridge(struct holes_bridges *bridges, const char *root_bus, bool hard,
		const char *owner, struct hole_list *list,
		struct holes_view *view);

/**
 * Add the BARs of a function that creates a PCI domain (Intel's VMD): they are the
 * windows of the host bridge of that domain. A BAR with unknown bus address is an
 * estimate.
 *
 * @param bdf   the function
 * @param bus   root bus of the domain, becomes the detail of the holes
 * @param hard  as for holes_host_bridge()
 * @return 0, also if they can't be read; -EINVAL if @p bdf is not an address; -ENOMEM.
 */
int holes_endpoint(const char *root, const char *bdf, const char *bus, bool hard,
		const char *owner, struct hole_list *list);

/**
 * Add the bus addresses that the host bridge of @p root_bus does not pass to memory: the
 * gaps below, between and above the "dma-ranges" of its device tree node and of the nodes
 * whose buses its DMA crosses. These are the ancestors, or the node named "dma-mem" in
 * "interconnects". The holes are soft: the kernel's own drivers avoid these addresses,
 * VFIO does not. Without a device tree or the property, or if it is empty, there is no
 * hole. Read once and copied like holes_host_bridge(). Entries that can't be understood
 * are ignored and counted. If then no address would pass, no hole is added.
 *
 * @param look  result of reading
 * @return 0; -EINVAL if @p root_bus is not a bus; -ENOMEM.
 */
int holes_dma_ranges(struct holes_bridges *bridges, const char *root_bus, const char *owner,
		struct hole_list *list, struct holes_look *look);

#ifdef __cplusplus
}
#endif

#endif /* HOLES_H */
