/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fail_steps.h"
#include "plan/plan.h"
#include "uapi/vfio_uapi.h"
#include "vectors/vectors.h"

#define MSIX VFIO_PCI_MSIX_IRQ_INDEX
#define SOURCES 3
#define SIZE UINT64_C(0x200000)
#define IOVA UINT64_C(0x100000000)

static enum ioas_backend backend;
static struct topo_device topo;
static char cdev[64];
static struct ioas_member nic;
static struct iova_layout *layout;
static struct ioas *space;
static struct ioas_choice choice;
static bool viable;
static int device = -1;
static struct vectors vs;
static void *bar;
static uint64_t bar_len;
static struct ioas_file file = { .fd = -1 };
static struct ioas_memory memory, memory_of_file;

/* ---- the space and the device ---- */

static int
open_call(void)
{
	return ioas_open(backend, &nic, layout, &space, &choice);
}

static void
open_back(void)
{
	ioas_close(space);
	space = NULL;
}

static int
survey_call(void)
{
	struct ioas_info info;
	int ret = ioas_survey(space, &nic, &info, &viable);

	if (ret == 0)
		ioas_info_free(&info);
	return ret;
}

static void
survey_back(void)
{
	ioas_release(space, &nic);
}

static int
attach_call(void)
{
	return ioas_attach(space, &nic, &viable);
}

static void
attach_back(void)
{
	ioas_detach(space, &nic);
}

static int
info_call(void)
{
	struct ioas_info info;
	int ret = ioas_info_get(space, &info);

	if (ret == 0)
		ioas_info_free(&info);
	return ret;
}

static int
keep_call(void)
{
	const struct iova_range range = { IOVA, IOVA + 8 * SIZE - 1 };

	return ioas_keep(space, &range, 1);
}

static void
keep_back(void)
{
	ioas_keep(space, NULL, 0);
}

static int
device_call(void)
{
	device = ioas_open_device(space, &nic);
	return device < 0 ? device : 0;
}

static void
device_back(void)
{
	vfio_uapi_close(device);
	device = -1;
}

static int
bar_call(void)
{
	struct vfio_region_info info = { .argsz = sizeof(info), .index = VFIO_PCI_BAR0_REGION_INDEX };
	int ret = vfio_uapi_region_info(device, &info);

	bar_len = info.size;
	return ret < 0 ? ret : vfio_uapi_mmap(NULL, bar_len, PROT_READ | PROT_WRITE, MAP_SHARED,
		device, info.offset, &bar);
}

static void
bar_back(void)
{
	vfio_uapi_munmap(bar, bar_len);
}

static int
reset_call(void)
{
	return vfio_uapi_reset(device);
}

/* ---- memory ---- */

static int
map_call(void)
{
	return ioas_map_memory(space, IOAS_EAL, &memory, IOVA, SIZE, NULL);
}

static void
map_back(void)
{
	ioas_unmap(space, IOAS_EAL, IOVA, SIZE);
}

static int
map_file_call(void)
{
	return ioas_map_memory(space, IOAS_EAL, &memory_of_file, IOVA + SIZE, SIZE, NULL);
}

static void
map_file_back(void)
{
	ioas_unmap(space, IOAS_EAL, IOVA + SIZE, SIZE);
}

static int
unmap_call(void)
{
	return ioas_unmap(space, IOAS_EAL, IOVA, SIZE);
}

static void
unmap_back(void)
{
	map_call();
}

static int
unmap_file_call(void)
{
	return ioas_unmap(space, IOAS_EAL, IOVA + SIZE, SIZE);
}

static void
unmap_file_back(void)
{
	map_file_call();
}

static int
unmap_all_call(void)
{
	ioas_unmap_all(space);
	return 0;
}

static void
unmap_all_back(void)
{
	map_call();
	map_file_call();
}

/* ---- interrupts ---- */

/* A vector keeps its eventfd until all are stopped: an error must stop them. */
static int
vectors_call(void)
{
	int ret = vectors_start(&vs, device, MSIX, SOURCES, 1);

	if (ret == 0)
		ret = vectors_enable(&vs, 0, true);
	if (ret < 0)
		vectors_stop(&vs);
	return ret < 0 ? ret : 0;
}

static void
vectors_back(void)
{
	vectors_stop(&vs);
}

static int
enable_call(void)
{
	int ret = vectors_enable(&vs, SOURCES - 1, true);

	return ret < 0 ? ret : 0;
}

static void
enable_back(void)
{
	vectors_disable(&vs, SOURCES - 1);
}

/* The vector has its eventfd from here on. */
static int
enable_first_call(void)
{
	int ret = enable_call();

	enable_back();
	return ret;
}

/* A message of the first vector arrives. */
static int
raise_call(void)
{
	uint64_t n;
	int ret = vfio_uapi_trigger_irqs(device, MSIX, 0, NULL, 1);

	if (ret == 0 && !vectors_take(&vs, 0, &n))
		ret = -EIO;
	return ret;
}

static int
disable_call(void)
{
	vectors_disable(&vs, 0);
	return 0;
}

static void
disable_back(void)
{
	vectors_enable(&vs, 0, true);
}

static int
stop_call(void)
{
	vectors_stop(&vs);
	return 0;
}

static void
stop_back(void)
{
	vectors_call();
}

/* ---- the end ---- */

static int
device_close_call(void)
{
	device_back();
	return 0;
}

static void
device_close_back(void)
{
	device_call();
}

static int
detach_call(void)
{
	attach_back();
	return 0;
}

static void
detach_back(void)
{
	attach_call();
}

static int
close_call(void)
{
	open_back();
	return 0;
}

static void
close_back(void)
{
	if (open_call() == 0 && attach_call() == 0)
		unmap_all_back();
}

const struct fail_step fail_steps[] = {
	{ "open", open_call, open_back, .explained = true, .stays = true },
	{ "survey", survey_call, survey_back, .explained = true },
	{ "attach", attach_call, attach_back, .explained = true, .stays = true },
	{ "limits", info_call },
	{ "keep", keep_call, keep_back },
	{ "device", device_call, device_back, .stays = true },
	{ "bar", bar_call, bar_back },
	{ "reset", reset_call },
	{ "map", map_call, map_back, .stays = true },
	{ "map-file", map_file_call, map_file_back, .stays = true },
	{ "vectors", vectors_call, vectors_back, .stays = true },
	{ "raise", raise_call },
	{ "disable", disable_call, disable_back },
	{ "stop", stop_call, stop_back },
	{ "", enable_first_call, .stays = true, .given = true },
	{ "enable", enable_call, enable_back },
	{ "", stop_call, .stays = true, .given = true },
	{ "unmap", unmap_call, unmap_back, .parks = true },
	{ "unmap-file", unmap_file_call, unmap_file_back, .parks = true },
	{ "unmap-all", unmap_all_call, unmap_all_back, .stays = true, .parks = true },
	{ "device-close", device_close_call, device_close_back, .stays = true },
	{ "detach", detach_call, detach_back },
	{ "", map_call, .stays = true, .given = true },
	{ "", map_file_call, .stays = true, .given = true },
	{ "close", close_call, close_back, .stays = true },
};

const size_t fail_steps_n = sizeof(fail_steps) / sizeof(*fail_steps);

struct ioas *
fail_space(void)
{
	return space;
}

static void *
memory_make(int flags, int fd)
{
	void *p;

	if (vfio_uapi_mmap(NULL, SIZE, PROT_READ | PROT_WRITE, flags, fd, 0, &p) < 0)
		return NULL;
	/* Pages that exist are not allocated in a call. */
	memset(p, 0x5a, SIZE);
	return p;
}

int
fail_prepare(enum ioas_backend chosen, const char *bdf)
{
	struct topo_addr addr;
	void *p, *q;
	int ret = topology_parse_bdf(bdf, &addr);

	backend = chosen;
	if (ret == 0)
		ret = topology_read("", &addr, &topo);
	if (ret < 0 || topo.group < 0) {
		fprintf(stderr, "%s: %s\n", bdf, ret < 0 ? strerror(-ret) : "no group");
		return ret < 0 ? ret : -ENODEV;
	}
	if (topology_cdev_node("", &topo, cdev, sizeof(cdev)) < 0)
		cdev[0] = '\0';
	nic = (struct ioas_member){ .group = topo.group, .noiommu = topo.group_noiommu, .group_fd = -1,
		.name = topo.bdf, .cdev = backend == IOAS_BACKEND_IOMMUFD ? cdev : NULL };
	file.fd = memfd_create("fail", MFD_CLOEXEC);
	if (file.fd < 0 || ftruncate(file.fd, (off_t)SIZE) < 0 || iova_layout_create(&layout) < 0)
		return -ENOMEM;
	p = memory_make(MAP_PRIVATE | MAP_ANONYMOUS, -1);
	q = memory_make(MAP_SHARED, file.fd);
	if (p == NULL || q == NULL)
		return -ENOMEM;
	memory = (struct ioas_memory){ .va = (uintptr_t)p };
	memory_of_file = (struct ioas_memory){ .va = (uintptr_t)q, .file = &file };
	return 0;
}

void
fail_finish(void)
{
	vfio_uapi_munmap((void *)(uintptr_t)memory.va, SIZE);
	vfio_uapi_munmap((void *)(uintptr_t)memory_of_file.va, SIZE);
	vfio_uapi_close(file.fd);
	iova_layout_destroy(layout);
}

const char *
fail_message(int ret)
{
	static char why[PLAN_WHY];

	if (space == NULL)
		return choice.node != NULL ? choice.node : "";
	plan_explain_attach("", space, &nic, ret, viable, why, sizeof(why));
	return why;
}

int
fail_layout_check(void)
{
	return iova_layout_check(layout, stderr);
}
