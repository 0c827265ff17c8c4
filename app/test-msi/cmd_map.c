/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * "dpdk-test-msi map": calls and time to map EAL's memory for a device, by this bus, by
 * the pci bus, and in a single call without EAL, which is the kernel's limit. Each
 * measurement ("side") is a process of its own.
 */

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <rte_common.h>

#include "ioas/ioas.h"
#include "map_meter.h"
#include "test_msi.h"

#define MEGABYTES 4096
#define MEGABYTES_MAX (1u << 24)
#define HUGEPAGE ((uint64_t)2 << 20)
#define NAME_LEN 96

struct map_options {
	unsigned int megabytes;
	bool bench;
	struct tool_given *given;
	struct tool_eal eal;
};

/** One way to map the memory. */
struct side {
	const struct map_options *opt;
	enum ioas_backend backend;
	char device[NAME_LEN];	/**< for EAL's -a; "" without EAL */
};

/** Exit status of a side's process. */
enum {
	SIDE_GOOD = 0,
	SIDE_FAULT = 1,
	SIDE_ABSENT = 2,	/**< this backend can't use the device */
};

static void
usage(FILE *f)
{
	fputs("usage: dpdk-test-msi map [OPTION]... DEVICE [-- EAL_ARG...]\n"
		"Maps hugepages for a device and unmaps them, as EAL does at start and at the\n"
		"end, and shows calls and time in the kernel: for each backend in one call\n"
		"without an EAL, and by this bus. DEVICE is vfio_msi:BDF or BDF.\n\n"
		"  -b, --bench        by the pci bus of DPDK as well\n"
		"  -m, --megabytes N  amount of memory (default: 4096)\n"
		"  -h, --help         this text\n", f);
}

/* @return a STATUS_*, or -1 to go on. */
static int
parse_options(int argc, char **argv, struct map_options *opt)
{
	const struct tool_option options[] = {
		{ "bench", 'b', .flag = &opt->bench },
		{ "megabytes", 'm', .number = &opt->megabytes, .max = MEGABYTES_MAX },
	};
	int n = tool_eal_split(argc, argv, &opt->eal);
	int ret = tool_options_read(n, argv, options, RTE_DIM(options), usage);

	if (ret >= 0)
		return ret;
	if (opt->megabytes % 2 != 0 || n - optind != 1) {
		tool_error("map", opt->megabytes % 2 != 0 ?
			"the number of megabytes must be even" : "needs one device");
		usage(stderr);
		return STATUS_USAGE;
	}
	if (strchr(argv[optind], ',') != NULL) {
		tool_error(argv[optind], "map takes no keys: it tries each backend");
		return STATUS_USAGE;
	}
	return tool_given_one(argv[optind], opt->given);
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

/* Map existing memory in a single call. @return SIDE_*. */
static int
map_at_once(const struct side *side)
{
	uint64_t size = (uint64_t)side->opt->megabytes << 20;
	struct tool_plan plan = { 0 };
	int status = survey(side, &plan), ret;
	void *mem;

	if (status != SIDE_GOOD)
		return status;
	mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB | MAP_POPULATE, -1, 0);
	if (mem == MAP_FAILED) {
		tool_error("map", "%u MiB of hugepages can't be allocated: %s; see /proc/sys/vm/nr_hugepages, or give less with -m",
			side->opt->megabytes, strerror(errno));
		return SIDE_FAULT;
	}
	ret = map_once(side, &plan, mem, size);
	munmap(mem, size);
	if (ret < 0)
		tool_error(plan.v[0].bdf, "memory can't be mapped for it: %s", strerror(-ret));
	tool_plan_free(&plan);
	return ret < 0 ? SIDE_FAULT : SIDE_GOOD;
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
	if (map_meter.map.bytes == 0)
		tool_error(side->device, "nothing was mapped, as EAL did not probe the device; see the messages above");
	return tool_eal_stop(&eal) < 0 || map_meter.map.bytes == 0 ? SIDE_FAULT : SIDE_GOOD;
}

static int
in_child(const struct side *side, int out)
{
	int status = side->device[0] != '\0' ? map_by_eal(side) : map_at_once(side);

	fflush(stdout);
	if (status == SIDE_GOOD &&
	    write(out, &map_meter, sizeof(map_meter)) != sizeof(map_meter))
		status = SIDE_FAULT;
	return status;
}

/* Run in a child, as a process can start EAL only once. @return SIDE_*. */
static int
run_side(const struct side *side, struct map_meter *meter)
{
	int fds[2], status = 0;
	ssize_t got;
	pid_t pid;

	fflush(stdout);
	if (pipe(fds) < 0 || (pid = fork()) < 0) {
		tool_error("map", "no process can be created: %s", strerror(errno));
		return SIDE_FAULT;
	}
	if (pid == 0)
		_exit(in_child(side, fds[1]));
	close(fds[1]);
	got = read(fds[0], meter, sizeof(*meter));
	close(fds[0]);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return SIDE_FAULT;
	return WEXITSTATUS(status) == SIDE_GOOD && got != sizeof(*meter) ? SIDE_FAULT :
		WEXITSTATUS(status);
}

static double
ms_per_gib(const struct map_calls *calls)
{
	return calls->bytes == 0 ? 0 :
		(double)calls->ns / 1e6 / ((double)calls->bytes / (1 << 30));
}

/* Does an iommufd provide the container's node? Opens the node briefly. */
static bool
type1_is_over_iommufd(void)
{
	struct ioas *ioas;
	bool over;

	if (ioas_open(IOAS_BACKEND_TYPE1, NULL, NULL, &ioas, NULL) < 0)
		return false;
	over = ioas_backend_of(ioas) == IOAS_BACKEND_COMPAT;
	ioas_close(ioas);
	return over;
}

/* @return SIDE_*. */
static int
show_side(const char *who, const struct side *side)
{
	struct map_meter m;
	int status = run_side(side, &m);

	if (status == SIDE_FAULT)
		printf("%-18s  failed\n", who);
	if (status == SIDE_GOOD)
		printf("%-18s  %6" PRIu64 "  %9" PRIu64 "  %8.2f  %11" PRIu64 "  %8.2f\n", who,
			m.map.bytes >> 20, m.map.n, ms_per_gib(&m.map), m.unmap.n,
			ms_per_gib(&m.unmap));
	/* The pci bus maps before the device is opened, so the kernel pins later. */
	if (status == SIDE_GOOD && side->backend == IOAS_BACKEND_AUTO && type1_is_over_iommufd())
		printf("%-18s  %6s  %9" PRIu64 "  %8.2f  to open the device, which resets it and pins the memory\n",
			"", "", m.open.n,
			(double)m.open.ns / 1e6 / ((double)m.map.bytes / (1 << 30)));
	return status;
}

/* Show this bus and the single call. @return SIDE_*. */
static int
show_backend(enum ioas_backend backend, const char *bdf, const struct map_options *opt)
{
	struct side side = { .opt = opt, .backend = backend };
	const char *name = ioas_backend_name(backend);
	char who[32];
	int status;

	snprintf(who, sizeof(who), "one call, %s", name);
	status = show_side(who, &side);
	if (status != SIDE_GOOD)
		return status;
	snprintf(who, sizeof(who), "vfio_msi, %s", name);
	snprintf(side.device, sizeof(side.device), VFIO_MSI_PREFIX "%.*s,backend=%s",
		TOPO_BDF_LEN, bdf, name);
	return show_side(who, &side);
}

/* @return a STATUS_*. */
static int
show(const struct map_options *opt)
{
	struct side stock = { .opt = opt };
	enum ioas_backend backend;
	int status = SIDE_GOOD, ret;
	unsigned int n = 0;
	size_t i;
	char bdf[TOPO_BDF_LEN];

	topology_format_bdf(&opt->given->addr, bdf, sizeof(bdf));
	snprintf(stock.device, sizeof(stock.device), "%s", bdf);
	printf("who                    MiB  map calls    ms/GiB  unmap calls    ms/GiB\n");
	if (opt->bench)
		status = show_side("pci bus of DPDK", &stock);
	for (i = 0; (backend = ioas_backend_at(i)) != IOAS_BACKEND_COUNT; i++) {
		ret = show_backend(backend, bdf, opt);
		n += ret == SIDE_GOOD;
		if (ret == SIDE_FAULT)
			status = ret;
	}
	if (type1_is_over_iommufd())
		printf("type1 is %s: an iommufd provides /dev/vfio/vfio\n",
			ioas_backend_name(IOAS_BACKEND_COMPAT));
	return status == SIDE_GOOD && n > 0 ? STATUS_GOOD : STATUS_FAULT;
}

int
cmd_map(int argc, char **argv)
{
	struct tool_given given = { 0 };
	struct map_options opt = { .megabytes = MEGABYTES, .given = &given };
	int status = parse_options(argc, argv, &opt);

	if (status >= 0)
		return status;
	status = show(&opt);
	tool_given_free(&given);
	return status;
}
