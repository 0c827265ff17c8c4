/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Files and links about a PCI function, its group, its users and the machine. */

#include <errno.h>

#include "fuzz.h"
#include "fuzz_files.h"
#include "topology/topology_machine.h"
#include "topology/topology_nodes.h"

#define BDF "0000:01:00.0"
#define BRIDGE "/sys/devices/pci0000:00/0000:00:02.0/"
#define DIR BRIDGE BDF "/"

static const struct fuzz_place places[] = {
	{ 'p', true, "/sys/bus/pci/devices/" BDF }, { 'P', true, "/sys/bus/pci/devices/0000:02:00.0" },
	{ 'v', false, DIR "vendor" }, { 'd', false, DIR "device" }, { 'c', false, DIR "class" },
	{ 's', false, DIR "subsystem_vendor" }, { 'S', false, DIR "subsystem_device" },
	{ 'n', false, DIR "numa_node" }, { 'f', false, DIR "sriov_numvfs" },
	{ 'r', false, DIR "resource" }, { 'x', false, DIR "config" },
	{ 'l', false, DIR "current_link_speed" }, { 'o', false, DIR "vfio-dev/vfio0/dev" },
	{ 'g', true, DIR "iommu_group" }, { 'u', true, DIR "driver" }, { 'i', true, DIR "iommu" },
	{ 'y', true, DIR "physfn" }, { 'm', true, "/sys/kernel/iommu_groups/7/devices/other" },
	{ 'N', false, "/sys/kernel/iommu_groups/7/name" },
	{ 'C', false, BRIDGE "class" }, { 'L', false, BRIDGE "current_link_speed" },
	{ 'k', false, "/proc/sys/kernel/osrelease" }, { 'K', false, "/proc/cpuinfo" },
	{ 't', false, "/sys/firmware/acpi/tables/IORT" },
	{ 'M', false, "/proc/self/mountinfo" }, { '1', false, "/proc/1/mountinfo" },
	{ 'w', false, "/proc/swaps" }, { '4', false, "/proc/net/route" },
	{ '6', false, "/proc/net/ipv6_route" }, { 'e', false, "/proc/net/dev" },
	{ 'O', false, "/proc/cmdline" }, { 'T', false, "/sys/firmware/acpi/tables/DMAR" },
	{ 'a', false, "/proc/net/if_inet6" }, { 'A', false, "/proc/net/arp" },
	{ 'z', false, "/run/udev/data/b8:0" }, { 'Z', true, "/sys/fs/btrfs/1f-2/devices/sda" },
	{ 'b', true, "/sys/class/block/sda" }, { 'B', false, "/sys/class/block/dm-0/dm/name" },
	{ 'D', false, DIR "block/sda/dev" }, { 'E', true, "/sys/class/net/eth0" },
	{ 'U', false, DIR "net/eth0/operstate" }, { 'F', false, DIR "net/eth0/flags" },
	{ 'h', false, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages" },
	{ 'H', false, "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/free_hugepages" },
	{ 'q', true, "/proc/42/fd/3" }, { 'Q', false, "/proc/42/comm" },
};

static void
machine(void)
{
	fuzz_link("/sys/bus/pci/devices/0000:00:02.0", "../../../devices/pci0000:00/0000:00:02.0");
	fuzz_text(BRIDGE "vendor", "0x1b36\n");
	fuzz_text(BRIDGE "device", "0x000c\n");
	fuzz_text(BRIDGE "subsystem_vendor", "0x0000\n");
	fuzz_text(BRIDGE "subsystem_device", "0x0000\n");
	fuzz_link("/sys/kernel/iommu_groups/7/devices/" BDF, "../../../../devices/pci0000:00/0000:00:02.0/" BDF);
}

static void
device_look(struct topo_snapshot *snap, const struct topo_device *dev)
{
	struct topo_outer outer[TOPO_OUTER];
	struct topo_machine here;
	struct topo_set set;
	struct topo_use use;
	char text[TOPO_UNREAD_LEN];
	size_t n = 0;

	FUZZ_CHECK(dev->n_up <= TOPO_DEPTH);
	FUZZ_CHECK(dev->group >= -1 && dev->numa_node >= -1 && dev->class_id <= 0xffffff);
	topology_unread_names(dev, text, sizeof(text));
	FUZZ_CHECK((text[0] != '\0') == (dev->unread != 0));
	if (topology_outer(FUZZ_ROOT, dev, outer, &n) == 0)
		FUZZ_CHECK(n <= TOPO_OUTER);
	topology_machine(FUZZ_ROOT, dev, &here);
	topology_use(snap, dev, &use);
	FUZZ_CHECK(memchr(use.at, '\0', sizeof(use.at)) != NULL);
	topology_depends(FUZZ_ROOT, dev, dev);
	if (topology_snapshot_aliases(snap, dev, &set) == 0)
		FUZZ_CHECK(set.n + set.n_odd <= 3);
	FUZZ_CHECK(topology_snapshot_sends(snap, dev, &dev->addr));
	topology_snapshot_sends(snap, dev, &(struct topo_addr){ .bus = 1 });
	topology_is_vfio(dev);
	topology_blocks_group(dev);
}

static void
machine_look(struct topo_snapshot *snap)
{
	char name[TOPO_NAME_LEN], driver[TOPO_NAME_LEN], node[64];
	const struct topo_device *dev;
	struct topo_holder holder;
	struct topo_node *nodes;
	struct topo_set set;
	size_t n, i;

	FUZZ_CHECK(topology_snapshot_all(snap, &set) == 0);
	for (i = 0; i < set.n; i++) {
		device_look(snap, set.v[i]);
		topology_cdev_node(FUZZ_ROOT, set.v[i], node, sizeof(node));
	}
	for (i = set.n; i < set.n + set.n_odd; i++)
		FUZZ_CHECK(topology_snapshot_device(snap, &set.v[i]->addr, &dev) < 0);
	topology_snapshot_group(snap, 7, &set);
	topology_foreign_member(FUZZ_ROOT, 7, name, driver);
	if (topology_snapshot_holder(snap, "/dev/vfio/7", &holder) == 0)
		FUZZ_CHECK(holder.pid == 42);
	topology_kernel_version(FUZZ_ROOT);
	if (topology_nodes_read(FUZZ_ROOT, &nodes, &n) == 0)
		free(nodes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct topo_snapshot snap = { .root = FUZZ_ROOT };

	fuzz_files_once(machine);
	fuzz_places_make(&in, places, sizeof(places) / sizeof(*places));
	machine_look(&snap);
	topology_snapshot_free(&snap);
	fuzz_files_check();
	return 0;
}
