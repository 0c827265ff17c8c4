/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-dma EAL_ARG...: map memory of the application for two ports, as
 * applications with external memory do, by rte_dev_dma_map().
 *
 * Print a line for each step: its name, 0 or the rte_errno, and how many KiB are pinned
 * in addition to the hugepages. The messages of the bus are between these lines.
 */

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_bus.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_malloc.h>
#include <rte_memory.h>

#define PAGE 4096
#define PAGES 3
#define SIZE (PAGES * PAGE)
#define HUGE_PAGES 512		/* small pages per hugepage */
#define SW_MSI 0x8000000
#define HEAP "application"

static struct rte_device *devices[2];

/* The number of pinned pages, except those of whole hugepages. */
static unsigned int
odd_pages(void)
{
	char line[128];
	long n = 0, value;
	FILE *f = fopen("/proc/sys/vm/stat_refresh", "r");

	/* Reading this file adds up the counters of all processors. */
	if (f == NULL)
		return UINT_MAX;
	(void)fgetc(f);
	fclose(f);
	f = fopen("/proc/vmstat", "r");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (sscanf(line, "nr_foll_pin_acquired %ld", &value) == 1)
			n += value;
		else if (sscanf(line, "nr_foll_pin_released %ld", &value) == 1)
			n -= value;
	}
	if (f != NULL)
		fclose(f);
	return (unsigned int)(n % HUGE_PAGES);
}

static void
step(const char *name, int ret)
{
	printf("%s %d %u\n", name, ret < 0 ? rte_errno : ret, odd_pages() * PAGE / 1024);
}

static void
map(const char *name, int device, char *addr, uint64_t iova, size_t len)
{
	step(name, rte_dev_dma_map(devices[device], addr, iova, len));
}

static void
unmap(const char *name, int device, char *addr, size_t len)
{
	step(name, rte_dev_dma_unmap(devices[device], addr, (uintptr_t)addr, len));
}

/* Map and unmap registered memory for each port, partly with invalid arguments. */
static void
registered(char *mem)
{
	uint64_t iova = (uintptr_t)mem;

	step("register", rte_extmem_register(mem, SIZE, NULL, 0, PAGE));
	map("first", 0, mem, iova, SIZE);
	map("second", 1, mem, iova, SIZE);
	unmap("unmap-first", 0, mem, SIZE);
	unmap("unmap-second", 1, mem, SIZE);
	unmap("unmap-third", 0, mem, SIZE);
	map("page", 0, mem, 0, PAGE);
	map("pages", 0, mem + PAGE, 0, SIZE - PAGE);
	unmap("unmap-all", 0, mem, SIZE);
	map("window", 0, mem, SW_MSI, SIZE);
	map("again", 0, mem, iova, SIZE);
	map("elsewhere", 0, mem + PAGE, iova, PAGE);
	unmap("unmap-part", 0, mem, PAGE);
}

/* The bus itself maps a heap of external memory. */
static void
heap(char *mem)
{
	rte_iova_t iovas[PAGES];
	int i;

	for (i = 0; i < PAGES; i++)
		iovas[i] = (uintptr_t)mem + i * PAGE;
	step("heap-create", rte_malloc_heap_create(HEAP));
	step("heap-add", rte_malloc_heap_memory_add(HEAP, mem, SIZE, iovas, PAGES, PAGE));
	map("heap-map", 0, mem, (uintptr_t)mem, SIZE);
	unmap("heap-unmap", 0, mem, SIZE);
	step("heap-remove", rte_malloc_heap_memory_remove(HEAP, mem, SIZE));
}

/* Remove both devices and add one. The application remains the owner of the memory. */
static void
hotplug(char *mem)
{
	char name[RTE_DEV_NAME_MAX_LEN];
	struct rte_eth_dev_info info;
	const char *bus = rte_bus_name(rte_dev_bus(devices[0]));

	snprintf(name, sizeof(name), "%s", rte_dev_name(devices[0]));
	step("remove-first", rte_dev_remove(devices[0]));
	step("remove-second", rte_dev_remove(devices[1]));
	step("probe", rte_eal_hotplug_add(bus, name, ""));
	if (rte_eth_dev_info_get((uint16_t)rte_eth_find_next(0), &info) == 0)
		devices[0] = info.device;
	unmap("unmap-last", 0, mem, SIZE);
	step("unregister", rte_extmem_unregister(mem, SIZE));
}

int
main(int argc, char *argv[])
{
	struct rte_eth_dev_info info;
	char *mem;
	int i;

	if (rte_eal_init(argc, argv) < 0)
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	mem = mmap(NULL, 2 * SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (i = 0; i < 2; i++) {
		if (mem == MAP_FAILED || rte_eth_dev_info_get((uint16_t)i, &info) < 0)
			return 1;
		devices[i] = info.device;
	}
	memset(mem, 0, 2 * SIZE);
	registered(mem);
	heap(mem + SIZE);
	hotplug(mem);
	return rte_eal_cleanup() < 0 ? 1 : 0;
}
