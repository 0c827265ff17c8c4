/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * PCI devices as sysfs shows them: identity, driver, IOMMU group, VFIO node,
 * the bridges above, and who else is in the group.
 *
 * Plain reads; nothing is opened that changes a device. Thread safe. Every
 * function takes the root of sysfs.h. What the kernel supplies is bounded and
 * checked; a file that is missing because the kernel is older leaves the
 * field at its "unknown" value.
 */

#ifndef TOPOLOGY_H
#define TOPOLOGY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** PCI address. */
struct topo_addr {
	uint32_t domain;
	uint8_t bus;
	uint8_t dev;
	uint8_t fn;
};

#define TOPO_BDF_LEN 18		/* "DDDDDDDD:BB:DD.F" */
#define TOPO_NAME_LEN 40
#define TOPO_BARS 6
#define TOPO_ROWS 32		/* more than the kernel prints for any function */
#define TOPO_DEPTH 16		/* bridges above a device that are recorded */

/** Files that are there and can't be read or understood: what they say is unknown. */
enum topo_unread {
	TOPO_UNREAD_NUMA_NODE = 1 << 0,	/**< numa_node is -1 */
	TOPO_UNREAD_VFS = 1 << 1,	/**< max_vfs is 0: there may be some */
	TOPO_UNREAD_RESOURCE = 1 << 2,	/**< some BARs are empty */
};

/** Flags of a row of "resource", the kernel's IORESOURCE_*. */
#define TOPO_ROW_MEM UINT64_C(0x200)
#define TOPO_ROW_PREFETCH UINT64_C(0x2000)
#define TOPO_ROW_DISABLED UINT64_C(0x10000000)
#define TOPO_ROW_UNSET UINT64_C(0x20000000)

/** One row of "resource"; len 0 if unused. */
struct topo_bar {
	uint64_t phys;
	uint64_t len;
	uint64_t flags;		/**< TOPO_ROW_* and others, as the kernel prints them */
};

/** One PCI function. */
struct topo_device {
	struct topo_addr addr;
	char bdf[TOPO_BDF_LEN];		/**< canonical DDDD:BB:DD.F */
	uint16_t vendor, device, subvendor, subdevice;
	uint32_t class_id;		/**< 24 bits */
	bool is_bridge;			/**< class 0x06xx */
	bool pcie;			/**< PCI Express; else conventional PCI */
	int numa_node;			/**< -1: unknown */
	int group;			/**< IOMMU group, -1: none */
	bool group_noiommu;		/**< group is VFIO's no-IOMMU fake */
	char driver[TOPO_NAME_LEN];	/**< "" if bound to none */
	char cdev[TOPO_NAME_LEN];	/**< "vfioX" below vfio-dev/, or "" */
	char iommu[TOPO_NAME_LEN];	/**< name of the IOMMU instance, or "" */
	uint16_t max_vfs;		/**< sriov_numvfs: VFs enabled now */
	struct topo_bar bar[TOPO_BARS];
	unsigned int unread;		/**< enum topo_unread */
	char root_bus[TOPO_BDF_LEN];	/**< "DDDD:BB" of the host bridge */
	unsigned int n_up;		/**< bridges above, nearest first */
	char up[TOPO_DEPTH][TOPO_BDF_LEN];
};

/**
 * Parse [DDDD:]BB:DD.F; hex, whole string.
 *
 * @return 0, or -EINVAL.
 */
int topology_parse_bdf(const char *s, struct topo_addr *out);

/** Canonical text of an address. */
void topology_format_bdf(const struct topo_addr *a, char *out, size_t size);

/** Parse "DDDD:BB", the name of a bus; dev and fn become 0. @return 0, -EINVAL. */
int topology_parse_bus(const char *s, struct topo_addr *out);

/** Canonical name of the bus of an address. */
void topology_format_bus(const struct topo_addr *a, char *out, size_t size);

/** -1, 0, 1 by domain, bus, device, function. */
int topology_addr_cmp(const struct topo_addr *a, const struct topo_addr *b);

/**
 * The rows of "resource": 6 BARs, the ROM, then BARs of VFs and windows of a
 * bridge. Addresses are those of the CPU.
 *
 * @param rows  room for TOPO_ROWS; a row that can't be understood is empty
 * @return 0; -ENOENT; -ENODATA if a row can't be understood, or there are more; then
 *   @p n tells the others.
 */
int topology_resource_rows(const char *root, const struct topo_addr *addr,
		struct topo_bar *rows, size_t *n);

/** A row whose address on the bus is not told. */
#define TOPO_NO_ADDRESS UINT64_MAX

/**
 * Where the device itself says that its rows of memory begin: BARs and windows
 * of a bridge as its config space has them. These are addresses of the bus; a
 * host bridge may show them to the CPU elsewhere. Of config space the first 64
 * bytes are read, which needs no rights.
 *
 * @param rows  what topology_resource_rows() gave
 * @param n     how many
 * @param bus   room for n; TOPO_NO_ADDRESS where the device does not tell, or
 *   what it tells does not go with the row
 * @return 0; -ENODATA if less than 64 bytes can be read; what reading gives
 */
int topology_bus_rows(const char *root, const struct topo_addr *addr,
		const struct topo_bar *rows, size_t n, uint64_t *bus);

/**
 * One device. Below a bridge that makes a domain of its own (VMD), root_bus
 * and the bridges are those of the inner domain.
 *
 * @return 0; -ENOENT if it is not there; -ENODATA if sysfs is odd; -EACCES, ...
 */
int topology_read(const char *root, const struct topo_addr *addr,
		struct topo_device *out);

#define TOPO_OUTER 4	/* domains inside each other that are looked at */

/** The bridge around a domain that a PCI function makes. */
struct topo_outer {
	char via[TOPO_BDF_LEN];		/**< the function that makes the domain */
	char bus[TOPO_BDF_LEN];		/**< "DDDD:BB", the root bus above that function */
};

/**
 * The bridges around the domain of a device, from the inside out: none on most
 * machines, one behind Intel's VMD.
 *
 * @param out  room for TOPO_OUTER
 * @return 0; what reading the link of the device gives
 */
int topology_outer(const char *root, const struct topo_device *dev, struct topo_outer *out,
		size_t *n);

#define TOPO_UNREAD_LEN 40	/**< room for all names */

/** Names of the files that are unread, "numa_node, resource"; "" without any. */
void topology_unread_names(const struct topo_device *dev, char *out, size_t size);

/**
 * Path of a device's character device. Kernels built without them have the
 * folder vfio-dev and no number in it.
 *
 * @return 0; -ENOENT if it has none; -ENODATA, ... as topology_read().
 */
int topology_cdev_node(const char *root, const struct topo_device *dev, char *out,
		size_t size);

/** Bound to a VFIO driver (vfio-pci, or a variant: has a vfio-dev folder or "vfio" in its name)? */
bool topology_is_vfio(const struct topo_device *dev);

/**
 * Does a member keep its group from being viable? Bridges without a driver or
 * with the port driver (pcieport) do not, nor does a device bound to no
 * driver, to a VFIO driver or to pci-stub.
 */
bool topology_blocks_group(const struct topo_device *dev);

/** A process that holds a device node open. */
struct topo_holder {
	int pid;
	char comm[TOPO_NAME_LEN];
};

/** Does the caller itself have @p node open, whoever in it opened it? */
bool topology_holds(const char *root, const char *node);

#ifdef __cplusplus
}
#endif

#endif /* TOPOLOGY_H */
