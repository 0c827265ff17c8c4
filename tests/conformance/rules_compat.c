/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * An iommufd that provides the node of VFIO's container. It answers the calls of type1,
 * but attaches, pins and reserves nothing before a device of the group is opened.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"

#define NODE "/dev/vfio/vfio"
#define PAGE RULES_PAGE
#define IOVA RULES_IOVA
#define UNKNOWN 99

static struct rules_machine *machine;
static int container, group;

static int
map(uint64_t vaddr, uint64_t iova)
{
	return vfio_uapi_map_dma(container, vaddr, iova, PAGE, false);
}

static int64_t
unmap(uint64_t iova, uint64_t size)
{
	return rules_unmap_dma(container, iova, size);
}

static int
open_device(void)
{
	return vfio_uapi_group_get_device(group, machine->nic.bdf);
}

/* Read the ranges, which are last in the chain of the answer. @return the number, or -errno. */
static int64_t
read_ranges(struct iova_range *v)
{
	struct vfio_iommu_type1_info fixed = { .argsz = sizeof(fixed) }, *info;
	int ret = vfio_uapi_iommu_info(container, &fixed);
	struct vfio_iommu_type1_info_cap_iova_range cap;
	struct vfio_info_cap_header h;
	uint32_t off, i, n = 0;

	info = ret < 0 ? NULL : calloc(1, fixed.argsz);
	if (info == NULL)
		return ret;
	info->argsz = fixed.argsz;
	ret = vfio_uapi_iommu_info(container, info);
	for (off = info->cap_offset; ret == 0 && off != 0 && off < info->argsz; off = h.next) {
		const char *at = (const char *)info + off;

		memcpy(&h, at, sizeof(h));
		if (h.id != VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			continue;
		memcpy(&cap, at, sizeof(cap));
		n = cap.nr_iovas;
		for (i = 0; i < n && i < RULES_RANGES; i++)
			memcpy(&v[i], at + sizeof(cap) + i * sizeof(v[i]), sizeof(v[i]));
	}
	free(info);
	return ret < 0 ? ret : (int64_t)n;
}

static void
without_group(void)
{
	struct iova_range v[RULES_RANGES];

	rule("compat: version", vfio_uapi_api_version(container), VFIO_API_VERSION);
	rule("compat: has type1 v2",
			vfio_uapi_check_extension(container, VFIO_TYPE1v2_IOMMU), 1);
	rule("compat: has an unknown extension",
			vfio_uapi_check_extension(container, UNKNOWN), 0);
	rule("compat: is an iommufd", vfio_uapi_iommufd_rlimit_mode(container), 0);
	rule("compat: IOMMU without a group",
			vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), -ENODEV);
	rule("compat: map without a group", map(machine->vaddr, IOVA), -ENODEV);
	rule("compat: unmap without a group", unmap(IOVA, PAGE), -ENODEV);
	rule("compat: info without a group", read_ranges(v), -ENODEV);
}

/* Without a device every map succeeds. Opening the device fails for a map that is invalid. */
static void
without_device(void)
{
	uint64_t reserved = rules_reserved(machine);
	struct iova_range v[RULES_RANGES] = { 0 };

	rule("compat: group", vfio_uapi_group_set_container(group, container), 0);
	rule("compat: group again", vfio_uapi_group_set_container(group, container), -EINVAL);
	rule("compat: unknown IOMMU", vfio_uapi_set_iommu(container, UNKNOWN), -EINVAL);
	rule("compat: IOMMU", vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	rule("compat: IOMMU again", vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	rule("compat: one range", read_ranges(v), 1);
	rule("compat: of everything", v[0].first == 0 && v[0].last == UINT64_MAX, 1);
	rule("compat: map what is reserved", map(machine->vaddr, reserved), 0);
	rule_fd("compat: device then", open_device(), -EADDRINUSE);
	rule("compat: unmap", unmap(reserved, PAGE), PAGE);
	rule("compat: map no memory", map(machine->hollow, IOVA), 0);
	rule_fd("compat: device then", open_device(), -EFAULT);
	rule("compat: unmap", unmap(IOVA, PAGE), PAGE);
}

static void
with_device(void)
{
	uint64_t reserved = rules_reserved(machine);
	struct iova_range v[RULES_RANGES] = { 0 };
	int fd, second;
	int64_t n;

	rule("compat: map", map(machine->vaddr, IOVA), 0);
	fd = rule_fd("compat: device", open_device(), 0);
	n = read_ranges(v);
	rules_ranges(machine, v, n < 0 ? 0 : (size_t)n);
	rule("compat: map what is reserved with a device", map(machine->vaddr, reserved), -EINVAL);
	rule("compat: map no memory with a device", map(machine->hollow, 16 * IOVA), -EFAULT);
	rule("compat: map unwritable memory", map(machine->unwritable, 16 * IOVA), -EFAULT);
	rule("compat: map it read-only",
			vfio_uapi_map_dma(container, machine->unwritable, 16 * IOVA, PAGE, true), 0);
	rule("compat: unmap it", unmap(16 * IOVA, PAGE), PAGE);
	rule("compat: map again", map(machine->vaddr, IOVA), -EEXIST);
	rule("compat: unmap nothing", unmap(16 * IOVA, PAGE), 0);
	rule("compat: unmap half of nothing and one",
			unmap(IOVA - PAGE / 2, PAGE), -ENOENT);
	second = rule_fd("compat: device again", open_device(), 0);
	vfio_uapi_close(fd);
	rule("compat: is attached by the second", map(machine->vaddr, reserved), -EINVAL);
	vfio_uapi_close(second);
	rule("compat: is not without any", map(machine->vaddr, reserved), 0);
	rule("compat: unmap that", unmap(reserved, PAGE), PAGE);
	rule("compat: the mapping stays", unmap(IOVA, PAGE), PAGE);
}

/* The calls of iommufd work as those of type1, on the address space for groups. */
static void
as_iommufd(void)
{
	uint64_t reserved = rules_reserved(machine), bytes = 0;
	uint32_t space = 0;
	int fd;

	rule("compat: space", vfio_uapi_ioas_alloc(container, &space), 0);
	rule("compat: space for groups", vfio_uapi_ioas_for_groups(container, space), 0);
	fd = rule_fd("compat: device in it", open_device(), 0);
	rule("compat: map in it what is reserved",
			vfio_uapi_ioas_map(container, space, machine->vaddr, reserved, PAGE, false),
			-EINVAL);
	rule("compat: map in it",
			vfio_uapi_ioas_map(container, space, machine->vaddr, IOVA, PAGE, false), 0);
	rule("compat: type1's calls see it", map(machine->vaddr, IOVA), -EEXIST);
	rule("compat: unmap in it",
			vfio_uapi_ioas_unmap(container, space, IOVA, PAGE, &bytes), 0);
	vfio_uapi_close(fd);
	rule("compat: group leaves", vfio_uapi_group_unset_container(group), 0);
	rule("compat: destroy", vfio_uapi_ioas_destroy(container, space), 0);
}

void
rules_compat(struct rules_machine *m)
{
	machine = m;
	container = rule_fd("compat: open", vfio_uapi_open(NODE), 0);
	group = rule_fd("compat: open the group", vfio_uapi_open(m->nic.group), 0);
	without_group();
	without_device();
	with_device();
	as_iommufd();
	vfio_uapi_close(group);
	vfio_uapi_close(container);
}
