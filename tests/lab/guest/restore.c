/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-restore EAL_ARG... -- vfio_msi:BDF: map memory, remove the only device, let EAL's
 * memory grow, probe the device again, and print a JSON line for each step: the IOVA of the
 * memory, or the error.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_malloc.h>

#include "eal/rte_eal_iommu.h"

#define SIZE ((size_t)2 << 20)
#define GROWTH ((size_t)32 << 20)

static struct rte_eal_iommu_mapping *mapping;

static void
print(const char *step)
{
	struct rte_eal_iommu_mapped mapped;
	int error = rte_eal_iommu_mapping_get(mapping, &mapped) < 0 ? rte_errno : 0;

	printf("{\"step\": \"%s\", \"iova\": %" PRIu64 ", \"error\": %d}\n", step, mapped.iova, error);
}

static void
on_event(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost __rte_unused,
		void *arg __rte_unused)
{
	print(event == RTE_EAL_IOMMU_SPACE_UP ? "up" :
		event == RTE_EAL_IOMMU_SPACE_DOWN ? "down" : "lost");
}

static int
run(const char *name)
{
	struct rte_eal_iommu_map_conf conf = { .len = SIZE };
	struct rte_device *dev, *found = NULL;
	struct rte_dev_iterator it;

	conf.addr = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (conf.addr == MAP_FAILED || rte_eal_iommu_map(&conf, &mapping) < 0 ||
	    rte_eal_iommu_event_register(on_event, NULL) < 0)
		return -1;
	print("mapped");
	RTE_DEV_FOREACH(dev, "bus=vfio_msi", &it)
		found = dev;
	if (found == NULL || rte_dev_remove(found) < 0)
		return -1;
	print("removed");
	/* The new pages may not get the IOVA of the mapping. */
	if (rte_malloc(NULL, GROWTH, 0) == NULL)
		return -1;
	if (rte_dev_probe(name) < 0)
		return -1;
	print("probed");
	return rte_eal_iommu_event_unregister(on_event, NULL) < 0 ? -1 :
		rte_eal_iommu_unmap(mapping);
}

int
main(int argc, char *argv[])
{
	int ret, used = rte_eal_init(argc, argv);

	if (used < 0 || argc - used != 2)
		return EXIT_FAILURE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	ret = run(argv[used + 1]);
	return rte_eal_cleanup() < 0 || ret < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
