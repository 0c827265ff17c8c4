/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Containers and groups of VFIO's no-IOMMU mode, and physical addresses of memory.
 */

#include <errno.h>

#include "rules.h"

#define NODE "/dev/vfio/vfio"
#define PAGE RULES_PAGE
#define IOVA UINT64_C(0x100000)
#define UNKNOWN 99

static int container, group;

static int
extension(unsigned int number)
{
	return vfio_uapi_check_extension(container, number);
}

static uint32_t
flags_of(int fd)
{
	uint32_t flags;

	return vfio_uapi_group_status(fd, &flags) < 0 ? UINT32_MAX : flags;
}

static void
before_iommu(const struct rules_machine *m)
{
	rule("container: has no-IOMMU mode", extension(VFIO_NOIOMMU_IOMMU), 1);
	rule("container: has type1 v2", extension(VFIO_TYPE1v2_IOMMU), 1);
	rule("container: no-IOMMU without a group",
			vfio_uapi_set_iommu(container, VFIO_NOIOMMU_IOMMU), -EINVAL);
	rule_fd("group: open", group, 0);
	rule_fd("group: open again", vfio_uapi_open(m->nic.group), -EBUSY);
	rule("group: status", flags_of(group), VFIO_GROUP_FLAGS_VIABLE);
	rule_fd("group: device without a container",
			vfio_uapi_group_get_device(group, m->nic.bdf), -EINVAL);
	rule("group: container", vfio_uapi_group_set_container(group, container), 0);
	rule("group: container again", vfio_uapi_group_set_container(group, container), -EINVAL);
	rule("group: status in a container", flags_of(group),
			VFIO_GROUP_FLAGS_VIABLE | VFIO_GROUP_FLAGS_CONTAINER_SET);
	rule("container with it: has no-IOMMU mode", extension(VFIO_NOIOMMU_IOMMU), 1);
	rule("container with it: has type1 v2", extension(VFIO_TYPE1v2_IOMMU), 0);
	rule_fd("group: device without IOMMU",
			vfio_uapi_group_get_device(group, m->nic.bdf), -EINVAL);
	rule("container: map without IOMMU",
			vfio_uapi_map_dma(container, m->vaddr, IOVA, PAGE, false), -EINVAL);
}

static void
with_iommu(const struct rules_machine *m)
{
	struct vfio_iommu_type1_info info = { .argsz = sizeof(info) };
	uint64_t bytes;

	rule("container: type1 v2", vfio_uapi_set_iommu(container, VFIO_TYPE1v2_IOMMU), -ENODEV);
	rule("container: unknown IOMMU", vfio_uapi_set_iommu(container, UNKNOWN), -ENODEV);
	rule("container: no-IOMMU", vfio_uapi_set_iommu(container, VFIO_NOIOMMU_IOMMU), 0);
	rule("container: no-IOMMU again", vfio_uapi_set_iommu(container, VFIO_NOIOMMU_IOMMU),
			-EINVAL);
	rule("container: has no-IOMMU mode", extension(VFIO_NOIOMMU_IOMMU), 1);
	rule("container: has type1 v2", extension(VFIO_TYPE1v2_IOMMU), 0);
	rule("container: map", vfio_uapi_map_dma(container, m->vaddr, IOVA, PAGE, false),
			-ENOTTY);
	rule("container: unmap", vfio_uapi_unmap_dma(container, IOVA, PAGE, &bytes), -ENOTTY);
	rule("container: info", vfio_uapi_iommu_info(container, &info), -ENOTTY);
	rule_fd("group: unknown device", vfio_uapi_group_get_device(group, "0000:7f:1f.7"),
			-ENODEV);
	rule_fd("group: device of another group",
			vfio_uapi_group_get_device(group, m->other.bdf), -ENODEV);
}

static void
memory(const struct rules_machine *m)
{
	uint64_t one[2], again[2];

	rule("memory: there is none", vfio_uapi_physical(m->hollow, 1, one), -EFAULT);
	*(volatile char *)(uintptr_t)m->vaddr = 1;
	*(volatile char *)(uintptr_t)(m->vaddr + PAGE) = 1;
	/* It is private. */
	rule("memory: two pages", vfio_uapi_physical(m->vaddr, 2, one), 0);
	rule("memory: again", vfio_uapi_physical(m->vaddr, 2, again), 0);
	rule("memory: at the same addresses", one[0] == again[0] && one[1] == again[1], 1);
	rule("memory: at different ones", one[0] != one[1] && one[0] % PAGE == 0, 1);
	rule("memory: in hugepages", vfio_uapi_is_huge(one[0], 1), 0);
}

/* Memory gets its pages without a write. */
static void
populate(const struct rules_machine *m)
{
	uint64_t va = rules_hugepage(true), one[1] = { 0 };

	rule("memory: populate where there is none", vfio_uapi_populate(m->hollow, PAGE), -EFAULT);
	rule("memory: populate without write access", vfio_uapi_populate(m->unwritable, PAGE), -EFAULT);
	rule("hugepage: before a write", vfio_uapi_physical(va, 1, one), -EFAULT);
	rule("hugepage: populate", vfio_uapi_populate(va, RULES_HUGEPAGE), 0);
	rule("hugepage: populate again", vfio_uapi_populate(va, RULES_HUGEPAGE), 0);
	rule("hugepage: shared", vfio_uapi_physical(va, 1, one), 1);
	rule("hugepage: in hugepages", vfio_uapi_is_huge(one[0], RULES_HUGEPAGE / PAGE), 1);
	va = rules_hugepage(false);
	rule("private hugepage: before a write", vfio_uapi_physical(va, 1, one), -EFAULT);
	rule("private hugepage: populate", vfio_uapi_populate(va, RULES_HUGEPAGE), 0);
	rule("private hugepage: shared", vfio_uapi_physical(va, 1, one), 0);
	rule("private hugepage: in hugepages", vfio_uapi_is_huge(one[0], RULES_HUGEPAGE / PAGE), 1);
}

/* Groups join and leave a container. */
static void
groups(const struct rules_machine *m)
{
	int other = rule_fd("group: open another", vfio_uapi_open(m->other.group), 0), fd;

	rule("group: another in the container", vfio_uapi_group_set_container(other, container), 0);
	fd = rule_fd("group: its device", vfio_uapi_group_get_device(other, m->other.bdf), 0);
	rule("group: leave with an open device", vfio_uapi_group_unset_container(other), -EBUSY);
	vfio_uapi_close(fd);
	rule("group: leave", vfio_uapi_group_unset_container(other), 0);
	rule("group: leave again", vfio_uapi_group_unset_container(other), -EINVAL);
	vfio_uapi_close(other);
	rule("group: the last leaves", vfio_uapi_group_unset_container(group), 0);
	rule("container: no-IOMMU after that", vfio_uapi_set_iommu(container, VFIO_NOIOMMU_IOMMU),
			-EINVAL);
	rule("container: has type1 v2 after that", extension(VFIO_TYPE1v2_IOMMU), 1);
	rule("group: comes again", vfio_uapi_group_set_container(group, container), 0);
	rule("container: no-IOMMU with it", vfio_uapi_set_iommu(container, VFIO_NOIOMMU_IOMMU), 0);
}

void
rules_noiommu(struct rules_machine *m)
{
	int fd;

	container = rule_fd("container: open", vfio_uapi_open(NODE), 0);
	group = vfio_uapi_open(m->nic.group);
	before_iommu(m);
	with_iommu(m);
	memory(m);
	populate(m);
	fd = rule_fd("device: open", vfio_uapi_group_get_device(group, m->nic.bdf), 0);
	rules_device(m, fd);
	rules_irqs(m, fd);
	vfio_uapi_close(fd);
	groups(m);
	vfio_uapi_close(group);
	vfio_uapi_close(container);
}

void
rules_noiommu_denied(struct rules_machine *m)
{
	container = rule_fd("container: open", vfio_uapi_open(NODE), 0);
	rule("container: has no-IOMMU mode", extension(VFIO_NOIOMMU_IOMMU), 1);
	rule_fd("group: open without CAP_SYS_RAWIO", vfio_uapi_open(m->nic.group), -EPERM);
	vfio_uapi_close(container);
}
