/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * What explain knows about a device and about processes. Not thread safe.
 */

#ifndef EXPLAIN_FIND_H
#define EXPLAIN_FIND_H

#include "explain.h"
#include "plan/plan.h"

/** The device of a fault. */
struct explain_device {
	char bdf[TOPO_BDF_LEN];		/**< "" if the line names none */
	char driver[TOPO_NAME_LEN];
	bool vfio;			/**< the driver is one of VFIO */
	bool exists;
	bool assumed;			/**< by an ID of the IOMMU, or of several domains */
	bool several;			/**< PCI domains have it; this is the lowest of them */
	struct hole_list holes;		/**< of the finder, valid until its end */
	unsigned int iommu_bits;	/**< 0 unknown */
};

/* explain_find.c */

/** Finds the devices of faults, and reads each device once, as many faults can be of one device. */
struct explain_finder {
	struct plan_scan scan;
	const struct plan_answers *answers;
	uint64_t page;
	struct explain_known {
		struct topo_addr addr;
		struct explain_device device;	/* without assumed and several, which depend on the fault */
	} *known;
	size_t n_known;
};

/**
 * Begin.
 *
 * @param root     as in sysfs.h; must outlive the finder, as @p answers must
 * @param answers  of a capture, or NULL
 * @param page     page size of the machine in bytes
 */
void explain_finder_begin(struct explain_finder *finder, const char *root, const struct plan_answers *answers,
		uint64_t page);

void explain_finder_end(struct explain_finder *finder);

/**
 * Find the device and its holes.
 *
 * @return 0, also if there is no such device; -ENOMEM; errors of topology_snapshot_all()
 */
int explain_device_find(struct explain_finder *finder, const struct explain_fault *fault,
		struct explain_device *out);

/** Take what is known about a device, which must outlive @p facts. The members about processes remain. */
void explain_device_facts(const struct explain_device *dev, struct explain_facts *facts);

/* explain_maps.c */

/** A process of DPDK that answers telemetry of this bus. */
struct explain_process {
	int pid;
	char (*bdf)[TOPO_BDF_LEN];	/**< its devices */
	size_t n;
	struct explain_map *map;
	size_t n_maps;
	struct explain_freed *freed;
	size_t n_freed;
	bool says_freed;		/**< a bus that does not is older */
};

struct explain_processes {
	struct explain_process *v;
	size_t n;
};

/**
 * Ask all processes whose telemetry this user can reach.
 *
 * @return 0, also if there is none; -ENOMEM.
 */
int explain_processes_ask(struct explain_processes *out);

void explain_processes_free(struct explain_processes *processes);

/* explain_owners.c */

/**
 * All mappings, for one device.
 *
 * @param maps  the caller frees it
 * @return 0, -ENOMEM.
 */
int explain_maps_for(const struct explain_processes *processes, const char *bdf,
		struct explain_map **maps, size_t *n);

/**
 * All that was unmapped lately, for one device, or for all: @p bdf is "".
 *
 * @param freed  the caller frees it
 * @param all    gets whether each process that has the device says it, and has forgotten nothing
 * @return 0, -ENOMEM.
 */
int explain_freed_for(const struct explain_processes *processes, const char *bdf,
		struct explain_freed **freed, size_t *n, bool *all);

/**
 * How many processes have a device. 0 if it is not certain that it is the device of the fault:
 * then what they have not mapped says nothing.
 */
unsigned int explain_owners(const struct explain_processes *processes, const struct explain_device *dev);

#endif /* EXPLAIN_FIND_H */
