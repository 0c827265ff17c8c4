/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * vfio-msi-mapping PORT BDF MEGABYTES ROUNDS WAY...: map hugepages for a device and unmap them,
 * again and again, in each way, so that the lab can sample where the kernel spends the time.
 *
 * A way is a backend, "type1" or "iommufd", and words that change it:
 *  v1         version 1 of type1, which the pci bus of DPDK uses
 *  file       by the file of the memory, else by its address
 *  call=N     MiB for each call, else one call maps everything
 *  threads=N  that many threads share the calls
 *  detach     no unmap: the device is detached, and the address space destroyed
 *
 * PORT is the node of the port to QEMU's monitor. "sample CPU WAY PHASE" is sent to it before
 * each phase, "sample" after it, see devtools/labkit/monitor.py. The first rounds are not
 * sampled. Prints, for each way, the lowest time of each phase in them, as facts.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "topology/topology.h"
#include "uapi/vfio_uapi.h"

#define IOVA (UINT64_C(64) << 30)	/* above windows and reserved regions of the lab's machines */
#define TIMED 5				/* rounds that are not sampled */
#define THREADS_MAX 8
#define CPU 1				/* of a single thread */

struct way {
	const char *name;
	bool iommufd, v1, file, detach;
	uint64_t call;
	unsigned long threads;
};

static struct {
	int port;
	char *memory;
	int file;
	uint64_t size;
} run;

/* Of a way: descriptors; the address space of iommufd. */
static struct {
	int node;	/* container or iommufd */
	int owner;	/* group or device */
	uint32_t ioas;
} space;

static void
check(const char *what, int ret)
{
	if (ret >= 0)
		return;
	fprintf(stderr, "mapping: %s: %s\n", what, strerror(-ret));
	exit(1);
}

static uint64_t
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * UINT64_C(1000000) + (uint64_t)t.tv_nsec / 1000;
}

/* Wait until the lab has the line: it samples from then on, or no longer. */
static void
mark(const struct way *way, const char *phase)
{
	char line[128], answer[16] = "";
	ssize_t n;

	if (phase != NULL)
		snprintf(line, sizeof(line), "sample %d %s %s\n", CPU, way->name, phase);
	else
		snprintf(line, sizeof(line), "sample\n");
	if (write(run.port, line, strlen(line)) < 0)
		check("port", -errno);
	n = read(run.port, answer, sizeof(answer) - 1);
	if (n <= 0 || strncmp(answer, "ok", 2) != 0)
		check("answer of the lab", -EPROTO);
}

static void
run_on(unsigned long cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	pthread_setaffinity_np(pthread_self(), sizeof(set), &set);
}

static void
space_attach(const struct way *way)
{
	if (way->iommufd) {
		check("new address space", vfio_uapi_ioas_alloc(space.node, &space.ioas));
		check("attach", vfio_uapi_device_attach(space.owner, space.ioas));
		return;
	}
	check("set container", vfio_uapi_group_set_container(space.owner, space.node));
	check("set IOMMU", vfio_uapi_set_iommu(space.node,
		way->v1 ? VFIO_TYPE1_IOMMU : VFIO_TYPE1v2_IOMMU));
}

static void
space_detach(const struct way *way)
{
	if (way->iommufd) {
		check("detach", vfio_uapi_device_detach(space.owner));
		check("destroy", vfio_uapi_ioas_destroy(space.node, space.ioas));
	} else {
		check("unset container", vfio_uapi_group_unset_container(space.owner));
	}
}

static void
space_open(const struct way *way, const struct topo_device *dev)
{
	char path[64];

	if (way->iommufd)
		check("node", topology_cdev_node("", dev, path, sizeof(path)));
	else
		vfio_uapi_group_node(dev->group, dev->group_noiommu, path);
	space.node = vfio_uapi_open(way->iommufd ? "/dev/iommu" : "/dev/vfio/vfio");
	check("address space", space.node);
	space.owner = vfio_uapi_open(path);
	check(path, space.owner);
	if (way->iommufd)
		check("bind", vfio_uapi_device_bind(space.owner, space.node, NULL));
	space_attach(way);
}

static void
space_close(const struct way *way)
{
	space_detach(way);
	vfio_uapi_close(space.owner);
	vfio_uapi_close(space.node);
}

static void
map_call(const struct way *way, uint64_t at)
{
	uint64_t va = (uintptr_t)run.memory + at;
	int ret;

	if (!way->iommufd)
		ret = vfio_uapi_map_dma(space.node, va, IOVA + at, way->call, false);
	else if (way->file)
		ret = vfio_uapi_ioas_map_file(space.node, space.ioas, run.file, at, IOVA + at,
				way->call, false);
	else
		ret = vfio_uapi_ioas_map(space.node, space.ioas, va, IOVA + at, way->call, false);
	check("map", ret);
}

static void
unmap_call(const struct way *way, uint64_t at)
{
	uint64_t done;

	if (way->iommufd)
		check("unmap", vfio_uapi_ioas_unmap(space.node, space.ioas, IOVA + at, way->call,
			&done));
	else
		check("unmap", vfio_uapi_unmap_dma(space.node, IOVA + at, way->call, &done));
}

struct share {
	const struct way *way;
	void (*call)(const struct way *way, uint64_t at);
	uint64_t first, end;
	unsigned long number;
};

static void *
do_share(void *arg)
{
	const struct share *share = arg;
	uint64_t at;

	run_on(share->way->threads > 1 ? share->number : CPU);
	for (at = share->first; at < share->end; at += share->way->call)
		share->call(share->way, at);
	return NULL;
}

/* All calls of a phase. */
static void
do_all(const struct way *way, void (*call)(const struct way *way, uint64_t at))
{
	uint64_t each = run.size / way->threads;
	struct share shares[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	unsigned long i;

	for (i = 0; i < way->threads; i++)
		shares[i] = (struct share){ way, call, i * each, (i + 1) * each, i };
	for (i = 1; i < way->threads; i++)
		check("thread", -pthread_create(&threads[i], NULL, do_share, &shares[i]));
	do_share(&shares[0]);
	for (i = 1; i < way->threads; i++)
		pthread_join(threads[i], NULL);
}

static void
keep_lower(uint64_t *best, uint64_t began)
{
	uint64_t took = now() - began;

	if (*best == 0 || took < *best)
		*best = took;
}

static void
one_round(const struct way *way, bool sampled, uint64_t best[2])
{
	uint64_t began;

	if (sampled)
		mark(way, "map");
	began = now();
	do_all(way, map_call);
	if (!sampled)
		keep_lower(&best[0], began);
	if (sampled)
		mark(way, "unmap");
	began = now();
	if (way->detach)
		space_detach(way);
	else
		do_all(way, unmap_call);
	if (!sampled)
		keep_lower(&best[1], began);
	if (sampled)
		mark(way, NULL);
	if (way->detach)
		space_attach(way);
}

/* @return 0; -1: the text is no way. */
static int
parse(const char *text, struct way *way)
{
	static char copy[64];
	char *rest = copy, *word;

	*way = (struct way){ .name = text, .call = run.size, .threads = 1 };
	snprintf(copy, sizeof(copy), "%s", text);
	word = strsep(&rest, ",");
	way->iommufd = strcmp(word, "iommufd") == 0;
	if (!way->iommufd && strcmp(word, "type1") != 0)
		return -1;
	while ((word = strsep(&rest, ",")) != NULL) {
		if (strcmp(word, "v1") == 0)
			way->v1 = true;
		else if (strcmp(word, "file") == 0)
			way->file = true;
		else if (strcmp(word, "detach") == 0)
			way->detach = true;
		else if (strncmp(word, "call=", 5) == 0)
			way->call = strtoull(word + 5, NULL, 0) << 20;
		else if (strncmp(word, "threads=", 8) == 0)
			way->threads = strtoul(word + 8, NULL, 0);
		else
			return -1;
	}
	return way->threads >= 1 && way->threads <= THREADS_MAX && way->call != 0 ? 0 : -1;
}

static void
allocate(void)
{
	void *memory;

	run.file = memfd_create("mapping", MFD_HUGETLB);
	if (run.file < 0 || ftruncate(run.file, (off_t)run.size) < 0)
		check("memory", -errno);
	check("memory", vfio_uapi_mmap(NULL, run.size, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_POPULATE, run.file, 0, &memory));
	run.memory = memory;
}

int
main(int argc, char **argv)
{
	struct topo_device dev;
	struct topo_addr addr;
	unsigned long rounds, i;
	struct way way;
	int n;

	if (argc < 6 || topology_parse_bdf(argv[2], &addr) < 0)
		return 2;
	run.port = vfio_uapi_open(argv[1]);
	check("port", run.port);
	check("device", topology_read("", &addr, &dev));
	run.size = strtoull(argv[3], NULL, 0) << 20;
	rounds = strtoul(argv[4], NULL, 0);
	allocate();
	for (n = 5; n < argc; n++) {
		uint64_t best[2] = { 0, 0 };

		if (parse(argv[n], &way) < 0)
			return 2;
		space_open(&way, &dev);
		for (i = 0; i < TIMED + rounds; i++)
			one_round(&way, i >= TIMED, best);
		space_close(&way);
		printf("{\"fact\": \"%s_map_us\", \"value\": %lu}\n", way.name, best[0]);
		printf("{\"fact\": \"%s_unmap_us\", \"value\": %lu}\n", way.name, best[1]);
	}
	return 0;
}
