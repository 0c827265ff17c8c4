/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The machine around a PCI function: its IOMMU, what the machine loses without the
 * function's driver, and which functions it depends on.
 *
 * Reads files only. Thread safe. Every function takes the root of sysfs.h and describes
 * the machine below it, not the running one. Unreadable data is "unknown" or "not seen",
 * never an error, as the results are for advice only.
 */

#ifndef TOPOLOGY_MACHINE_H
#define TOPOLOGY_MACHINE_H

#include "topology/topology_snapshot.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Processor of a machine. */
enum topo_arch {
	TOPO_ARCH_UNKNOWN,
	TOPO_ARCH_X86,
	TOPO_ARCH_ARM,
	TOPO_ARCH_POWER,
};

/** The IOMMU of a function. */
enum topo_iommu {
	TOPO_IOMMU_UNSEEN,	/**< the kernel shows none */
	TOPO_IOMMU_UNWIRED,	/**< the device tree connects none to its host bridge */
	TOPO_IOMMU_EARLY,	/**< the machine has one, and its groups exist since boot */
	TOPO_IOMMU_LATE,	/**< the machine has one, and kernels before 6.15
				 *   create its groups when a driver binds */
};

/** Why a kernel for x86 shows no IOMMU. */
enum topo_off_why {
	TOPO_OFF_UNKNOWN,	/**< it shows one, or a container or a capture hides why */
	TOPO_OFF_WORD,		/**< its command line switches it off */
	TOPO_OFF_UNASKED,	/**< firmware offers Intel's, which needs intel_iommu=on */
	TOPO_OFF_FAILED,	/**< firmware offers one, but the kernel does not use it */
	TOPO_OFF_GUEST,		/**< the host of this guest gives it none */
	TOPO_OFF_FIRMWARE,	/**< the firmware of this machine offers none */
};

struct topo_off {
	enum topo_off_why why;
	char word[16];		/**< TOPO_OFF_WORD: the word */
	char table[8];		/**< TOPO_OFF_UNASKED, TOPO_OFF_FAILED: "DMAR" or "IVRS" */
	bool intel;		/**< its processor or its table is Intel's */
};

/** Input for advice about a function. */
struct topo_machine {
	enum topo_arch arch;
	enum topo_iommu iommu;
	struct topo_off off;	/**< of x86, if iommu is TOPO_IOMMU_UNSEEN */
};

/** Describe the machine of a function. */
void topology_machine(const char *root, const struct topo_device *dev,
		struct topo_machine *out);

/** @return version of the kernel, e.g. 6012 for 6.12; 0 if it is unknown */
unsigned int topology_kernel_version(const char *root);

/**
 * Uses of a function by the machine, ordered by the harm of losing it. Data is worse than
 * any interface, so an interface never hides that a disk must stay.
 */
enum topo_use_kind {
	TOPO_USE_NONE,		/**< no use is seen */
	TOPO_USE_DISK,		/**< it has an empty disk, without visible use */
	TOPO_USE_FUNCTIONS,	/**< it has virtual functions */
	TOPO_USE_UP,		/**< a network interface that is up */
	TOPO_USE_UNSEEN,	/**< a namespace, a permission or a capture hides its use */
	TOPO_USE_NET,		/**< a network interface with an address, a route, or an
				 *   interface on top that is up */
	TOPO_USE_ROUTE,		/**< a network interface with a default route */
	TOPO_USE_DATA,		/**< it has a disk with data, which may be in use */
	TOPO_USE_SWAP,		/**< swap space; the disk may have other data too */
	TOPO_USE_MOUNTED,	/**< a file system; the disk may have other data too */
	TOPO_USE_ROOT,		/**< the file system at "/" */
};

struct topo_use {
	enum topo_use_kind kind;
	char name[TOPO_NAME_LEN];	/**< name of the disk or interface on the function */
	char at[128];			/**< TOPO_USE_MOUNTED: mount point, may be truncated;
					 *   TOPO_USE_DATA, TOPO_USE_NET: what shows the use */
};

/**
 * Find the most harmful loss if the function's driver were unbound. Disks below volumes
 * (LVM, RAID, dm-crypt, btrfs) and interfaces below bridges, bonds and VLANs count. Lists
 * all disks and interfaces once per snapshot. Not thread safe for one @p snap.
 *
 * The result is never TOPO_USE_NONE for a disk if the host's mounts are hidden, nor for
 * an interface in another network namespace. It is TOPO_USE_DISK only for a disk without
 * partitions, holders and data that udev knows, on a machine without ZFS, which does not
 * show its disks in sysfs.
 */
void topology_use(struct topo_snapshot *snap, const struct topo_device *dev,
		struct topo_use *out);

/**
 * Does @p dev exist only as long as @p other keeps its driver? True if @p other is above
 * it (also above its own domain, VMD) or is its physical function. Also true if this
 * can't be read, so that nobody is advised to unbind the driver.
 */
bool topology_depends(const char *root, const struct topo_device *dev,
		const struct topo_device *other);

/**
 * Find a member of an IOMMU group that is not a PCI function and is bound to a driver
 * other than VFIO's.
 *
 * @param name    room for TOPO_NAME_LEN
 * @param driver  room for TOPO_NAME_LEN
 * @return whether there is one
 */
bool topology_foreign_member(const char *root, int group, char *name, char *driver);

#ifdef __cplusplus
}
#endif

#endif /* TOPOLOGY_MACHINE_H */
