/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Where holes of the IOVA layout come from, apart from the IOMMU's own list.
 *
 * Each function appends to a list; on error the list is as it was. Thread
 * safe (no state), except for one struct holes_bridges. Functions take the root of
 * sysfs.h, or a snapshot that has it.
 */

#ifndef HOLES_H
#define HOLES_H

#include "iova/iova_layout.h"
#include "topology/topology_snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Growing array of holes; start with all zero, end with holes_free(). */
struct hole_list {
	struct iova_hole *v;
	size_t n;
	size_t cap;
};

/** Free the array; the list is empty afterwards. */
void holes_free(struct hole_list *list);

/** Append one hole. @return 0, -EINVAL (first > last), -ENOMEM. */
int holes_add(struct hole_list *list, const struct iova_hole *hole);

/**
 * IOVA 0 and the last page, both for a page of @p page_size bytes, both soft.
 *
 * @return 0; -EINVAL if it is no page size; -ENOMEM.
 */
int holes_builtin(struct hole_list *list, uint64_t page_size);

/** Where the windows of a host bridge were read. */
enum holes_source {
	HOLES_SOURCE_NONE,		/**< nowhere: say so, never "no window" */
	HOLES_SOURCE_IOMEM,		/**< /proc/iomem (CPU addresses) */
	HOLES_SOURCE_DEVICE_TREE,	/**< "ranges" of the bridge's node (bus addresses) */
	HOLES_SOURCE_RESOURCES,		/**< hull of BARs and bridge windows: a lower bound */
};

/** What can be read about a host bridge, and about an IOMMU group. */
enum holes_input {
	HOLES_IN_RANGES,	/**< "ranges" of the bridge's device tree node */
	HOLES_IN_DMA_RANGES,	/**< "dma-ranges" of that node and of those above it */
	HOLES_IN_IOMEM,		/**< /proc/iomem */
	HOLES_IN_ROWS,		/**< "resource" of the functions below the bridge */
	HOLES_IN_CONFIG,	/**< their config space */
	HOLES_IN_REGIONS,	/**< reserved_regions of the group */
	HOLES_INPUTS
};

/** What became of reading it. */
enum holes_sight {
	HOLES_UNREAD,		/**< there was no need to */
	HOLES_ABSENT,		/**< this machine has none */
	HOLES_SEEN,
	HOLES_HIDDEN,		/**< the machine has it, but it is not visible here */
	HOLES_DENIED,		/**< not allowed to look */
};

/** One input. */
struct holes_look {
	enum holes_sight sight;
	unsigned int odd;	/**< lines or entries that can't be understood; left out */
};

/** How the windows of a host bridge are known. */
struct holes_view {
	enum holes_source source;
	bool shifted;		/**< a window is elsewhere for the CPU than on the bus */
	bool offset_assumed;	/**< of a window nothing tells where it is on the bus, so
				 *   the CPU's addresses were taken */
	struct holes_look in[HOLES_INPUTS];
};

/** Short text of a source for dumps. */
const char *holes_source_name(enum holes_source source);

/** Short name of an input: "ranges", "/proc/iomem", ... */
const char *holes_input_name(enum holes_input input);

/** "absent", "seen", "hidden", "denied"; "unread". */
const char *holes_sight_name(enum holes_sight sight);

/**
 * What is missing because an input is hidden or denied, and what to do about it, as
 * one sentence; NULL if nothing is.
 */
const char *holes_input_advice(enum holes_input input, enum holes_sight sight);

/**
 * reserved_regions of an IOMMU group. A word that is not known becomes a hard
 * hole of IOVA_ORIGIN_UNKNOWN with the word as detail. direct-relaxable is soft,
 * everything else hard and enforced by the kernel. A line without two hex numbers is
 * left out and counted, so is a last line that is cut: where the kernel names IOVA
 * ranges, these keep memory away from its region all the same.
 *
 * The kernel prints "msi" both for SW_MSI (it maps doorbells there) and for a
 * window of the hardware; the IOMMU instance tells them apart: "smmu*" has
 * SW_MSI (but a 64 KiB region is the ITS of a Hi161x, thus MSI), "dmar*" and
 * "ivhd*" have MSI, and any other (virtio-iommu) has SW_MSI only where the
 * region is the kernel's own default, 0x8000000. Behind SW_MSI a soft guard of
 * 64 pages is added: the kernel does not check its doorbell pages against the
 * window's length.
 *
 * @param iommu      name of the IOMMU instance (topo_device.iommu), "" unknown
 * @param page_size  bytes of a kernel page
 * @param owner      device that brings the holes
 * @param look       gets what became of reading; without the file it is hidden, as
 *   every group of a kernel since 4.11 has it
 * @return 0, also if the file can't be read; -EINVAL if page_size is no page
 *   size; -ENOMEM.
 */
int holes_reserved_regions(const char *root, int group, const char *iommu,
		uint64_t page_size, const char *owner, struct hole_list *list,
		struct holes_look *look);

/** What one scan knows of host bridges. Begins as { .snap = ... }, ends with holes_bridges_free(). */
struct holes_bridges {
	struct topo_snapshot *snap;	/**< of the same scan; lives longer */
	struct holes_known *known;	/**< belongs to the holes room */
	size_t n_known;
	struct holes_phandles *phandles;	/**< the same */
};

/** Free what is known; nothing is known then. */
void holes_bridges_free(struct holes_bridges *bridges);

/** What an error of reading means for a file that every machine of this kind has. */
enum holes_sight holes_sight_of(int ret);

/**
 * Memory windows of the host bridge of @p root_bus ("DDDD:BB"). They are read for
 * the first device below it, and for others copied.
 *
 * Tried in this order, until one shows a window: device tree (exact bus
 * addresses, no rights needed), /proc/iomem (needs CAP_SYS_ADMIN; if all lines of
 * the bridge are zeros, this means "not allowed to look"), then the hull of what
 * sysfs "resource" files of the devices below show. Both of these show addresses of
 * the CPU; BARs and bridge windows in config space tell by how much the bus differs,
 * for each window apart. Holes are always addresses of the bus.
 *
 * Not thread safe for one @p bridges.
 *
 * @param hard  true for groups of several devices, where peer-to-peer below
 *   the IOMMU is possible; an estimate is soft all the same
 * @param view  where it was read; the inputs of the other functions are kept
 * What can't be understood is left out and counted.
 *
 * @return 0 (also with HOLES_SOURCE_NONE); -EINVAL if @p root_bus is no bus;
 *   -ENOMEM.
 */
int holes_host_bridge(struct holes_bridges *bridges, const char *root_bus, bool hard,
		const char *owner, struct hole_list *list,
		struct holes_view *view);

/**
 * BARs of a function that makes a PCI domain of its own, as Intel's VMD: they are the
 * windows of the host bridge of that domain. One whose address on the bus is not known is
 * an estimate.
 *
 * @param bdf   the function
 * @param bus   root bus of the domain, for the holes' detail
 * @param hard  as for holes_host_bridge()
 * @return 0, also if they can't be read; -EINVAL if @p bdf is no address; -ENOMEM.
 */
int holes_endpoint(const char *root, const char *bdf, const char *bus, bool hard,
		const char *owner, struct hole_list *list);

/**
 * Bus addresses that the host bridge of @p root_bus does not pass to memory:
 * the gaps below, between and above "dma-ranges" of its device tree node and of
 * the nodes whose buses its DMA crosses: those above, or the one that the node names
 * in "interconnects" ("dma-mem"). Soft: the kernel's own drivers stay away from them, VFIO
 * does not. No device tree, no such property, an empty one: no hole. Read and
 * copied as by holes_host_bridge(). An entry that can't be understood is left out
 * and counted; if then nothing at all would pass there is no hole.
 *
 * @param look  gets what became of reading
 * @return 0; -EINVAL if @p root_bus is no bus; -ENOMEM.
 */
int holes_dma_ranges(struct holes_bridges *bridges, const char *root_bus, const char *owner,
		struct hole_list *list, struct holes_look *look);

#ifdef __cplusplus
}
#endif

#endif /* HOLES_H */
