/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include "map_side.h"

#define HUGEPAGE ((uint64_t)2 << 20)

/* All memory is mapped now. */
static void
measure_tables(const struct side *side)
{
	int64_t now = map_meter_tables();

	map_meter.tables = now < 0 || side->tables < 0 ? -1 : now - side->tables;
}

/* @return 0, -errno. */
static int
map_once(const struct side *side, const struct tool_plan *plan, void *mem, uint64_t size)
{
	const struct ioas_member member = plan_member(&plan->v[0].plan, NULL);
	struct ioas *ioas = NULL;
	uint64_t iova;
	bool viable;
	int ret = ioas_open(side->backend, &member, plan->layout, &ioas, NULL);

	if (ret == 0)
		ret = ioas_attach(ioas, &member, &viable);
	if (ret == 0) {
		ret = ioas_map_any(ioas, IOAS_APPLICATION, (uintptr_t)mem, size, HUGEPAGE, UINT64_MAX, &iova);
		measure_tables(side);
		if (ret == 0)
			ret = ioas_unmap(ioas, IOAS_APPLICATION, iova, size);
		ioas_detach(ioas, &member);
	}
	ioas_close(ioas);
	return ret;
}

/* Survey the device, keep the layout and release the device. @return SIDE_*. */
static int
survey(const struct side *side, struct tool_plan *plan)
{
	struct vfio_msi_conf *conf = &side->opt->given->conf;
	struct tool_root here = { .path = "" };

	conf->backend = side->backend;
	if (tool_plan_give(plan, &side->opt->given->addr, conf) < 0 ||
	    tool_plan_make(plan, &here) < 0) {
		tool_error("map", "%s", strerror(ENOMEM));
		return SIDE_FAULT;
	}
	ioas_close(plan->space);
	plan->space = NULL;
	if (plan->v[0].used)
		return SIDE_GOOD;
	printf("backend %s is not available: %s\n", ioas_backend_name(side->backend),
		plan->v[0].why);
	return SIDE_ABSENT;
}

/* Map new memory in a single call. @return SIDE_*. */
static int
map_new(const struct side *side, const struct tool_plan *plan)
{
	uint64_t size = (uint64_t)side->opt->megabytes << 20;
	void *mem;
	int ret;

	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED) {
		tool_error("map", "%u MiB of hugepages can't be allocated: %s; see /proc/sys/vm/nr_hugepages, or give less with -m",
			side->opt->megabytes, strerror(errno));
		return SIDE_FAULT;
	}
	ret = map_once(side, plan, mem, size);
	munmap(mem, size);
	if (ret < 0)
		tool_error(plan->v[0].bdf, "memory can't be mapped for it: %s", strerror(-ret));
	return ret < 0 ? SIDE_FAULT : SIDE_GOOD;
}

/* @return SIDE_*. */
static int
map_at_once(const struct side *side)
{
	struct tool_plan plan = { 0 };
	int status = survey(side, &plan);

	if (status == SIDE_GOOD)
		status = map_new(side, &plan);
	tool_plan_free(&plan);
	return status;
}

/* EAL maps at device probe, and unmaps at removal. @return SIDE_*. */
static int
map_by_eal(const struct side *side)
{
	struct tool_eal eal = side->opt->eal;
	char megabytes[16];
	const char *ours[] = { "-a", side->device, "-m", megabytes, "--huge-unlink",
		"--no-telemetry", "--log-level=lib.eal:warning", "--file-prefix=map",
		"--no-pci" };
	/* Without --no-pci the pci bus would probe other devices and map for them too. */
	int n = (int)RTE_DIM(ours) - (side->backend == IOAS_BACKEND_AUTO);

	snprintf(megabytes, sizeof(megabytes), "%u", side->opt->megabytes);
	if (tool_eal_start(&eal, ours, n) < 0)
		return SIDE_FAULT;
	measure_tables(side);
	if (map_meter.map.bytes == 0)
		tool_error(side->device, "nothing was mapped, as EAL did not probe the device; see the messages above");
	return tool_eal_stop(&eal) < 0 || map_meter.map.bytes == 0 ? SIDE_FAULT : SIDE_GOOD;
}

static int
in_child(const struct side *side, int out)
{
	int status;

	tool_report_forget_faults();
	status = side->device[0] != '\0' ? map_by_eal(side) : map_at_once(side);
	fflush(stdout);
	if (write(out, &map_meter, sizeof(map_meter)) != sizeof(map_meter) ||
	    tool_report_send_faults(out) < 0)
		status = SIDE_FAULT;
	return status;
}

/* Run in a child, as a process can start EAL only once. @return SIDE_*. */
int
map_side_run(struct side *side, struct map_meter *meter)
{
	int fds[2], status = 0;
	ssize_t got;
	pid_t pid;

	fflush(stdout);
	side->tables = map_meter_tables();
	if (pipe2(fds, O_CLOEXEC) < 0) {
		tool_error("map", "no pipe can be created: %s; raise the limit of open files (ulimit -n)",
			strerror(errno));
		return SIDE_FAULT;
	}
	pid = fork();
	if (pid < 0) {
		tool_error("map", "no process can be created: %s", strerror(errno));
		close(fds[0]);
		close(fds[1]);
		return SIDE_FAULT;
	}
	if (pid == 0)
		_exit(in_child(side, fds[1]));
	close(fds[1]);
	got = read(fds[0], meter, sizeof(*meter));
	if (got == sizeof(*meter))
		tool_report_take_faults(fds[0]);
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return SIDE_FAULT;
	status = WEXITSTATUS(status);
	return status == SIDE_ABSENT || (status == SIDE_GOOD && got == sizeof(*meter)) ? status :
		SIDE_FAULT;
}
