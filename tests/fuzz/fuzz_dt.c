/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Properties of a host bridge in the device tree: windows, and addresses that reach memory. */

#include "fuzz.h"
#include "fuzz_files.h"
#include "holes/holes.h"

#define BASE "/sys/firmware/devicetree/base/"
#define SOC BASE "soc/"
#define NODE SOC "pcie@10000000/"
#define BUS "/devices/platform/soc/10000000.pcie/pci0000:00/pci_bus/0000:00"

static const struct fuzz_place places[] = {
	{ 'r', false, NODE "ranges" }, { 'd', false, NODE "dma-ranges" },
	{ 'a', false, NODE "#address-cells" }, { 'z', false, NODE "#size-cells" },
	{ 'i', false, NODE "interconnects" }, { 'n', false, NODE "interconnect-names" },
	{ 'R', false, SOC "ranges" }, { 'D', false, SOC "dma-ranges" },
	{ 'A', false, SOC "#address-cells" }, { 'Z', false, SOC "#size-cells" },
	{ 'b', false, BASE "#address-cells" }, { 'B', false, BASE "#size-cells" },
	{ 'p', false, BASE "memory/phandle" }, { 'c', false, BASE "memory/#interconnect-cells" },
	{ 'm', false, BASE "memory/dma-ranges" }, { 't', false, NODE "device_type" },
};

static void
machine(void)
{
	fuzz_link("/sys/class/pci_bus/0000:00", "../.." BUS);
	fuzz_text("/sys" BUS "/cpulistaffinity", "0\n");
	fuzz_link("/sys/devices/platform/soc/10000000.pcie/of_node",
		"../../../../firmware/devicetree/base/soc/pcie@10000000");
}

static void
expect_ranges(const struct hole_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		FUZZ_CHECK(iova_range_valid(list->v[i].range));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_in in = { data, size };
	struct topo_snapshot snap = { .root = FUZZ_ROOT };
	struct holes_bridges bridges = { .snap = &snap };
	struct hole_list windows = { 0 }, gaps = { 0 };
	struct holes_view view = { 0 };
	struct holes_look look = { 0 };
	size_t i;

	fuzz_files_once(machine);
	fuzz_places_make(&in, places, sizeof(places) / sizeof(*places));
	FUZZ_CHECK(holes_host_bridge(&bridges, "0000:00", false, "x", &windows, &view) == 0);
	FUZZ_CHECK((windows.n == 0) == (view.source == HOLES_SOURCE_NONE));
	expect_ranges(&windows);
	FUZZ_CHECK(holes_dma_ranges(&bridges, "0000:00", "x", &gaps, &look) == 0);
	expect_ranges(&gaps);
	for (i = 1; i < gaps.n; i++)
		FUZZ_CHECK(gaps.v[i - 1].range.last < gaps.v[i].range.first);
	holes_free(&windows);
	holes_free(&gaps);
	holes_bridges_free(&bridges);
	topology_snapshot_free(&snap);
	fuzz_files_check();
	return 0;
}
