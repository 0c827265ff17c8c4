/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_errno.h>

#include "memory.h"

/* With this alignment the IOMMU can use large pages, if the memory has them. */
#define MEM_ALIGN ((size_t)2 << 20)
/* Highest IOVA: that of a device with 48 address bits. */
#define MEM_LIMIT ((UINT64_C(1) << 48) - 1)

int
complain(const char *what, int error)
{
	fprintf(stderr, "own_memory: %s: %s\n", what, strerror(error));
	return -1;
}

/* On the thread that adds or removes a device. */
static void
on_event(enum rte_eal_iommu_event event, const struct rte_eal_iommu_mapped *lost,
		void *arg __rte_unused)
{
	if (event == RTE_EAL_IOMMU_SPACE_DOWN)
		puts("own_memory: no device is left");
	else if (event == RTE_EAL_IOMMU_SPACE_UP)
		puts("own_memory: a device is back");
	else
		printf("own_memory: lost IOVA 0x%" PRIx64 "\n", lost->iova);
}

int
memory_watch(void)
{
	return rte_eal_iommu_event_register(on_event, NULL) < 0 ?
		complain("no events", rte_errno) : 0;
}

int
memory_create(struct memory *mem)
{
	mem->addr = MAP_FAILED;
	mem->fd = memfd_create("own_memory", MFD_CLOEXEC);
	if (mem->fd >= 0 && ftruncate(mem->fd, MEM_SIZE) == 0)
		mem->addr = mmap(NULL, MEM_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, mem->fd, 0);
	if (mem->addr != MAP_FAILED)
		return 0;
	complain("no memory", errno);
	if (mem->fd >= 0)
		close(mem->fd);
	return -1;
}

void
memory_free(struct memory *mem)
{
	munmap(mem->addr, MEM_SIZE);
	close(mem->fd);
}

/* The address of a byte in the middle, and back. */
static int
check_addresses(const struct memory *mem)
{
	size_t off = MEM_SIZE / 2 + 1, len = MEM_SIZE;
	rte_iova_t iova;
	void *addr;

	if (rte_eal_iommu_virt2iova(mem->addr + off, &len, &iova) < 0 ||
	    rte_eal_iommu_iova2virt(iova, &len, &addr) < 0)
		return complain("no address", rte_errno);
	if (iova != mem->iova + off || addr != mem->addr + off || len != MEM_SIZE - off)
		return complain("an address is wrong", ERANGE);
	return 0;
}

/* Where it is, as devices see it and as the application does. */
static int
check_mapping(struct memory *mem)
{
	struct rte_eal_iommu_mapped mapped;

	if (rte_eal_iommu_mapping_get(mem->mapping, &mapped) < 0)
		return complain("the memory is not mapped", rte_errno);
	mem->iova = mapped.iova;
	printf("own_memory: VA %p, IOVA 0x%" PRIx64 "-0x%" PRIx64 "\n", mapped.addr,
		mapped.iova, mapped.iova + mapped.len - 1);
	return check_addresses(mem);
}

int
memory_map(struct memory *mem)
{
	const struct rte_eal_iommu_file file = { .fd = mem->fd };
	const struct rte_eal_iommu_map_conf conf = {
		.addr = mem->addr, .len = MEM_SIZE, .align = MEM_ALIGN, .limit = MEM_LIMIT,
		.file = &file,
		/* It is only sent. */
		.flags = RTE_EAL_IOMMU_MAP_READ_ONLY,
	};

	if (rte_eal_iommu_map(&conf, &mem->mapping) < 0)
		return complain("no DMA for the memory", rte_errno);
	if (check_mapping(mem) == 0)
		return 0;
	/* Devices must not reach memory that is freed. */
	if (rte_eal_iommu_unmap(mem->mapping) < 0)
		complain("unmap", rte_errno);
	return -1;
}

int
memory_unmap(struct memory *mem)
{
	size_t len = 1;
	void *addr;

	if (rte_eal_iommu_unmap(mem->mapping) < 0)
		return complain("unmap", rte_errno);
	if (rte_eal_iommu_iova2virt(mem->iova, &len, &addr) == 0 || rte_errno != ENOENT)
		return complain("ENOENT is expected at the IOVA, but it says", rte_errno);
	printf("own_memory: unmapped; at its IOVA: %s\n", rte_strerror(rte_errno));
	return 0;
}

static int
show_mapping(const struct rte_eal_iommu_mapped *m, void *arg __rte_unused)
{
	printf("own_memory: mapping 0x%" PRIx64 "-0x%" PRIx64 " owner %d\n", m->iova,
		m->iova + m->len - 1, m->owner);
	return 0;
}

static int
show_hole(const struct rte_eal_iommu_range *range, void *arg __rte_unused)
{
	if (range->kind == RTE_EAL_IOMMU_RANGE_HOLE)
		printf("own_memory: hole 0x%" PRIx64 "-0x%" PRIx64 " %s, %s\n", range->first,
			range->last, range->what, range->hard ? "hard" : "soft");
	return 0;
}

int
memory_show(void)
{
	if (rte_eal_iommu_mapping_foreach(show_mapping, NULL) < 0 ||
	    rte_eal_iommu_layout_foreach(show_hole, NULL) < 0 ||
	    rte_eal_iommu_layout_dump(stdout) < 0)
		return complain("layout", rte_errno);
	return 0;
}
