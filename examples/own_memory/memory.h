/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Memory of the application's own that devices reach. Functions return 0, or -1 with the
 * reason written to stderr.
 */

#ifndef MEMORY_H
#define MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <rte_eal_iommu.h>

#define MEM_SIZE ((size_t)4 << 20)

struct memory {
	uint8_t *addr;
	int fd;
	rte_iova_t iova;
	struct rte_eal_iommu_mapping *mapping;
};

int complain(const char *what, int error);

/** Tell when the address space is lost and restored. */
int memory_watch(void);

/** Memory that other processes could share, at a VA that is not EAL's. */
int memory_create(struct memory *mem);
void memory_free(struct memory *mem);

int memory_map(struct memory *mem);

/** No device may use the memory any more: the ports are stopped. */
int memory_unmap(struct memory *mem);

/** What is mapped, and the layout. */
int memory_show(void);

#endif /* MEMORY_H */
