/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * A device that has no PMD, with a driver of the vfio_msi bus in the application.
 *
 *   edu -a vfio_msi:BDF [-a vfio_msi:BDF_OF_A_NIC] [EAL_ARG]...
 *
 * The device is QEMU's "edu". It computes factorials and copies data to and fro; each step
 * ends with its interrupt, and every byte is compared. Its memory lies where it reaches it,
 * below 256 MiB, while EAL's memory lies where a NIC beside it does.
 */

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_eal_iommu.h>
#include <rte_errno.h>

#include "edu.h"

#define COPIES 8
#define LAST_FACTORIAL 13	/* does not fit into 32 bits */

static int
lowest_of_eal(const struct rte_eal_iommu_mapped *m, void *arg)
{
	rte_iova_t *lowest = arg;

	if (m->owner == RTE_EAL_IOMMU_OWNER_EAL && m->iova < *lowest)
		*lowest = m->iova;
	return 0;
}

static int
show_addresses(const struct edu *edu)
{
	rte_iova_t iova, lowest = UINT64_MAX;

	edu_memory(edu, &iova);
	if (rte_eal_iommu_mapping_foreach(lowest_of_eal, &lowest) < 0)
		return complain("no mappings", rte_errno);
	printf("edu: %s drives up to 0x%" PRIx64 ", its memory is at IOVA 0x%" PRIx64
		", EAL's from 0x%" PRIx64 "\n", edu_name(edu), edu_limit(edu), iova, lowest);
	return 0;
}

static int
factorials(struct edu *edu)
{
	uint32_t right = 0, expected = 1, n, result;

	for (n = 1; n <= LAST_FACTORIAL; n++) {
		expected *= n;
		if (edu_factorial(edu, n, &result) < 0)
			return -1;
		right += result == expected;
	}
	printf("edu: %" PRIu32 " of %d factorials right\n", right, LAST_FACTORIAL);
	return right == LAST_FACTORIAL ? 0 : -1;
}

static uint8_t
pattern(uint32_t round, uint32_t i)
{
	return (uint8_t)(round * 131 + i * 7 + (i >> 8));
}

/* Into the device and back, with other bytes in the memory meanwhile. */
static bool
copy_is_right(struct edu *edu, uint32_t round, uint32_t len)
{
	rte_iova_t iova;
	uint8_t *memory = edu_memory(edu, &iova);
	uint32_t i;

	for (i = 0; i < EDU_BUFFER; i++)
		memory[i] = pattern(round, i);
	if (edu_copy_in(edu, len) < 0)
		return false;
	memset(memory, 0xa5, EDU_BUFFER);
	if (edu_copy_out(edu, len) < 0)
		return false;
	for (i = 0; i < EDU_BUFFER; i++)
		if (memory[i] != (i < len ? pattern(round, i) : 0xa5))
			return false;
	return true;
}

static int
copies(struct edu *edu)
{
	uint32_t right = 0, round;

	for (round = 1; round <= COPIES; round++)
		right += copy_is_right(edu, round, EDU_BUFFER * round / COPIES);
	printf("edu: %" PRIu32 " of %d copies right\n", right, COPIES);
	return right == COPIES ? 0 : -1;
}

/* What the kernel has counted; the line is there while the interrupt is enabled. */
static int
show_interrupts(const struct edu *edu)
{
	FILE *f = fopen("/proc/interrupts", "re");
	char line[4096];
	uint64_t count;

	if (f == NULL || edu_interrupts(edu, &count) < 0)
		return complain("interrupts can't be counted", rte_errno);
	printf("edu: %" PRIu64 " interrupts\n", count);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, edu_name(edu)) != NULL)
			fputs(line, stdout);
	fclose(f);
	return 0;
}

static int
run(void)
{
	struct edu *edu = edu_device();
	int ret;

	if (edu == NULL) {
		fprintf(stderr, "edu: no device: -a vfio_msi:BDF\n");
		return -1;
	}
	ret = show_addresses(edu);
	if (ret == 0)
		ret = factorials(edu);
	if (ret == 0)
		ret = copies(edu);
	return show_interrupts(edu) < 0 ? -1 : ret;
}

int
main(int argc, char **argv)
{
	int status = EXIT_FAILURE;

	if (edu_driver_register() < 0)
		return EXIT_FAILURE;
	if (rte_eal_init(argc, argv) < 0) {
		complain("EAL does not start", rte_errno);
		return EXIT_FAILURE;
	}
	if (run() == 0)
		status = EXIT_SUCCESS;
	if (rte_eal_cleanup() < 0)
		status = EXIT_FAILURE;
	return status;
}
