/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Containers, groups and mappings of type1 v2. Where several errors are possible, the
 * error of the kernel's first check must be returned.
 */

#include <errno.h>
#include <stdio.h>
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
map(uint64_t iova, uint64_t size)
{
	return vfio_uapi_map_dma(container, machine->vaddr, iova, size, false);
}

static int
map_access(uint64_t vaddr, uint64_t iova, bool read_only)
{
	return vfio_uapi_map_dma(container, vaddr, iova, PAGE, read_only);
}

static int64_t
unmap(uint64_t iova, uint64_t size)
{
	return rules_unmap_dma(container, iova, size);
}

static uint32_t
flags_of(int fd)
{
	uint32_t flags;

	return vfio_uapi_group_status(fd, &flags) < 0 ? UINT32_MAX : flags;
}

static int
info_plain(uint32_t argsz)
{
	struct vfio_iommu_type1_info info = { .argsz = argsz };

	return vfio_uapi_iommu_info(container, &info);
}

static void
before_iommu(void)
{
	int efd = vfio_uapi_eventfd();

	rule("container: version", vfio_uapi_api_version(container), VFIO_API_VERSION);
	rule("container: has type1 v2",
			vfio_uapi_check_extension(container, VFIO_TYPE1v2_IOMMU), 1);
	rule("container: is an iommufd", vfio_uapi_iommufd_rlimit_mode(container), -EINVAL);
	rule("container: has an unknown extension",
			vfio_uapi_check_extension(container, UNKNOWN), 0);
	rule("container: IOMMU without a group",
			vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), -EINVAL);
	rule("container: map without IOMMU", map(IOVA, PAGE), -EINVAL);
	rule("container: unmap without IOMMU", unmap(IOVA, PAGE), -EINVAL);
	rule("container: info without IOMMU", info_plain(64), -EINVAL);
	rule_fd("group: open", group, 0);
	rule_fd("group: open again", vfio_uapi_open(machine->nic.group), -EBUSY);
	rule("group: is no container", vfio_uapi_api_version(group), -ENOTTY);
	rule("group: status", flags_of(group), VFIO_GROUP_FLAGS_VIABLE);
	rule_fd("group: device without a container",
			vfio_uapi_group_get_device(group, machine->nic.bdf), -EINVAL);
	rule("group: leave without a container", vfio_uapi_group_unset_container(group), -EINVAL);
	rule("group: container is an eventfd", vfio_uapi_group_set_container(group, efd), -EBADFD);
	rule("group: container is no descriptor", vfio_uapi_group_set_container(group, -1),
			-EBADF);
	vfio_uapi_close(efd);
}

/* A file is as it was, until its last descriptor is closed. */
static void
copies(void)
{
	int one = rule_fd("copy: group", vfio_uapi_dup(group), 0);
	int two = rule_fd("copy: container", vfio_uapi_dup(container), 0);

	rule("copy: container again", vfio_uapi_group_set_container(one, two), -EINVAL);
	rule("copy: map", vfio_uapi_map_dma(two, machine->vaddr, IOVA, PAGE, false), 0);
	rule("copy: leave", vfio_uapi_group_unset_container(one), 0);
	rule("copy: map after that", map(IOVA, PAGE), -EINVAL);
	rule("copy: container", vfio_uapi_group_set_container(one, two), 0);
	rule("copy: IOMMU", vfio_uapi_set_iommu(two, VFIO_TYPE1v2_IOMMU), 0);
	vfio_uapi_close(one);
	vfio_uapi_close(two);
}

static void
with_iommu(void)
{
	rule("group: container", vfio_uapi_group_set_container(group, container), 0);
	rule("group: container again", vfio_uapi_group_set_container(group, container), -EINVAL);
	rule_fd("group: device without IOMMU",
			vfio_uapi_group_get_device(group, machine->nic.bdf), -EINVAL);
	rule("container: unknown IOMMU", vfio_uapi_set_iommu(container, UNKNOWN), -ENODEV);
	rule("container: IOMMU", vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	rule("container: is an iommufd with IOMMU", vfio_uapi_iommufd_rlimit_mode(container),
			-ENOTTY);
	rule("container: IOMMU again", vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), -EINVAL);
	copies();
	rule("group: status in a container", flags_of(group),
			VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	rule_fd("group: unknown device", vfio_uapi_group_get_device(group, "0000:7f:1f.7"), -ENODEV);
	rule_fd("group: device of another group",
			vfio_uapi_group_get_device(group, machine->other.bdf), -ENODEV);
}

/* Read the ranges of the answer and print its chain. */
static size_t
read_info(uint32_t *avail, struct iova_range *v)
{
	struct vfio_iommu_type1_info fixed = { .argsz = sizeof(fixed) }, *info;
	size_t n = 0, i;
	uint32_t off;

	rule("info: without capabilities", vfio_uapi_iommu_info(container, &fixed), 0);
	rule("info: wants more", fixed.argsz > sizeof(fixed), 1);
	rule("info: no chain meanwhile", fixed.cap_offset, 0);
	rule("info: says that there is one", fixed.flags & VFIO_IOMMU_INFO_CAPS,
			VFIO_IOMMU_INFO_CAPS);
	info = calloc(1, fixed.argsz);
	if (info == NULL)
		return 0;
	info->argsz = fixed.argsz;
	rule("info: with what it wants", vfio_uapi_iommu_info(container, info), 0);
	rule("info: wants no more", info->argsz - fixed.argsz, 0);
	machine->page_sizes = info->iova_pgsizes;
	for (off = info->cap_offset; off != 0 && off < info->argsz;) {
		const uint8_t *at = (const uint8_t *)info + off;
		struct vfio_info_cap_header h;
		struct vfio_iommu_type1_info_cap_iova_range ranges;

		memcpy(&h, at, sizeof(h));
		printf("info: capability %u version %u, aligned %u\n", h.id, h.version, off % 8);
		if (h.id == VFIO_IOMMU_TYPE1_INFO_DMA_AVAIL)
			memcpy(avail, at + sizeof(h), sizeof(*avail));
		if (h.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE) {
			memcpy(&ranges, at, sizeof(ranges));
			n = ranges.nr_iovas;
			for (i = 0; i < n && i < RULES_RANGES; i++)
				memcpy(&v[i], at + sizeof(ranges) + i * sizeof(v[i]), sizeof(v[i]));
		}
		off = h.next;
	}
	free(info);
	return n;
}

static void
info(void)
{
	struct iova_range v[RULES_RANGES];
	uint32_t before = 0, after = 0;
	size_t n = read_info(&before, v);

	rules_ranges(machine, v, n);
	rule("info: small", info_plain(8), -EINVAL);
	rule("info: mappings that can be made", before, 65535);
	rule("map", map(IOVA, 2 * PAGE), 0);
	rule("info: as many ranges", (int64_t)read_info(&after, v), (int64_t)n);
	rule("info: mappings that one takes", before - after, 1);
	rule("unmap", unmap(IOVA, 2 * PAGE), 2 * PAGE);
	read_info(&after, v);
	rule("info: mappings that it gives back", before - after, 0);
}

static void
mappings(void)
{
	uint64_t reserved = rules_reserved(machine), last = UINT64_MAX - PAGE + 1;

	rule("map: before the mapping", map(IOVA, 4 * PAGE), 0);
	rule("map: size 0 of what is mapped", map(IOVA, 0), -EINVAL);
	rule("map: size 0, odd", map(IOVA + 1, 0), -EINVAL);
	rule("map: wraps", map(last, 2 * PAGE), -EOVERFLOW);
	rule("map: wraps, odd", map(last + 1, 2 * PAGE), -EOVERFLOW);
	rule("map: memory wraps", vfio_uapi_map_dma(container, last, IOVA, 2 * PAGE, false), -EOVERFLOW);
	rule("map: odd IOVA of what is mapped", map(IOVA + 1, PAGE), -EINVAL);
	rule("map: odd size of what is mapped", map(IOVA, PAGE + 1), -EINVAL);
	rule("map: odd memory of what is mapped",
			vfio_uapi_map_dma(container, machine->vaddr + 1, IOVA, PAGE, false), -EINVAL);
	rule("map: the same", map(IOVA, 4 * PAGE), -EEXIST);
	rule("map: inside", map(IOVA + PAGE, PAGE), -EEXIST);
	rule("map: around", map(IOVA - PAGE, 6 * PAGE), -EEXIST);
	rule("map: over its start", map(IOVA - PAGE, 2 * PAGE), -EEXIST);
	rule("map: over its end", map(IOVA + 3 * PAGE, 2 * PAGE), -EEXIST);
	rule("map: mapped, and outside", map(IOVA, (machine->last | 0xfff) + 1), -EEXIST);
	rule("map: mapped, and no memory",
			vfio_uapi_map_dma(container, machine->hollow, IOVA, PAGE, false), -EEXIST);
	rule("map: adjacent", map(IOVA + 4 * PAGE, PAGE), 0);
	rule("map: reserved", map(reserved, PAGE), -EINVAL);
	rule("map: reserved at its end", map(reserved - PAGE, 2 * PAGE), -EINVAL);
	rule("map: reserved, and no memory",
			vfio_uapi_map_dma(container, machine->hollow, reserved, PAGE, false), -EINVAL);
	rule("map: up to what is reserved", map(reserved - PAGE, PAGE), 0);
	rule("map: outside", map(machine->last + 1, PAGE), -EINVAL);
	rule("map: the last page of all", map(last, PAGE), -EINVAL);
	rule("map: the last page", map(machine->last - PAGE + 1, PAGE), 0);
	rule("map: page 0", map(0, PAGE), 0);
	rule("map: no memory", vfio_uapi_map_dma(container, machine->hollow, 16 * IOVA, PAGE, false),
			-EFAULT);
	rule("map: again, with memory", map(16 * IOVA, PAGE), 0);
	rule("unmap: all of them", unmap(0, machine->last + 1), 9 * PAGE);
}

static void
unmappings(void)
{
	uint64_t last = UINT64_MAX - PAGE + 1;
	int i;

	rule("unmap: nothing", unmap(IOVA, PAGE), 0);
	rule("unmap: nothing, everywhere", unmap(0, machine->last + 1), 0);
	for (i = 0; i < 4; i++)
		rule("unmap: before it", map(IOVA + i * 2 * PAGE, 2 * PAGE), 0);
	rule("unmap: size 0", unmap(IOVA, 0), -EINVAL);
	rule("unmap: size 0, odd", unmap(IOVA + 1, 0), -EINVAL);
	rule("unmap: odd IOVA", unmap(IOVA + 1, PAGE), -EINVAL);
	rule("unmap: odd size", unmap(IOVA, PAGE + 1), -EINVAL);
	rule("unmap: wraps", unmap(last, 2 * PAGE), -EOVERFLOW);
	rule("unmap: wraps, odd", unmap(last + 1, 2 * PAGE), -EINVAL);
	rule("unmap: the first half", unmap(IOVA, PAGE), -EINVAL);
	rule("unmap: the second half", unmap(IOVA + PAGE, PAGE), -EINVAL);
	rule("unmap: one and a half", unmap(IOVA, 3 * PAGE), -EINVAL);
	rule("unmap: half and one", unmap(IOVA + PAGE, 3 * PAGE), -EINVAL);
	rule("unmap: none of them is gone", unmap(0, IOVA + 4 * PAGE), 4 * PAGE);
	rule("unmap: in a hole", unmap(IOVA, 4 * PAGE), 0);
	rule("unmap: the hole and one", unmap(IOVA, 6 * PAGE), 2 * PAGE);
	rule("unmap: the last", unmap(IOVA + 6 * PAGE, 2 * PAGE), 2 * PAGE);
	rule("unmap: the reserved range", unmap(rules_reserved(machine), PAGE), 0);
	rule("unmap: outside", unmap(machine->last + 1, PAGE), 0);
}

/* Groups join and leave a container. Which mappings remain? */
static void
groups(void)
{
	int other = rule_fd("group: open another", vfio_uapi_open(machine->other.group), 0);
	int second, fd;
	char name[80];

	snprintf(name, sizeof(name), "%s vf_token=00000000-0000-0000-0000-000000000001",
			machine->other.bdf);
	rule("map", map(IOVA, PAGE), 0);
	rule("group: another in the container", vfio_uapi_group_set_container(other, container), 0);
	rule_fd("group: token that nobody wants", vfio_uapi_group_get_device(other, name), -EINVAL);
	rule("group: one of two leaves", vfio_uapi_group_unset_container(group), 0);
	rule("group: leaves again", vfio_uapi_group_unset_container(group), -EINVAL);
	rule("group: the mapping stays", map(IOVA, PAGE), -EEXIST);
	rule("group: comes again", vfio_uapi_group_set_container(group, container), 0);
	second = vfio_uapi_open(NODE);
	rule("group: second container", vfio_uapi_group_set_container(group, second), -EINVAL);
	vfio_uapi_close(second);
	vfio_uapi_close(other);
	rule("group: stays with its mapping when another is closed", map(IOVA, PAGE), -EEXIST);
	fd = rule_fd("group: device", vfio_uapi_group_get_device(group, machine->nic.bdf), 0);
	rule("group: leave with an open device", vfio_uapi_group_unset_container(group), -EBUSY);
	vfio_uapi_close(group);
	rule("group: closed with an open device", map(IOVA, PAGE), -EEXIST);
	rule_fd("group: open with an open device", vfio_uapi_open(machine->nic.group), -EBUSY);
	vfio_uapi_close(fd);
	rule("group: the last leaves", map(IOVA, PAGE), -EINVAL);
	group = rule_fd("group: open after that", vfio_uapi_open(machine->nic.group), 0);
	rule("group: container after that", vfio_uapi_group_set_container(group, container), 0);
	rule("group: map before the IOMMU", map(IOVA, PAGE), -EINVAL);
	rule("group: IOMMU after that", vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), 0);
	rule("group: the mapping is gone", unmap(IOVA, PAGE), 0);
	vfio_uapi_close(container);
	container = -1;
	rule("group: of a closed container", flags_of(group),
			VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
}

void
rules_type1(struct rules_machine *m)
{
	int fd;

	machine = m;
	container = rule_fd("container: open", vfio_uapi_open(NODE), 0);
	group = vfio_uapi_open(m->nic.group);
	before_iommu();
	with_iommu();
	info();
	mappings();
	rules_read_only(machine, map_access, unmap);
	unmappings();
	fd = rule_fd("device: open", vfio_uapi_group_get_device(group, m->nic.bdf), 0);
	rules_device(m, fd);
	rule("device: hot reset without a group", vfio_uapi_hot_reset(fd, NULL, 0), -EINVAL);
	rule("device: hot reset", vfio_uapi_hot_reset(fd, &group, 1), -ENODEV);
	rules_irqs(m, fd);
	vfio_uapi_close(fd);
	groups();
	vfio_uapi_close(group);
	vfio_uapi_close(container);
}
