/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Memory of a function, and windows found by it: 64 bytes of config space, then its
 * "resource".
 */

#include <errno.h>

#include "fuzz.h"
#include "fuzz_files.h"
#include "holes/holes.h"
#include "pci/pci_config.h"

#define BDF "0000:00:01.0"
#define DIR "/sys/devices/pci0000:00/" BDF "/"

static void
machine(void)
{
	fuzz_link("/sys/bus/pci/devices/" BDF, "../../../devices/pci0000:00/" BDF);
	fuzz_text(DIR "vendor", "0x8086\n");
	fuzz_text(DIR "device", "0x10c9\n");
	fuzz_text(DIR "class", "0x020000\n");
	fuzz_text(DIR "subsystem_vendor", "0x1af4\n");
	fuzz_text(DIR "subsystem_device", "0x1100\n");
	fuzz_text("/proc/iomem", "600000000000-60003fffffff : PCI Bus 0000:00\n");
}

static void
rows(void)
{
	struct topo_bar row[TOPO_ROWS];
	uint64_t bus[TOPO_ROWS];
	struct topo_addr addr;
	size_t n = 0, i;
	int ret;

	FUZZ_CHECK(topology_parse_bdf(BDF, &addr) == 0);
	ret = topology_resource_rows(FUZZ_ROOT, &addr, row, &n);
	FUZZ_CHECK(ret == 0 || ret == -ENODATA);
	FUZZ_CHECK(n <= TOPO_ROWS);
	for (i = 0; i < n; i++)
		FUZZ_CHECK(row[i].len == 0 || row[i].phys + row[i].len - 1 >= row[i].phys);
	ret = topology_bus_rows(FUZZ_ROOT, &addr, row, n, bus);
	FUZZ_CHECK(ret == 0 || ret == -ENODATA);
}

static void
windows(void)
{
	struct topo_snapshot snap = { .root = FUZZ_ROOT };
	struct holes_bridges bridges = { .snap = &snap };
	struct holes_view view = { 0 };
	struct hole_list list = { 0 };
	size_t i;

	FUZZ_CHECK(holes_host_bridge(&bridges, "0000:00", true, "x", &list, &view) == 0);
	FUZZ_CHECK(holes_endpoint(FUZZ_ROOT, BDF, "10000:00", true, "x", &list) == 0);
	for (i = 0; i < list.n; i++)
		FUZZ_CHECK(iova_range_valid(list.v[i].range));
	holes_free(&list);
	holes_bridges_free(&bridges);
	topology_snapshot_free(&snap);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t config = size < PCI_CONFIG_HEADER ? size : PCI_CONFIG_HEADER;

	fuzz_files_once(machine);
	fuzz_file(DIR "config", data, config);
	fuzz_file(DIR "resource", data + config, size - config);
	/* Windows of /proc/iomem, or the hull of the rows. */
	fuzz_text("/proc/iomem", size % 2 == 0 ? "" : "600000000000-60003fffffff : PCI Bus 0000:00\n");
	rows();
	windows();
	fuzz_files_check();
	return 0;
}
