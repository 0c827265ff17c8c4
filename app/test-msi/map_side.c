/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>

#include "map_fault.h"
#include "map_side.h"
#include "tool_leavings.h"
#include "tool_supervise.h"

#define HUGEPAGE (UINT64_C(2) << 20)

const char *
map_side_by(const struct side *side)
{
	return side->by == SIDE_STOCK ? "pci bus of DPDK" :
		side->by == SIDE_ONE_CALL ? "one call" : "vfio_msi";
}

void
map_side_name(const struct side *side, char *out, size_t size)
{
	bool any = side->backend == IOAS_BACKEND_AUTO;

	snprintf(out, size, "%s%s%s%s", map_side_by(side), any ? "" : ", ",
		any ? "" : ioas_backend_name(side->backend),
		side->one_file ? ", one file" : "");
}

bool
map_side_translates(const struct map_options *opt)
{
	struct topo_device topo;
	char bdf[TOPO_BDF_LEN];

	if (topology_read("", &opt->given->addr, &topo) < 0 || !topo.group_noiommu)
		return true;
	topology_format_bdf(&topo.addr, bdf, sizeof(bdf));
	tool_error(bdf, "has no IOMMU, so nothing is mapped for it and there is nothing to measure; use a device that has one: see dpdk-test-msi list");
	return false;
}

bool
map_side_over_iommufd(void)
{
	struct ioas *ioas;
	bool over;

	if (ioas_open(IOAS_BACKEND_TYPE1, NULL, NULL, &ioas, NULL) < 0)
		return false;
	over = ioas_backend_of(ioas) == IOAS_BACKEND_COMPAT;
	ioas_close(ioas);
	return over;
}

/* All memory is mapped now. */
static void
measure_tables(const struct side *side)
{
	int64_t now = map_meter_tables();

	map_meter.tables = now < 0 || side->tables < 0 ? -1 : now - side->tables;
}

/* @return 0, -errno after printing the fault. */
static int
map_attached(const struct side *side, const char *name, struct ioas *ioas,
		const struct ioas_memory *mem, uint64_t size)
{
	const struct ioas_place place = { .align = side->page != 0 ? side->page : HUGEPAGE,
		.limit = UINT64_MAX };
	char why[MAP_FAULT_LEN];
	uint64_t iova;
	bool less;
	int ret = ioas_map_any_memory(ioas, IOAS_APPLICATION, mem, size, &place, &iova,
			NULL);

	measure_tables(side);
	map_meter_teardown();
	if (ret < 0) {
		less = map_fault_text(ioas, mem->va, size, ret, why, sizeof(why));
		tool_error(name, "memory can't be mapped for it: %s%s", why,
			less ? "; or map less with -m" : "");
		return ret;
	}
	ret = ioas_unmap(ioas, IOAS_APPLICATION, iova, size);
	if (ret < 0)
		tool_error(name, "memory can't be unmapped: IOVA 0x%" PRIx64 "-0x%" PRIx64 ": %s; see dmesg",
			iova, iova + size - 1, strerror(-ret));
	return ret;
}

/* @return 0, -errno after printing the fault. */
static int
map_once(const struct side *side, const struct tool_plan *plan, const struct ioas_memory *mem,
		uint64_t size)
{
	const char *name = plan->v[0].bdf;
	const struct ioas_member member = plan_member(&plan->v[0].plan, NULL);
	struct ioas *ioas = NULL;
	char why[PLAN_TEXT];
	bool viable = true;
	int ret = ioas_open(side->backend, &member, plan->layout, &ioas, NULL);

	if (ret < 0) {
		tool_error(name, "no address space can be opened: %s; see dpdk-test-msi doctor %s",
			strerror(-ret), name);
		map_meter_finish();
		return ret;
	}
	ret = ioas_attach(ioas, &member, &viable);
	if (ret == 0) {
		ret = map_attached(side, name, ioas, mem, size);
		ioas_detach(ioas, &member);
	} else {
		ret = plan_explain_attach("", ioas, &member, ret, viable, why, sizeof(why));
		tool_error(name, "can't be attached: %s", why);
	}
	ioas_close(ioas);
	map_meter_finish();
	return ret;
}

int
map_side_survey(const struct map_options *opt, enum ioas_backend backend, struct tool_plan *plan)
{
	struct vfio_msi_conf *conf = &opt->given->conf;
	struct tool_root here = { .path = "" };

	conf->backend = backend;
	if (tool_plan_give(plan, &opt->given->addr, conf) < 0 ||
	    tool_plan_make(plan, &here) < 0) {
		tool_error("map", "%s", strerror(ENOMEM));
		return SIDE_FAULT;
	}
	ioas_close(plan->space);
	plan->space = NULL;
	if (plan->v[0].used)
		return SIDE_GOOD;
	printf("backend %s is not available: %s\n", ioas_backend_name(backend), plan->v[0].why);
	return SIDE_ABSENT;
}

/* A file of hugepages that has no name any more. @return a descriptor, -errno. */
static int
open_file(const char *folder, uint64_t size)
{
	char path[PATH_MAX];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%smap_XXXXXX", folder, tool_file_prefix());
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	unlink(path);
	if (ftruncate(fd, (off_t)size) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

/*
 * Allocate hugepages, in a file or not. The kernel clears them now, before anything is
 * measured.
 *
 * @param fd  the file; -1: none
 * @return MAP_FAILED with errno
 */
static void *
allocate(const struct side *side, uint64_t size, int *fd)
{
	int flags = MAP_POPULATE | MAP_SHARED;

	*fd = -1;
	if (side->one_file) {
		*fd = open_file(side->folder, size);
		errno = -*fd;
		if (*fd < 0)
			return MAP_FAILED;
	} else {
		flags = MAP_POPULATE | MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB |
			(side->page != 0 ? __builtin_ctzll(side->page) << MAP_HUGE_SHIFT : 0);
	}
	return mmap(NULL, size, PROT_READ | PROT_WRITE, flags, *fd, 0);
}

/* Map new memory in a single call. @return SIDE_*. */
static int
map_new(const struct side *side, const struct tool_plan *plan)
{
	uint64_t size = (uint64_t)side->opt->megabytes << 20;
	struct ioas_file file = { 0 };
	void *mem = allocate(side, size, &file.fd);
	const struct ioas_memory memory = { .va = (uintptr_t)mem, .file = &file };
	int ret;

	if (mem == MAP_FAILED) {
		tool_error("map", "%u MiB of hugepages can't be allocated: %s; see /proc/sys/vm/nr_hugepages, or give less with -m",
			side->opt->megabytes, strerror(errno));
		if (file.fd >= 0)
			close(file.fd);
		return SIDE_FAULT;
	}
	ret = map_once(side, plan, &memory, size);
	munmap(mem, size);
	if (file.fd >= 0)
		close(file.fd);
	return ret < 0 ? SIDE_FAULT : SIDE_GOOD;
}

/* @return SIDE_*. */
static int
map_at_once(const struct side *side)
{
	struct tool_plan plan = { 0 };
	int status = map_side_survey(side->opt, side->backend, &plan);

	if (status == SIDE_GOOD)
		status = map_new(side, &plan);
	tool_plan_free(&plan);
	return status;
}

/* The argument of EAL's -a. */
static void
write_device(const struct side *side, char *out, size_t size)
{
	char bdf[TOPO_BDF_LEN];

	topology_format_bdf(&side->opt->given->addr, bdf, sizeof(bdf));
	if (side->by == SIDE_STOCK)
		snprintf(out, size, "%s", bdf);
	else
		snprintf(out, size, VFIO_MSI_PREFIX "%s,backend=%s", bdf,
			ioas_backend_name(side->backend));
}

/* EAL maps at device probe, and unmaps at removal. @return SIDE_*. */
static int
map_by_eal(const struct side *side)
{
	struct tool_eal eal = side->opt->eal;
	char megabytes[16], device[MAP_NAME_LEN];
	const char *ours[16] = { "-a", device, "-m", megabytes, "--no-telemetry",
		"--log-level=lib.eal:warning" };
	int n = 6, ret;

	ours[n++] = side->one_file ? "--single-file-segments" : "--huge-unlink";
	/* Without --no-pci the pci bus would probe other devices and map for them too. */
	if (side->by != SIDE_STOCK)
		ours[n++] = "--no-pci";
	if (side->folder != NULL) {
		ours[n++] = "--huge-dir";
		ours[n++] = side->folder;
	}
	write_device(side, device, sizeof(device));
	snprintf(megabytes, sizeof(megabytes), "%u", side->opt->megabytes);
	if (tool_eal_start(&eal, ours, n) < 0)
		return SIDE_FAULT;
	measure_tables(side);
	if (map_meter.map.bytes == 0)
		tool_error(device, "nothing was mapped, as EAL did not probe the device; see the messages above");
	map_meter_teardown();
	ret = tool_eal_stop(&eal);
	map_meter_finish();
	/* EAL can't unlink a file that has all memory. */
	if (side->one_file)
		tool_leavings_hugepages(side->folder, tool_file_prefix());
	return ret < 0 || map_meter.map.bytes == 0 ? SIDE_FAULT : SIDE_GOOD;
}

static int
measure(void *arg, void *result)
{
	const struct side *side = arg;
	int status = side->by == SIDE_ONE_CALL ? map_at_once(side) : map_by_eal(side);

	memcpy(result, &map_meter, sizeof(map_meter));
	return status;
}

int
map_side_run(struct side *side, struct map_meter *meter)
{
	char bdf[TOPO_BDF_LEN];
	int status;

	topology_format_bdf(&side->opt->given->addr, bdf, sizeof(bdf));
	side->tables = map_meter_tables();
	status = tool_child_run(bdf, measure, side, meter, sizeof(*meter));
	return status == SIDE_GOOD || status == SIDE_ABSENT ? status : SIDE_FAULT;
}
