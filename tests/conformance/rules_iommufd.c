/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Character devices and address spaces of iommufd. Where several errors are possible, the
 * error of the kernel's first check must be returned.
 */

#include <errno.h>
#include <sys/mman.h>

#include "rules.h"

#define NODE "/dev/iommu"
#define PAGE RULES_PAGE
#define IOVA RULES_IOVA
#define UNKNOWN 9999

static struct rules_machine *machine;
static int iommufd, nic;
static uint32_t space;

static int
map(uint64_t iova, uint64_t size)
{
	return vfio_uapi_ioas_map(iommufd, space, machine->vaddr, iova, size, false);
}

static int
map_from(uint64_t vaddr, uint64_t iova, uint64_t size)
{
	return vfio_uapi_ioas_map(iommufd, space, vaddr, iova, size, false);
}

static int
map_access(uint64_t vaddr, uint64_t iova, bool read_only)
{
	return vfio_uapi_ioas_map(iommufd, space, vaddr, iova, PAGE, read_only);
}

/* @return bytes or -errno. */
static int64_t
unmap(uint64_t iova, uint64_t size)
{
	uint64_t bytes;
	int ret = vfio_uapi_ioas_unmap(iommufd, space, iova, size, &bytes);

	return ret < 0 ? ret : (int64_t)bytes;
}

static void
not_bound(void)
{
	struct vfio_device_info info;
	uint32_t v;
	void *p;

	rule_fd("bind: open", nic, 0);
	rule("unbound: info", vfio_uapi_device_info(nic, &info), -EINVAL);
	rule("unbound: attach", vfio_uapi_device_attach(nic, space), -EINVAL);
	rule("unbound: detach", vfio_uapi_device_detach(nic), -EINVAL);
	rule("unbound: reset", vfio_uapi_reset(nic), -EINVAL);
	rule("unbound: read", vfio_uapi_pread(nic, &v, sizeof(v), 0), -EINVAL);
	rule("unbound: mmap", vfio_uapi_mmap(NULL, PAGE, PROT_READ, MAP_SHARED, nic, 0, &p),
			-EINVAL);
}

static void
bind(void)
{
	int efd = vfio_uapi_eventfd(), group, fd;

	rule("bind: no descriptor", vfio_uapi_device_bind(nic, -1, NULL), -EINVAL);
	rule("bind: a descriptor that is not open", vfio_uapi_device_bind(nic, 9999, NULL), -EBADF);
	rule("bind: an eventfd", vfio_uapi_device_bind(nic, efd, NULL), -EBADFD);
	group = rule_fd("bind: open the group", vfio_uapi_open(machine->nic.group), 0);
	rule("bind: with the group open", vfio_uapi_device_bind(nic, iommufd, NULL), -EBUSY);
	rule("bind: with the group open, to an eventfd", vfio_uapi_device_bind(nic, efd, NULL), -EBUSY);
	vfio_uapi_close(group);
	rule("bind", vfio_uapi_device_bind(nic, iommufd, NULL), 0);
	rule("bind: again", vfio_uapi_device_bind(nic, iommufd, NULL), -EINVAL);
	rule("bind: an eventfd, again", vfio_uapi_device_bind(nic, efd, NULL), -EINVAL);
	fd = rule_fd("bind: open again", vfio_uapi_open(machine->nic.cdev), 0);
	rule("bind: what is open again", vfio_uapi_device_bind(fd, iommufd, NULL), -EINVAL);
	rule("bind: that to an eventfd", vfio_uapi_device_bind(fd, efd, NULL), -EBADFD);
	vfio_uapi_close(fd);
	rule_fd("bind: the group", vfio_uapi_open(machine->nic.group), -EBUSY);
	vfio_uapi_close(efd);
}

static void
fresh_space(void)
{
	struct abi_iova_range v[2];
	uint64_t alignment = 0;
	uint32_t n = 2, id;
	int efd = vfio_uapi_eventfd(), ret;

	rule("space: of an eventfd", vfio_uapi_ioas_alloc(efd, &id), -ENOTTY);
	rule("space: unknown", vfio_uapi_ioas_ranges(iommufd, UNKNOWN, v, &n, &alignment), -ENOENT);
	n = 2;
	rule("space: ranges", vfio_uapi_ioas_ranges(iommufd, space, v, &n, &alignment), 0);
	rule("space: is one range", n, 1);
	rule("space: of everything", v[0].first == 0 && v[0].last == UINT64_MAX, 1);
	rule("space: alignment", (int64_t)alignment, 1);
	rule("space: destroy an unknown one", vfio_uapi_ioas_destroy(iommufd, UNKNOWN), -ENOENT);
	rule("space: map, odd", map_from(machine->vaddr + 1, IOVA + 1, PAGE), 0);
	rule("space: attach with an odd mapping", vfio_uapi_device_attach(nic, space),
			-EADDRINUSE);
	rule("space: unmap, odd", unmap(IOVA + 1, PAGE), PAGE);
	rule("space: map what is reserved", map(rules_reserved(machine), PAGE), 0);
	rule("space: attach with that", vfio_uapi_device_attach(nic, space), -EADDRINUSE);
	rule("space: unmap that", unmap(rules_reserved(machine), PAGE), PAGE);
	rule("space: map no memory", map_from(machine->hollow, IOVA, PAGE), 0);
	rule("space: attach with that", vfio_uapi_device_attach(nic, space), -EFAULT);
	rule("space: unmap that", unmap(IOVA, PAGE), PAGE);
	rule("space: map unwritable memory", map_access(machine->unwritable, IOVA, false), 0);
	rule("space: attach with that", vfio_uapi_device_attach(nic, space), -EFAULT);
	rule("space: unmap that", unmap(IOVA, PAGE), PAGE);
	/* If the kernel maps doorbells, interrupts need an address space. */
	ret = vfio_uapi_set_irqs(nic, VFIO_PCI_MSIX_IRQ_INDEX, 0, &efd, 1);
	machine->no_doorbell = ret == 0;
	rule("space: interrupts without", ret, ret == 0 ? 0 : -ENOSPC);
	rule("space: interrupts off", vfio_uapi_set_irqs(nic, VFIO_PCI_MSIX_IRQ_INDEX, 0,
				NULL, 0), ret == 0 ? 0 : -EINVAL);
	rule("space: attach to an unknown one", vfio_uapi_device_attach(nic, UNKNOWN), -ENOENT);
	rule("space: attach", vfio_uapi_device_attach(nic, space), 0);
	rule("space: attach again", vfio_uapi_device_attach(nic, space), 0);
	rule("space: destroy", vfio_uapi_ioas_destroy(iommufd, space), -EBUSY);
	vfio_uapi_close(efd);
}

static void
ranges(void)
{
	struct abi_iova_range v[RULES_RANGES] = { 0 };
	struct iova_range list[RULES_RANGES];
	uint64_t alignment = 0;
	uint32_t n = 1, i;

	rule("ranges: too many", vfio_uapi_ioas_ranges(iommufd, space, v, &n, &alignment),
			-EMSGSIZE);
	rule("ranges: how many it says then", n, (int64_t)machine->n_reserved + 1);
	rule("ranges: the first is there", v[0].last == rules_reserved(machine) - 1, 1);
	rule("ranges: the second is not", v[1].last == 0, 1);
	n = 0;
	rule("ranges: no room", vfio_uapi_ioas_ranges(iommufd, space, v, &n, &alignment),
			-EMSGSIZE);
	rule("map", map(IOVA, PAGE), 0);
	n = RULES_RANGES;
	rule("ranges: enough", vfio_uapi_ioas_ranges(iommufd, space, v, &n, &alignment), 0);
	rule("ranges: alignment", (int64_t)alignment, PAGE);
	rule("unmap", unmap(IOVA, PAGE), PAGE);
	for (i = 0; i < n && i < RULES_RANGES; i++)
		list[i] = (struct iova_range){ v[i].first, v[i].last };
	rules_ranges(machine, list, i);
}

static void
mappings(void)
{
	uint64_t reserved = rules_reserved(machine), last = UINT64_MAX - PAGE + 1;

	rule("map: before the mapping", map(IOVA, 4 * PAGE), 0);
	rule("map: size 0 of what is mapped", map(IOVA, 0), -EINVAL);
	rule("map: size 0, odd", map(IOVA + 1, 0), -EINVAL);
	rule("map: memory wraps", map_from(last, IOVA, 2 * PAGE), -EOVERFLOW);
	rule("map: wraps", map(last, 2 * PAGE), -EOVERFLOW);
	rule("map: wraps, odd", map(last + 1, 2 * PAGE), -EINVAL);
	rule("map: odd IOVA of what is mapped", map(IOVA + 1, PAGE), -EINVAL);
	rule("map: odd size of what is mapped", map(IOVA, PAGE + 1), -EINVAL);
	rule("map: odd memory of what is mapped", map_from(machine->vaddr + 1, IOVA, PAGE), -EEXIST);
	rule("map: odd memory", map_from(machine->vaddr + 1, 16 * IOVA, PAGE), -EINVAL);
	rule("map: the same", map(IOVA, 4 * PAGE), -EEXIST);
	rule("map: inside", map(IOVA + PAGE, PAGE), -EEXIST);
	rule("map: around", map(IOVA - PAGE, 6 * PAGE), -EEXIST);
	rule("map: over its start", map(IOVA - PAGE, 2 * PAGE), -EEXIST);
	rule("map: over its end", map(IOVA + 3 * PAGE, 2 * PAGE), -EEXIST);
	rule("map: mapped, and outside", map(IOVA, (machine->last | 0xfff) + 1), -EINVAL);
	rule("map: mapped, and no memory", map_from(machine->hollow, IOVA, PAGE), -EEXIST);
	rule("map: adjacent", map(IOVA + 4 * PAGE, PAGE), 0);
	rule("map: reserved", map(reserved, PAGE), -EINVAL);
	rule("map: reserved at its end", map(reserved - PAGE, 2 * PAGE), -EINVAL);
	rule("map: reserved, and no memory", map_from(machine->hollow, reserved, PAGE), -EINVAL);
	rule("map: up to what is reserved", map(reserved - PAGE, PAGE), 0);
	rule("map: outside", map(machine->last + 1, PAGE), -EINVAL);
	rule("map: the last page of all", map(last, PAGE), -EINVAL);
	rule("map: the last page", map(machine->last - PAGE + 1, PAGE), 0);
	rule("map: page 0", map(0, PAGE), 0);
	rule("map: no memory", map_from(machine->hollow, 16 * IOVA, PAGE), -EFAULT);
	rule("map: again, with memory", map(16 * IOVA, PAGE), 0);
	rule("map: in an unknown space",
			vfio_uapi_ioas_map(iommufd, UNKNOWN, machine->vaddr, IOVA, 0, false), -ENOENT);
	rule("unmap: everything", unmap(0, UINT64_MAX), 9 * PAGE);
}

static void
unmappings(void)
{
	int i;

	rule("unmap: nothing", unmap(IOVA, PAGE), -ENOENT);
	rule("unmap: everything of nothing", unmap(0, UINT64_MAX), 0);
	for (i = 0; i < 4; i++)
		rule("unmap: before it", map(IOVA + i * 2 * PAGE, 2 * PAGE), 0);
	rule("unmap: size 0", unmap(IOVA, 0), -EINVAL);
	rule("unmap: wraps", unmap(UINT64_MAX - 1, 3), -EOVERFLOW);
	rule("unmap: the first half", unmap(IOVA, PAGE), -ENOENT);
	rule("unmap: the second half", unmap(IOVA + PAGE, PAGE), -ENOENT);
	rule("unmap: half and one", unmap(IOVA + PAGE, 3 * PAGE), -ENOENT);
	rule("unmap: what is before a half", unmap(IOVA, 3 * PAGE), -ENOENT);
	rule("unmap: that is gone", unmap(IOVA, 2 * PAGE), -ENOENT);
	rule("unmap: one and a hole, odd", unmap(IOVA + 1, 4 * PAGE - 1), 2 * PAGE);
	rule("unmap: outside", unmap(machine->last + 1, PAGE), -ENOENT);
	rule("unmap: of an unknown space",
			vfio_uapi_ioas_unmap(iommufd, UNKNOWN, 0, 0, &(uint64_t){ 0 }), -ENOENT);
	rule("unmap: the others", unmap(0, UINT64_MAX), 4 * PAGE);
}

static int
allow(uint64_t first, uint64_t last, uint64_t first2, uint64_t last2, uint32_t n)
{
	const struct abi_iova_range v[] = { { first, last }, { first2, last2 } };

	return vfio_uapi_ioas_allow(iommufd, space, v, n);
}

static void
promises(int other)
{
	uint64_t r = rules_reserved(machine);

	rule("allow: overlap", allow(IOVA, IOVA + 0xffff, IOVA + 0xf000, IOVA + 0x1ffff, 2), -EINVAL);
	rule("allow: one address", allow(IOVA, IOVA, 0, 0, 1), -EINVAL);
	rule("allow: upside down", allow(IOVA + PAGE, IOVA, 0, 0, 1), -EINVAL);
	rule("allow: reserved", allow(r - PAGE, r + PAGE - 1, 0, 0, 1), -EADDRINUSE);
	rule("allow: reserved and overlap", allow(r, r + PAGE, r, r + PAGE, 2), -EINVAL);
	rule("allow: outside", allow(machine->last - PAGE, machine->last + PAGE, 0, 0, 1),
			-EADDRINUSE);
	rule("allow", allow(IOVA, IOVA + 0xffff, IOVA + 0x10000, IOVA + 0x1ffff, 2), 0);
	rule("allow: map elsewhere", map(16 * IOVA, PAGE), 0);
	rule("allow: another comes", vfio_uapi_device_attach(other, space), 0);
	rule("allow: both go", vfio_uapi_device_detach(nic) | vfio_uapi_device_detach(other), 0);
	rule("allow: detach again", vfio_uapi_device_detach(nic), 0);
	rule("allow: what was reserved", allow(r, r + PAGE - 1, 0, 0, 1), 0);
	rule("allow: attach then", vfio_uapi_device_attach(nic, space), -EADDRINUSE);
	rule("allow: nothing any more", allow(0, 0, 0, 0, 0), 0);
	rule("allow: the mapping stays without a device", map(16 * IOVA, PAGE), -EEXIST);
	rule("allow: attach after that", vfio_uapi_device_attach(nic, space), 0);
	rule("unmap", unmap(16 * IOVA, PAGE), PAGE);
}

/* A device can move to another space. A file exists while any of its descriptors is open. */
static void
moves(void)
{
	uint32_t two = 0;
	int copy;

	rule("move: another space", vfio_uapi_ioas_alloc(iommufd, &two), 0);
	rule("move: map", map(IOVA, PAGE), 0);
	rule("move", vfio_uapi_device_attach(nic, two), 0);
	rule("move: destroy where it is", vfio_uapi_ioas_destroy(iommufd, two), -EBUSY);
	rule("move: where it was all can be mapped", map(rules_reserved(machine), PAGE), 0);
	rule("move: not back", vfio_uapi_device_attach(nic, space), -EADDRINUSE);
	rule("move: is still there", vfio_uapi_ioas_destroy(iommufd, two), -EBUSY);
	rule("move: unmap", unmap(rules_reserved(machine), PAGE), PAGE);
	rule("move: back", vfio_uapi_device_attach(nic, space), 0);
	rule("move: destroy where it was", vfio_uapi_ioas_destroy(iommufd, two), 0);
	rule("move: destroy again", vfio_uapi_ioas_destroy(iommufd, two), -ENOENT);
	copy = rule_fd("copy", vfio_uapi_dup(nic), 0);
	vfio_uapi_close(nic);
	nic = copy;
	rule("copy: is still attached", vfio_uapi_ioas_destroy(iommufd, space), -EBUSY);
	rule("copy: bind", vfio_uapi_device_bind(copy, iommufd, NULL), -EINVAL);
	copy = rule_fd("copy: iommufd", vfio_uapi_dup(iommufd), 0);
	rule("copy: space", vfio_uapi_ioas_alloc(copy, &two), 0);
	rule("copy: move", vfio_uapi_device_attach(nic, two), 0);
	rule("copy: destroy", vfio_uapi_ioas_destroy(copy, two), -EBUSY);
	rule("copy: back", vfio_uapi_device_attach(nic, space), 0);
	vfio_uapi_close(copy);
	rule("copy: the space stays", vfio_uapi_ioas_destroy(iommufd, two), 0);
	vfio_uapi_close(nic);
	rule("copy: the last is closed", unmap(IOVA, PAGE), PAGE);
}

/* Groups with the iommufd instead of a container. */
static void
groups(void)
{
	uint64_t r = rules_reserved(machine);
	uint32_t flags = 0;
	int group = rule_fd("group: open", vfio_uapi_open(machine->nic.group), 0), fd;

	rule("group: its space", vfio_uapi_ioas_for_groups(iommufd, space), 0);
	rule("group: iommufd", vfio_uapi_group_set_container(group, iommufd), 0);
	rule("group: iommufd again", vfio_uapi_group_set_container(group, iommufd), -EINVAL);
	vfio_uapi_group_status(group, &flags);
	rule("group: status", flags & VFIO_GROUP_FLAGS_CONTAINER_SET, VFIO_GROUP_FLAGS_CONTAINER_SET);
	rule("group: map what is reserved", map(r, PAGE), 0);
	rule_fd("group: device then", vfio_uapi_group_get_device(group, machine->nic.bdf),
			-EADDRINUSE);
	rule("group: unmap", unmap(r, PAGE), PAGE);
	fd = rule_fd("group: device", vfio_uapi_group_get_device(group, machine->nic.bdf), 0);
	rule("group: map what is reserved now", map(r, PAGE), -EINVAL);
	rule("group: attach its device", vfio_uapi_device_attach(fd, space), -ENOTTY);
	rule("group: destroy", vfio_uapi_ioas_destroy(iommufd, space), -EBUSY);
	rule("group: leaves its open device", vfio_uapi_group_unset_container(group), 0);
	rule("group: leaves again", vfio_uapi_group_unset_container(group), -EINVAL);
	vfio_uapi_close(fd);
	vfio_uapi_close(group);
	rule("group: map what was reserved", map(r, PAGE), 0);
	rule("group: destroy after that", vfio_uapi_ioas_destroy(iommufd, space), 0);
}

void
rules_iommufd(struct rules_machine *m)
{
	const uint8_t token[ABI_UUID_SIZE] = { 1 };
	int other;

	machine = m;
	iommufd = rule_fd("iommufd: open", vfio_uapi_open(NODE), 0);
	rule("iommufd: is one", vfio_uapi_iommufd_rlimit_mode(iommufd), 0);
	rule("space: alloc", vfio_uapi_ioas_alloc(iommufd, &space), 0);
	nic = vfio_uapi_open(m->nic.cdev);
	not_bound();
	bind();
	fresh_space();
	ranges();
	mappings();
	rules_read_only(machine, map_access, unmap);
	rules_files(m, iommufd, space);
	unmappings();
	rules_device(m, nic);
	rule("device: hot reset with a group", vfio_uapi_hot_reset(nic, &iommufd, 1), -EINVAL);
	rule("device: hot reset", vfio_uapi_hot_reset(nic, NULL, 0), -ENODEV);
	rules_irqs(m, nic);
	other = rule_fd("another: open", vfio_uapi_open(m->other.cdev), 0);
	rule("another: a token that nobody wants", vfio_uapi_device_bind(other, iommufd, token), -EINVAL);
	rule("another: bind", vfio_uapi_device_bind(other, iommufd, NULL), 0);
	promises(other);
	vfio_uapi_close(other);
	moves();
	groups();
	vfio_uapi_close(iommufd);
}
