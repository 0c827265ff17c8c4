/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * The machine around a PCI function: which IOMMU there is for it, what the
 * machine loses when its driver is taken away, which functions it depends on.
 *
 * Plain reads, thread safe. Every function takes the root of sysfs.h and
 * describes the machine below it, not the one it runs on. What can't be read
 * is "unknown" or "not seen", never an error: this is for advice.
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

/** Is there an IOMMU for a function? */
enum topo_iommu {
	TOPO_IOMMU_UNSEEN,	/**< the kernel shows none */
	TOPO_IOMMU_UNWIRED,	/**< the device tree connects none to its host bridge */
	TOPO_IOMMU_EARLY,	/**< the machine has one that makes groups at boot */
	TOPO_IOMMU_LATE,	/**< it has one whose groups appear when a driver binds, in
				 *   kernels before 6.15
				 */
};

/** What the advice for a function depends on. */
struct topo_machine {
	enum topo_arch arch;
	enum topo_iommu iommu;
};

/** Describe the machine of a function. */
void topology_machine(const char *root, const struct topo_device *dev,
		struct topo_machine *out);

/** What the machine uses a function for, the worst to lose last. */
enum topo_use_kind {
	TOPO_USE_NONE,		/**< nothing is seen */
	TOPO_USE_DISK,		/**< it has a disk; no use of that is seen */
	TOPO_USE_FUNCTIONS,	/**< it has virtual functions */
	TOPO_USE_UP,		/**< a network interface that is up */
	TOPO_USE_UNSEEN,	/**< a namespace, a permission or a capture hides what it is */
	TOPO_USE_SWAP,		/**< swap space */
	TOPO_USE_MOUNTED,	/**< a file system */
	TOPO_USE_ROUTE,		/**< a network interface with a default route */
	TOPO_USE_ROOT,		/**< the file system at "/" */
};

struct topo_use {
	enum topo_use_kind kind;
	char name[TOPO_NAME_LEN];	/**< of the disk or interface on the function */
	char at[128];			/**< TOPO_USE_MOUNTED: where, maybe cut */
};

/**
 * The worst loss if the function's driver were taken away. Disks below volumes
 * (LVM, RAID, dm-crypt) and interfaces below bridges, bonds and VLANs count. All
 * disks and interfaces are looked for once. Not thread safe for one @p snap.
 *
 * TOPO_USE_NONE is never said of a disk whose mounts on the host are hidden, or of
 * an interface that another network namespace has.
 */
void topology_use(struct topo_snapshot *snap, const struct topo_device *dev,
		struct topo_use *out);

/**
 * Does @p dev exist only as long as @p other keeps its driver? True for what is
 * above it, in a domain of its own (VMD) too, for its physical function, and where
 * neither can be read: then nobody should be told to take the driver away.
 */
bool topology_depends(const char *root, const struct topo_device *dev,
		const struct topo_device *other);

/**
 * First member of an IOMMU group that is no PCI function and is bound to a
 * driver, not one of VFIO.
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
