/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-dma EAL_ARG...: map memory of the application for two ports, as
 * applications with external memory do, by rte_dev_dma_map() and by a heap.
 *
 * vfio-msi-dma --proc-type=secondary EAL_ARG... -- FILE VA IOVA: a process that it starts; has
 * the heap's memory this IOVA there?
 *
 * Print a line for each step: its name, 0 or the rte_errno, and how many KiB are pinned
 * in addition to the hugepages. The messages of the bus are between these lines.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
#define HEAP "application"
#define NOWHERE (UINT64_C(1) << 63)

/* Where the kernel maps no memory for devices, and a window of the host bridge. */
#ifdef __x86_64__
#define MSI 0xfee00000
#define WINDOW 0xd0000000
#else
#define MSI 0x8000000
#define WINDOW 0x20000000
#endif

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
	map("window", 0, mem, MSI, SIZE);
	map("bridge", 0, mem, WINDOW, SIZE);
	step("unmap-bridge", rte_dev_dma_unmap(devices[0], mem, WINDOW, SIZE));
	map("again", 0, mem, iova, SIZE);
	map("elsewhere", 0, mem + PAGE, iova, PAGE);
	unmap("unmap-part", 0, mem, PAGE);
}

/* Add memory to the heap. Its pages have consecutive IOVAs. */
static void
heap_add(const char *name, char *mem, uint64_t iova)
{
	rte_iova_t iovas[PAGES];
	int i;

	for (i = 0; i < PAGES; i++)
		iovas[i] = iova + i * PAGE;
	step(name, rte_malloc_heap_memory_add(HEAP, mem, SIZE, iovas, PAGES, PAGE));
}

/* Is the IOVA of the heap's memory as it was passed (0), another one (1), or none (2)? */
static void
heap_iova(const char *name, const char *mem, uint64_t passed)
{
	const char *p = rte_malloc_socket(NULL, PAGE / 4, 0, rte_malloc_heap_get_socket(HEAP));
	uint64_t iova = rte_malloc_virt2iova(p);

	step(name, p == NULL ? 3 : iova - passed == (uint64_t)(p - mem) ? 0 :
			iova < NOWHERE ? 1 : 2);
	rte_free((void *)(uintptr_t)p);
}

/* Does another process find this IOVA? */
static void
heap_elsewhere(const char *name, const char *mem, int fd)
{
	char command[256];

	snprintf(command, sizeof(command), "vfio-msi-dma --proc-type=secondary --no-pci -l 0 -n 1 -- /proc/%d/fd/%d %p 0x%" PRIx64,
		(int)getpid(), fd, mem, rte_mem_virt2memseg(mem, NULL)->iova);
	step(name, system(command));
}

/* In the other process. @return the exit status: 0 if it finds this IOVA */
static int
attach(const char *path, const char *va, const char *iova)
{
	void *addr = (void *)(uintptr_t)strtoull(va, NULL, 0);
	int fd = open(path, O_RDWR);
	bool found;

	if (mmap(addr, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0) != addr ||
	    rte_malloc_heap_memory_attach(HEAP, addr, SIZE) < 0)
		return 2;
	found = rte_mem_virt2memseg(addr, NULL)->iova == strtoull(iova, NULL, 0);
	return rte_malloc_heap_memory_detach(HEAP, addr, SIZE) < 0 ? 3 : !found;
}

static void
heap_remove(const char *name, char *mem)
{
	step(name, rte_malloc_heap_memory_remove(HEAP, mem, SIZE));
}

/* The bus itself maps a heap of external memory. */
static void
heap(char *mem, int fd, uint64_t mapped)
{
	uint64_t va = (uintptr_t)mem;

	step("heap-create", rte_malloc_heap_create(HEAP));
	heap_add("heap-add", mem, va);
	heap_iova("heap-iova", mem, va);
	heap_elsewhere("heap-elsewhere", mem, fd);
	map("heap-map", 0, mem, va, SIZE);
	unmap("heap-unmap", 0, mem, SIZE);
	heap_remove("heap-remove", mem);
	/* IOVAs that the application chooses: in a hole, in use, in a window. */
	heap_add("hole-add", mem, MSI);
	heap_iova("hole-iova", mem, MSI);
	heap_remove("hole-remove", mem);
	heap_add("over-add", mem, mapped);
	heap_remove("over-remove", mem);
	heap_add("bridge-add", mem, WINDOW);
	heap_iova("bridge-iova", mem, WINDOW);
	heap_remove("bridge-remove", mem);
}

/*
 * Remove both devices, add memory, and add a device. The application remains the owner of
 * its mapping, and the memory of the heap keeps its IOVAs.
 */
static void
hotplug(char *mem, char *heap_mem)
{
	char name[RTE_DEV_NAME_MAX_LEN];
	struct rte_eth_dev_info info;
	const char *bus = rte_bus_name(rte_dev_bus(devices[0]));

	snprintf(name, sizeof(name), "%s", rte_dev_name(devices[0]));
	step("remove-first", rte_dev_remove(devices[0]));
	step("remove-second", rte_dev_remove(devices[1]));
	heap_add("absent-add", heap_mem, (uintptr_t)heap_mem);
	heap_iova("absent-iova", heap_mem, (uintptr_t)heap_mem);
	step("probe", rte_eal_hotplug_add(bus, name, ""));
	if (rte_eth_dev_info_get((uint16_t)rte_eth_find_next(0), &info) == 0)
		devices[0] = info.device;
	heap_iova("present-iova", heap_mem, (uintptr_t)heap_mem);
	heap_remove("absent-remove", heap_mem);
	unmap("unmap-last", 0, mem, SIZE);
	step("unregister", rte_extmem_unregister(mem, SIZE));
}

/* The memory for the heap is in a file, for another process. */
static int
share(char *mem)
{
	int fd = memfd_create("heap", 0);

	if (fd < 0 || ftruncate(fd, SIZE) < 0 ||
	    mmap(mem, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != mem)
		return -1;
	return fd;
}

int
main(int argc, char *argv[])
{
	struct rte_eth_dev_info info;
	char *mem;
	int i, fd;

	i = rte_eal_init(argc, argv);
	if (i < 0)
		return 1;
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		return argc - i < 4 ? 4 : attach(argv[i + 1], argv[i + 2], argv[i + 3]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* Where the other process has no library, and above 39 bits. */
	mem = mmap((void *)(uintptr_t)UINT64_C(0x7d0000000000), 2 * SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	fd = mem == MAP_FAILED ? -1 : share(mem + SIZE);
	for (i = 0; i < 2; i++) {
		if (fd < 0 || rte_eth_dev_info_get((uint16_t)i, &info) < 0)
			return 1;
		devices[i] = info.device;
	}
	memset(mem, 0, 2 * SIZE);
	registered(mem);
	heap(mem + SIZE, fd, (uintptr_t)mem);
	hotplug(mem, mem + SIZE);
	return rte_eal_cleanup() < 0 ? 1 : 0;
}
