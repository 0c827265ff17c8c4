/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Containers of POWER: windows, registered memory, mappings. Memory of the rules has base
 * pages.
 */

#include <errno.h>

#include "rules.h"

#define NODE "/dev/vfio/vfio"
#define PAGE RULES_PAGE
#define IOVA RULES_IOVA
#define SIZE (UINT64_C(1) << 29)

static struct rules_machine *machine;
static int container, group;

static int
map_at(uint64_t vaddr, uint64_t iova, uint64_t size)
{
	return vfio_uapi_map_dma(container, vaddr, iova, size, false);
}

static int
map(uint64_t iova, uint64_t size)
{
	return map_at(machine->vaddr, iova, size);
}

static int64_t
unmap(uint64_t iova, uint64_t size)
{
	return rules_unmap_dma(container, iova, size);
}

static int
reg(uint64_t offset, uint64_t size)
{
	return vfio_uapi_spapr_register(container, machine->vaddr + offset, size);
}

static int
unreg(uint64_t offset, uint64_t size)
{
	return vfio_uapi_spapr_unregister(container, machine->vaddr + offset, size);
}

static void
before_iommu(void)
{
	struct vfio_iommu_spapr_tce_info info;

	rule("container: version", vfio_uapi_api_version(container), VFIO_API_VERSION);
	rule("container: has type1 v2",
			vfio_uapi_check_extension(container, VFIO_TYPE1v2_IOMMU), 0);
	rule("container: has sPAPR v2",
			vfio_uapi_check_extension(container, VFIO_SPAPR_TCE_v2_IOMMU), 1);
	rule("container: is an iommufd", vfio_uapi_iommufd_rlimit_mode(container), -EINVAL);
	rule("container: info without IOMMU", vfio_uapi_spapr_info(container, &info), -EINVAL);
	rule("container: register without IOMMU", reg(0, PAGE), -EINVAL);
	rule("container: IOMMU without a group",
			vfio_uapi_set_iommu(container, VFIO_SPAPR_TCE_v2_IOMMU), -EINVAL);
	rule("group: container", vfio_uapi_group_set_container(group, container), 0);
	rule("container: IOMMU of type1",
			vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), -ENODEV);
	rule("container: IOMMU",
			vfio_uapi_set_iommu(container, VFIO_SPAPR_TCE_v2_IOMMU), 0);
	rule("container: IOMMU again",
			vfio_uapi_set_iommu(container, VFIO_SPAPR_TCE_v2_IOMMU), -EINVAL);
}

/* @return the number of windows that are possible. */
static uint32_t
info(void)
{
	struct vfio_iommu_spapr_tce_info info;

	rule("info", vfio_uapi_spapr_info(container, &info), 0);
	rule("info: flags", info.flags, VFIO_IOMMU_SPAPR_INFO_DDW);
	rule("info: start of the default window", info.dma32_window_start, 0);
	rule("info: levels", info.ddw.levels, 1);
	/* No machine of the lab can freeze a device. */
	rule("EEH: state", vfio_uapi_spapr_eeh_state(container), -ENODEV);
	machine->last = info.dma32_window_size - UINT64_C(1);
	machine->page_sizes = info.ddw.pgsizes;
	machine->windows = info.ddw.max_dynamic_windows_supported;
	return machine->windows;
}

static void
memory(void)
{
	rule("register: odd memory", vfio_uapi_spapr_register(container, machine->vaddr + 1, PAGE),
			-EINVAL);
	rule("register: odd size", reg(0, PAGE + 1), -EINVAL);
	rule("register: no memory", vfio_uapi_spapr_register(container, machine->hollow, PAGE),
			-EFAULT);
	rule("register", reg(0, 4 * PAGE), 0);
	rule("register: the same", reg(0, 4 * PAGE), -EBUSY);
	rule("register: a part", reg(0, PAGE), -EINVAL);
	rule("register: over its end", reg(3 * PAGE, 2 * PAGE), -EINVAL);
	rule("register: adjacent", reg(4 * PAGE, 4 * PAGE), 0);
	rule("end of register: a part", unreg(0, PAGE), -ENOENT);
	rule("end of register", unreg(4 * PAGE, 4 * PAGE), 0);
	rule("end of register: again", unreg(4 * PAGE, 4 * PAGE), -ENOENT);
}

/*
 * In the default window, with 4 pages registered. No rule crosses the end of a window: Linux
 * 7.2 does not check it and writes past its table.
 */
static void
mappings(void)
{
	rule("map: size 0", map(IOVA, 0), 0);
	rule("map: odd IOVA", map(IOVA + 1, PAGE), 1);
	rule("map: odd size", map(IOVA, PAGE + 1), -EINVAL);
	rule("map: odd memory", map_at(machine->vaddr + 1, IOVA, PAGE), -EINVAL);
	rule("map: not registered", map_at(machine->vaddr + 4 * PAGE, IOVA, PAGE), -EINVAL);
	rule("map: behind what is registered", map(IOVA, 5 * PAGE), -EINVAL);
	rule("map: outside", map(machine->last + 1, PAGE), -ENXIO);
	rule("map", map(IOVA, 4 * PAGE), 0);
	rule("map: the same", map(IOVA, 4 * PAGE), 0);
	rule("map: over a part of it", map(IOVA + PAGE, PAGE), 0);
	rule("map: elsewhere", map(IOVA + 8 * PAGE, 4 * PAGE), 0);
	rule("map: page 0", map(0, PAGE), 0);
	rule("map: the last page", map(machine->last + 1 - PAGE, PAGE), 0);
	rule("unmap: odd IOVA", unmap(IOVA + 4 * PAGE + 1, PAGE), 0);
	rule("unmap: odd size", unmap(IOVA, PAGE + 1), -EINVAL);
	rule("unmap: outside", unmap(machine->last + 1, PAGE), -ENXIO);
	rule("unmap: a part", unmap(IOVA + PAGE, PAGE), PAGE);
	rule("unmap: all", unmap(IOVA, 4 * PAGE), 4 * PAGE);
	rule("unmap: nothing", unmap(IOVA, 4 * PAGE), 4 * PAGE);
	rule("unmap: elsewhere", unmap(IOVA + 8 * PAGE, 4 * PAGE), 4 * PAGE);
	rule("unmap: page 0", unmap(0, PAGE), PAGE);
	rule("unmap: the last page", unmap(machine->last + 1 - PAGE, PAGE), PAGE);
	rule("end of register: when it is mapped no more", unreg(0, 4 * PAGE), 0);
}

static int
create(unsigned int shift, uint64_t size, uint64_t *start)
{
	return vfio_uapi_spapr_create(container, shift, size, start);
}

static void
windows(void)
{
	const uint64_t aligned = -machine->vaddr % (16 * PAGE);
	uint64_t start, second;

	rule("window: odd size", create(12, SIZE + PAGE, &start), -EINVAL);
	rule("window: unknown page", create(13, SIZE, &start), -EINVAL);
	rule("window: huge", create(12, UINT64_C(1) << 62, &start), -EINVAL);
	rule("window: create", create(12, SIZE, &start), 0);
	machine->start = start;
	rule("window: map in it, not registered", map(start, PAGE), -EINVAL);
	rule("window: register", reg(aligned, 16 * PAGE), 0);
	rule("window: map in it", map_at(machine->vaddr + aligned, start + IOVA, PAGE), 0);
	rule("window: map in its last page",
			map_at(machine->vaddr + aligned, start + SIZE - PAGE, PAGE), 0);
	rule("window: map behind it", map(start + SIZE, PAGE), -ENXIO);
	rule("window: map in the default one", map_at(machine->vaddr + aligned, IOVA, PAGE), 0);
	rule("window: create a third", create(12, SIZE, &second), -ENOSPC);
	rule("window: remove an unknown one",
			vfio_uapi_spapr_remove(container, start + SIZE), -EINVAL);
	rule("window: remove by another address", vfio_uapi_spapr_remove(container, start + PAGE),
			0);
	rule("window: map in it after that", map(start + IOVA, PAGE), -ENXIO);
	rule("window: create with large pages", create(16, SIZE, &start), 0);
	rule("window: map small pages there",
			map_at(machine->vaddr + aligned, start + IOVA, PAGE), -EINVAL);
	rule("window: map memory of small pages there",
			map_at(machine->vaddr + aligned, start + IOVA, 16 * PAGE), -EINVAL);
	rule("window: remove the default one", vfio_uapi_spapr_remove(container, 0), 0);
	rule("window: map where it was", map(IOVA, PAGE), -ENXIO);
	rule("window: remove it again", vfio_uapi_spapr_remove(container, 0), -EINVAL);
}

static void
groups(void)
{
	int other = rule_fd("group: open another", vfio_uapi_open(machine->other.group), 0);
	int fd;

	rule("group: another in the container", vfio_uapi_group_set_container(other, container),
			-EPERM);
	vfio_uapi_close(other);
	fd = rule_fd("group: device", vfio_uapi_group_get_device(group, machine->nic.bdf), 0);
	rule("group: leave with an open device", vfio_uapi_group_unset_container(group), -EBUSY);
	vfio_uapi_close(fd);
	rule("group: leave", vfio_uapi_group_unset_container(group), 0);
	rule("group: map after that", map(IOVA, PAGE), -EINVAL);
	rule("group: container after that", vfio_uapi_group_set_container(group, container), 0);
	rule("group: IOMMU after that",
			vfio_uapi_set_iommu(container, VFIO_SPAPR_TCE_v2_IOMMU), 0);
	rule("group: map before anything is registered", map(IOVA, PAGE), -EPERM);
	rule("group: end of register before that", unreg(8 * PAGE, 8 * PAGE), -EPERM);
	rule("group: register", reg(0, PAGE), 0);
	rule("group: what was registered is gone", unreg(8 * PAGE, 8 * PAGE), -ENOENT);
	rule("group: the default window is back", map(IOVA, PAGE), 0);
	/* Such a container has no window before the first call that needs one. */
	rule("group: leave with a mapping", vfio_uapi_group_unset_container(group), 0);
	rule("group: container once more", vfio_uapi_group_set_container(group, container), 0);
	rule("group: IOMMU once more",
			vfio_uapi_set_iommu(container, VFIO_SPAPR_TCE_v2_IOMMU), 0);
	rule("window: remove the default one first", vfio_uapi_spapr_remove(container, 0), 0);
	rule("window: register without a window", reg(0, PAGE), 0);
	rule("window: no default one", map(IOVA, PAGE), -ENXIO);
}

void
rules_spapr(struct rules_machine *m)
{
	machine = m;
	container = rule_fd("container: open", vfio_uapi_open(NODE), 0);
	group = rule_fd("group: open", vfio_uapi_open(m->nic.group), 0);
	before_iommu();
	info();
	memory();
	mappings();
	windows();
	groups();
	vfio_uapi_close(group);
	vfio_uapi_close(container);
}
