/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * One measurement of "dpdk-test-msi map" and "bench map", in a process of its own: a process
 * can start EAL only once, and its end unmaps everything.
 */

#ifndef MAP_SIDE_H
#define MAP_SIDE_H

#include <stdbool.h>

#include "ioas/ioas.h"
#include "map_meter.h"
#include "test_msi.h"

#define MAP_NAME_LEN 96

struct map_options {
	unsigned int megabytes;
	bool bench;
	struct tool_given *given;
	struct tool_eal eal;
};

/** Who maps. */
enum side_by {
	SIDE_STOCK,	/**< an EAL, with the device on its pci bus */
	SIDE_ONE_CALL,	/**< a single call without an EAL */
	SIDE_OURS,	/**< an EAL, with the device on this bus */
};

/** One way to map the memory. */
struct side {
	const struct map_options *opt;
	enum side_by by;
	enum ioas_backend backend;	/**< IOAS_BACKEND_AUTO: the pci bus chooses */
	bool one_file;		/**< all memory is in one file; not with SIDE_STOCK */
	const char *folder;	/**< mount of hugetlbfs to use; may be NULL without one_file */
	uint64_t page;		/**< page size of SIDE_ONE_CALL, bytes; 0: the default */
	int64_t tables;		/**< map_meter_tables() before anything is mapped */
};

/** Exit status of a side's process. */
enum {
	SIDE_GOOD = 0,
	SIDE_FAULT = 1,
	SIDE_ABSENT = 2,	/**< this backend can't use the device */
};

/** Measure. @return SIDE_*, after printing the fault or why the backend is absent. */
int map_side_run(struct side *side, struct map_meter *meter);

/**
 * Survey the device of @p opt with one backend, in this process, and release it.
 *
 * @param plan  all zero; free it in any case
 * @return SIDE_*, after printing the fault or why the backend is absent.
 */
int map_side_survey(const struct map_options *opt, enum ioas_backend backend,
		struct tool_plan *plan);

/** Has the device an IOMMU? @return false after printing that there is nothing to measure */
bool map_side_translates(const struct map_options *opt);

/** Does an iommufd provide the container's node? Opens the node briefly. */
bool map_side_over_iommufd(void);

/** Who maps, without the backend. */
const char *map_side_by(const struct side *side);

/** Who maps, for a row of a table. */
void map_side_name(const struct side *side, char *out, size_t size);

/* map_rows.c */

/** The heads of columns of map_row_print(). */
void map_row_heads(void);

/** Print a measurement. @param who  map_side_name() */
void map_row_print(const char *who, const struct map_meter *m);

/**
 * Print how long it took the pci bus to open the device, where an iommufd provides the
 * container's node: the pci bus maps before, so that the kernel pins then.
 */
void map_row_print_open(const struct map_meter *m);

/** A measurement; NULL without memory. @param status  SIDE_* */
json_t *map_row_json(const struct side *side, int status, const struct map_meter *m);

/** The time of @p ns for @p m, in ms for each GiB that was mapped. */
double map_row_ms_per_gib(const struct map_meter *m, uint64_t ns);

#endif /* MAP_SIDE_H */
