/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-names EAL_ARG...: an application that exports a function with the same name for
 * each function of the engine. Each of these functions ends the program.
 */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_eal.h>

#include "eal/rte_eal_iommu.h"

#define SIZE ((size_t)1 << 20)

int
main(int argc, char *argv[])
{
	rte_iova_t iova;
	void *mem;

	if (rte_eal_init(argc, argv) < 0)
		return EXIT_FAILURE;
	mem = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED || rte_eal_iommu_dma_map(mem, SIZE, 0, &iova) < 0)
		puts("not mapped");
	else if (rte_eal_iommu_layout_dump(stdout) == 0 && rte_eal_iommu_dma_unmap(iova, SIZE) == 0)
		puts("mapped and unmapped");
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
