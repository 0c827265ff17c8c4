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

/** The device of a fault. All it points to is of the finder. */
struct explain_device {
	char bdf[TOPO_BDF_LEN];		/**< "" if the line names none; of several candidates the first */
	char id[TOPO_BDF_LEN];		/**< the address in the line, if it is not that of the first one; or "" */
	char driver[TOPO_NAME_LEN];	/**< of the first */
	bool vfio;			/**< this driver is one of VFIO */
	bool exists;
	bool assumed;			/**< it may have been another one: the line has only an ID, or of several candidates */
	bool any_domain;		/**< the line has no PCI domain */
	const struct topo_device **candidate;	/**< functions of which it can be; valid until the next one is found */
	size_t n;			/**< number of them; 0: none is here, or the line names none */
	bool all_vfio;			/**< the line names none, and the holes are those of all devices with a VFIO driver */
	bool holes_known;
	struct hole_list holes;		/**< valid until the next one is found, and at most until the finder's end */
	unsigned int iommu_bits;	/**< the highest of the candidates; 0 unknown */
};

/* explain_find.c */

/** Finds the devices of faults, and reads each device once, as many faults can be of one device. */
struct explain_finder {
	struct plan_scan scan;
	const struct plan_answers *answers;
	uint64_t page;
	struct explain_known {
		struct topo_addr addr;
		struct hole_list holes;
		unsigned int iommu_bits;
	} *known;
	size_t n_known;
	const struct topo_device **candidate;	/* of the last fault */
	size_t n;
	struct hole_list holes;			/* of them */
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
 * Find the device and its holes. There are several candidates if the line has no PCI domain, or if
 * the IOMMU can't distinguish them. An address of the user without a device gets the holes of all
 * devices with a VFIO driver, any other fault without a device those of every device.
 *
 * @return 0, also if there is no such device; -ENOMEM; errors of topology_snapshot_all()
 */
int explain_device_find(struct explain_finder *finder, const struct explain_fault *fault,
		struct explain_device *out);

/** Take what is known about a device, which must outlive @p facts. The members about processes remain. */
void explain_device_facts(const struct explain_device *dev, struct explain_facts *facts);

/**
 * Does the kernel of this machine log nothing when it blocks a device that a program has by VFIO?
 * That of POWER leaves it to the program to find out that its device is frozen.
 */
bool explain_unlogged(const char *root);

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
	bool foreign;			/**< of another user, who may make it say anything */
	unsigned int uid;		/**< of this user */
};

struct explain_processes {
	struct explain_process *v;
	size_t n;
	bool cut;			/**< of other users some were not asked: the time ended, or they are too many */
};

/** The asking of processes. */
struct explain_asking {
	struct explain_processes *out;
	/** Ask the process behind a socket. @return 0, also if it does not answer; -ENOMEM */
	int (*ask)(const char *path, struct explain_asking *asking);
	bool others;			/**< of other users: the kernel says which process it is */
	unsigned int n_folder;		/**< processes in this folder of another user that were asked */
	double until;			/**< they get no more questions from then on, in seconds of CLOCK_MONOTONIC */
};

#define EXPLAIN_SOCKET "dpdk_telemetry.v2"	/**< so the names of sockets begin; behind it ":N", from 1 on */

/* explain_others.c */

/** Ask the processes of other users, for root. @return 0, -ENOMEM */
int explain_others_ask(struct explain_asking *asking);

/* explain_maps.c */

/**
 * Ask all processes whose telemetry this user can reach. Those of other users may lie.
 *
 * @return 0, also if there is none; -ENOMEM.
 */
int explain_processes_ask(struct explain_processes *out);

void explain_processes_free(struct explain_processes *processes);

/* explain_owners.c */

/**
 * All mappings, for one device. A process has it if it has one of the candidates. What a foreign process
 * says is left out if it says to have a device that one of this user or of the system has.
 *
 * @param maps  the caller frees it
 * @return 0, -ENOMEM.
 */
int explain_maps_for(const struct explain_processes *processes, const struct explain_device *dev,
		struct explain_map **maps, size_t *n);

/**
 * All that was unmapped lately, for one device, or for all if the fault names none.
 *
 * @param freed  the caller frees it
 * @param all    gets whether each process that has the device says it, and has forgotten nothing
 * @return 0, -ENOMEM.
 */
int explain_freed_for(const struct explain_processes *processes, const struct explain_device *dev,
		struct explain_freed **freed, size_t *n, bool *all);

/**
 * How many processes have a device, or one of the candidates.
 *
 * @param foreign  gets the first of them if all are foreign, else NULL
 */
unsigned int explain_owners(const struct explain_processes *processes, const struct explain_device *dev,
		const struct explain_process **foreign);

#endif /* EXPLAIN_FIND_H */
