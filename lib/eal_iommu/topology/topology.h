/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * PCI devices as sysfs shows them: identity, driver, IOMMU group, VFIO node, bridges
 * above, and members of the group.
 *
 * Reads files only; opens no device. Thread safe. Every function takes the root of
 * sysfs.h. Data from the kernel is bounded and checked. If an older kernel lacks a file,
 * the field keeps its "unknown" value.
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
#define TOPO_DEPTH 16		/* maximum number of recorded bridges above a device */

/** Existing files that can't be read or understood; their values are unknown. */
enum topo_unread {
	TOPO_UNREAD_NUMA_NODE = 1 << 0,	/**< numa_node is -1 */
	TOPO_UNREAD_VFS = 1 << 1,	/**< max_vfs is 0, but there may be VFs */
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
	uint64_t flags;		/**< TOPO_ROW_* and other flags, as the kernel prints them */
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
	bool group_noiommu;		/**< the group is a dummy of VFIO's no-IOMMU mode */
	char driver[TOPO_NAME_LEN];	/**< "" if not bound */
	char cdev[TOPO_NAME_LEN];	/**< "vfioX" below vfio-dev/, or "" */
	char cdev_noiommu[TOPO_NAME_LEN];	/**< "noiommu-vfioX" there, or "" */
	char iommu[TOPO_NAME_LEN];	/**< name of the IOMMU instance, or "" */
	uint16_t max_vfs;		/**< sriov_numvfs: VFs enabled now */
	struct topo_bar bar[TOPO_BARS];
	unsigned int unread;		/**< enum topo_unread */
	char root_bus[TOPO_BDF_LEN];	/**< "DDDD:BB" of the host bridge */
	unsigned int n_up;		/**< number of bridges above, nearest first */
	char up[TOPO_DEPTH][TOPO_BDF_LEN];
};

/**
 * Parse [DDDD:]BB:DD.F, hex. The whole string must match.
 *
 * @return 0, or -EINVAL.
 */
int topology_parse_bdf(const char *s, struct topo_addr *out);

/** Format an address canonically. */
void topology_format_bdf(const struct topo_addr *a, char *out, size_t size);

/** Parse "DDDD:BB", the name of a bus; dev and fn become 0. @return 0, -EINVAL. */
int topology_parse_bus(const char *s, struct topo_addr *out);

/** Format the bus of an address canonically. */
void topology_format_bus(const struct topo_addr *a, char *out, size_t size);

/** Compare by domain, bus, device, function. @return -1, 0, 1. */
int topology_addr_cmp(const struct topo_addr *a, const struct topo_addr *b);

/**
 * Read the rows of "resource": 6 BARs, the ROM, then BARs of VFs and windows of a bridge.
 * The addresses are CPU addresses.
 *
 * @param rows  room for TOPO_ROWS; a row that can't be understood is empty
 * @return 0; -ENOENT; -ENODATA if some rows can't be understood or there are too many; @p
 *   n then counts the remaining rows too.
 */
int topology_resource_rows(const char *root, const struct topo_addr *addr,
		struct topo_bar *rows, size_t *n);

/** What the kernel would wake for a read of a function's config space. */
enum topo_wakes {
	TOPO_WAKES_NONE,
	TOPO_WAKES_DEVICE,	/**< the function is in D3cold */
	TOPO_WAKES_BRIDGE,	/**< a bridge above it is suspended */
};

/** Wakes nothing itself. */
enum topo_wakes topology_config_wakes(const char *root, const struct topo_addr *addr);

/** Is a function, or a bridge above it, suspended? Wakes nothing. */
bool topology_sleeps(const char *root, const struct topo_addr *addr);

/** The bus address of a row is unknown. */
#define TOPO_NO_ADDRESS UINT64_MAX

/**
 * Read the bus addresses of memory rows: BARs and bridge windows in the device's config
 * space. A host bridge may show them to the CPU at other addresses. Reads only the first
 * 64 bytes of config space, which every user may read. Ask
 * topology_config_wakes() before.
 *
 * @param rows  from topology_resource_rows()
 * @param n     number of rows
 * @param bus   room for n; TOPO_NO_ADDRESS if config space has no address for a row, or
 *   one that conflicts with the row
 * @return 0; -ENODATA if less than 64 bytes can be read; other errors of reading
 */
int topology_bus_rows(const char *root, const struct topo_addr *addr,
		const struct topo_bar *rows, size_t n, uint64_t *bus);

/**
 * Read one device. Below a bridge that creates its own domain (VMD), root_bus and bridges
 * are those of the inner domain.
 *
 * @return 0; -ENOENT if it does not exist; -ENODATA if sysfs is odd; -EACCES, ...
 */
int topology_read(const char *root, const struct topo_addr *addr,
		struct topo_device *out);

/**
 * Do two readings of an address show the same function in the same place: IDs, BARs, group,
 * nodes, driver, bridges above?
 */
bool topology_same(const struct topo_device *a, const struct topo_device *b);

#define TOPO_OUTER 4	/* maximum number of nested domains */

/** The parent of a PCI domain that a function creates. */
struct topo_outer {
	char via[TOPO_BDF_LEN];		/**< the function that creates the domain */
	char bus[TOPO_BDF_LEN];		/**< "DDDD:BB", the root bus above that function */
};

/**
 * Read the parents of the domain of a device, innermost first: none on most machines, one
 * behind Intel's VMD.
 *
 * @param out  room for TOPO_OUTER
 * @return 0; errors of reading the link of the device
 */
int topology_outer(const char *root, const struct topo_device *dev, struct topo_outer *out,
		size_t *n);

#define TOPO_UNREAD_LEN 40	/**< size for all names */

/** List the unread files, e.g. "numa_node, resource"; "" if there are none. */
void topology_unread_names(const struct topo_device *dev, char *out, size_t size);

/**
 * Get the path of a device's character device. Kernels built without character devices
 * have the folder vfio-dev, but it has no number.
 *
 * @return 0; -ENOENT if it has none; -ENODATA, ... as topology_read().
 */
int topology_cdev_node(const char *root, const struct topo_device *dev, char *out,
		size_t size);

/**
 * Is the driver one of VFIO (vfio-pci or a variant: has a vfio-dev folder or "vfio" in
 * its name)?
 */
bool topology_is_vfio(const struct topo_device *dev);

/**
 * Does a member keep its group from being viable? Bridges without a driver or with the
 * port driver (pcieport) do not. Other devices without a driver, or bound to a VFIO
 * driver or to pci-stub, do not either.
 */
bool topology_blocks_group(const struct topo_device *dev);

/** A process that holds a device node open. */
struct topo_holder {
	int pid;
	char comm[TOPO_NAME_LEN];
};

/** Does this process have @p node open, through any of its libraries? */
bool topology_holds(const char *root, const char *node);

#ifdef __cplusplus
}
#endif

#endif /* TOPOLOGY_H */
