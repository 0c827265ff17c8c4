/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Machines whose host bridge maps memory at different addresses for the CPU and on the
 * bus: "resource" and /proc/iomem have CPU addresses, config space has bus addresses.
 */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bridge_once.h"
#include "sysfs/sysfs.h"
#include "row.h"
#include "topology_bdf.h"
#include "tree.h"

#define BUS "/devices/pci0000:00/"
#define MEM 0x40200
#define WINDOW_MEM 0x200
#define WINDOW_PREF 0x102200

static struct hole_list list;
static struct holes_view view;
static unsigned int estimated;	/* a bit for each hole */

static void
put32(uint8_t *config, unsigned int at, uint64_t v)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		config[at + i] = (uint8_t)(v >> 8 * i);
}

/* Make a function with these rows. With more than 7 rows it is a bridge. */
static void
function(const char *root, const char *bdf, const uint64_t (*rows)[3], size_t n)
{
	char path[128], text[TOPO_ROWS * 64] = "";
	size_t i;

	snprintf(path, sizeof(path), BUS "%s", bdf);
	tree_device(root, path);
	for (i = 0; i < n; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
			"0x%016llx 0x%016llx 0x%016llx\n", (unsigned long long)rows[i][0],
			(unsigned long long)rows[i][1], (unsigned long long)rows[i][2]);
	snprintf(path, sizeof(path), "/sys" BUS "%s/resource", bdf);
	tree_text(root, path, text);
}

static void
config(const char *root, const char *bdf, const uint8_t *data, size_t len)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys" BUS "%s/config", bdf);
	tree_write(root, path, data, len);
}

/* Make a NIC with one BAR of 32 or 64 bits. */
static void
nic(const char *root, const char *bdf, uint64_t cpu, uint64_t bus, uint64_t len)
{
	const uint64_t rows[][3] = { { cpu, cpu + len - 1, MEM } };
	uint8_t data[64] = { 0x86, 0x80 };

	put32(data, 0x10, bus | (bus >> 32 != 0 ? 0x4 : 0));
	if (bus >> 32 != 0)
		put32(data, 0x14, bus >> 32);
	function(root, bdf, rows, 1);
	config(root, bdf, data, sizeof(data));
}

static void
expect(const char *root, enum holes_source source, const struct iova_range *want, size_t n)
{
	size_t i;

	memset(&view, 0, sizeof(view));
	estimated = 0;
	assert_int_equal(bridge_windows(root, "0000:00", true, "x", &list, &view), 0);
	assert_int_equal(view.source, source);
	assert_int_equal(list.n, n);
	EACH_ROW_OF(i, want, n, "0x%" PRIx64 "-0x%" PRIx64, want[i].first, want[i].last) {
		assert_true(list.v[i].range.first == want[i].first);
		assert_true(list.v[i].range.last == want[i].last);
		estimated |= iova_hole_estimated(&list.v[i]) << i;
		assert_int_equal(list.v[i].hardness,
				iova_hole_estimated(&list.v[i]) ? IOVA_SOFT : IOVA_HARD);
	}
	holes_free(&list);
}

#define EXPECT(root, source, ...) do { \
	const struct iova_range want_[] = { __VA_ARGS__ }; \
	expect(root, source, want_, sizeof(want_) / sizeof(*want_)); \
} while (0)

static void
test_read_start(void **state)
{
	const char *root = *state;
	char buf[8] = "-------";
	size_t len = 77;

	assert_true(sysfs_read_start(root, buf, 4, &len, "/f") != 0);
	assert_int_equal(len, 77);
	tree_text(root, "/f", "abcdef");
	assert_int_equal(sysfs_read_start(root, buf, 4, &len, "/%s", "f"), 0);
	assert_int_equal(len, 4);
	assert_string_equal(buf, "abcd---");
	assert_int_equal(sysfs_read_start(root, buf, 8, &len, "/f"), 0);
	assert_int_equal(len, 6);
	tree_text(root, "/f", "");
	assert_int_equal(sysfs_read_start(root, buf, 8, &len, "/f"), 0);
	assert_int_equal(len, 0);
}

/* Each window has its own offset: one downwards, one upwards, one of zero. */
static void
test_windows(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/iomem", "600000000000-60003fffffff : PCI Bus 0000:00\n"
			"  600000000000-6000000fffff : 0000:00:01.0\n"
			"8000000000-8fffffffff : PCI Bus 0000:00\n"
			"10000-1ffff : PCI Bus 0000:00\n");
	/* Without a known offset, the CPU addresses are used and the result says so. */
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x600000000000, 0x60003fffffff },
		{ 0x8000000000, 0x8fffffffff }, { 0x10000, 0x1ffff });
	assert_true(view.offset_assumed);
	assert_false(view.shifted);
	assert_int_equal(estimated, 7);
	nic(root, "0000:00:01.0", 0x600000000000, 0x40000000, 0x100000);
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x40000000, 0x7fffffff },
		{ 0x8000000000, 0x8fffffffff }, { 0x10000, 0x1ffff });
	assert_true(view.offset_assumed);
	assert_true(view.shifted);
	assert_int_equal(estimated, 6);
	nic(root, "0000:00:02.0", 0x8000100000, 0x9000100000, 0x100000);
	nic(root, "0000:00:03.0", 0x10000, 0x10000, 0x1000);
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x40000000, 0x7fffffff },
		{ 0x9000000000, 0x9fffffffff }, { 0x10000, 0x1ffff });
	assert_false(view.offset_assumed);
	assert_true(view.shifted);
	assert_int_equal(estimated, 0);
	/* Two BARs imply different offsets of one window. Both results become soft holes. */
	nic(root, "0000:00:04.0", 0x8000200000, 0xa000200000, 0x100000);
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x40000000, 0x7fffffff },
		{ 0x9000000000, 0x9fffffffff }, { 0x10000, 0x1ffff },
		{ 0xa000000000, 0xafffffffff });
	assert_int_equal(estimated, 0xa);
	/* An offset by which the window would wrap is ignored. */
	nic(root, "0000:00:04.0", 0x8fffe00000, 0x100000, 0x100000);
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x40000000, 0x7fffffff },
		{ 0x9000000000, 0x9fffffffff }, { 0x10000, 0x1ffff });
}

/* As on a PC, all known offsets are 0. Windows without a BAR then have offset 0, too. */
static void
test_no_offset(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/iomem", "000a0000-000bffff : PCI Bus 0000:00\n"
			"c0000000-febfffff : PCI Bus 0000:00\n");
	nic(root, "0000:00:03.0", 0xfe000000, 0xfe000000, 0x20000);
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0xa0000, 0xbffff }, { 0xc0000000, 0xfebfffff });
	assert_false(view.offset_assumed);
	assert_int_equal(estimated, 0);
	assert_false(view.shifted);
}

/* Without root privileges, bus addresses make one hull below and one above 4 GiB. */
static void
test_hull(void **state)
{
	/* With the BAR of a VF, whose bus address is not in these registers. */
	const uint64_t sriov[][3] = {
		{ 0x600000400000, 0x60000041ffff, MEM }, { 0 }, { 0 }, { 0 }, { 0 }, { 0 }, { 0 },
		{ 0x600000500000, 0x60000051ffff, MEM },
	};
	uint8_t data[64] = { 0x86, 0x80 };
	const char *root = *state;

	nic(root, "0000:00:01.0", 0x600000000000, 0x40000000, 0x1000);
	nic(root, "0000:00:02.0", 0x8000100000, 0x8000100000, 0x1000);
	EXPECT(root, HOLES_SOURCE_RESOURCES, { 0x40000000, 0x400fffff },
		{ 0x8000100000, 0x80001fffff });
	assert_true(view.shifted);
	assert_false(view.offset_assumed);
	put32(data, 0x10, 0x40400000);
	function(root, "0000:00:05.0", sriov, 8);
	config(root, "0000:00:05.0", data, sizeof(data));
	EXPECT(root, HOLES_SOURCE_RESOURCES, { 0x40000000, 0x405fffff },
		{ 0x8000100000, 0x80001fffff });
}

/* The windows of a bridge are matched by kind and length. */
static void
test_bridge(void **state)
{
	const uint64_t rows[][3] = {
		{ 0 }, { 0 }, { 0 }, { 0 }, { 0 }, { 0 }, { 0 },
		{ 0x1000, 0x1fff, 0x100 },
		{ 0x600000000000, 0x6000001fffff, WINDOW_MEM },
		{ 0x700000000000, 0x7000ffffffff, WINDOW_PREF },
	};
	const struct topo_addr a = addr("0000:00:01.0");
	struct topo_bar v[TOPO_ROWS];
	uint64_t bus[TOPO_ROWS];
	uint8_t data[64] = { 0x36, 0x1b, [0x0e] = 0x81 };
	const char *root = *state;
	size_t n;

	function(root, "0000:00:01.0", rows, 10);
	put32(data, 0x20, 0x40104000);		/* 0x40000000-0x401fffff */
	put32(data, 0x24, 0xfff10001);		/* 0x8000000000-0x80ffffffff */
	put32(data, 0x28, 0x80);
	put32(data, 0x2c, 0x80);
	config(root, "0000:00:01.0", data, sizeof(data));
	assert_int_equal(topology_resource_rows(root, &a, v, &n), 0);
	assert_int_equal(n, 10);
	topology_bus_rows(root, &a, v, n, bus);
	assert_true(bus[8] == 0x40000000);
	assert_true(bus[9] == 0x8000000000);
	assert_true(bus[7] == TOPO_NO_ADDRESS);
	EXPECT(root, HOLES_SOURCE_RESOURCES, { 0x40000000, 0x401fffff },
		{ 0x8000000000, 0x80ffffffff });
	/* One window has another length than its row. The other window is closed. */
	put32(data, 0x20, 0x40004000);
	put32(data, 0x24, 0x00018001);
	config(root, "0000:00:01.0", data, sizeof(data));
	topology_bus_rows(root, &a, v, n, bus);
	assert_true(bus[8] == TOPO_NO_ADDRESS && bus[9] == TOPO_NO_ADDRESS);
}

/* Config space that is truncated, absent or off, of another header type, or with odd BARs. */
static void
test_config(void **state)
{
	const uint64_t rows[][3] = {
		{ 0x10000000, 0x1001ffff, MEM }, { 0x1000, 0x103f, 0x40101 },
		{ 0x20000000, 0x2000ffff, MEM }, { 0 }, { 0 }, { 0x30000000, 0x3000ffff, MEM },
	};
	const struct topo_addr a = addr("0000:00:01.0");
	struct topo_bar v[TOPO_ROWS];
	uint64_t bus[TOPO_ROWS];
	uint8_t data[64] = { 0x86, 0x80 };
	const char *root = *state;
	size_t n, i;

#define EXPECT_ROWS(b0, b2, b5) do { \
	config(root, "0000:00:01.0", data, sizeof(data)); \
	topology_bus_rows(root, &a, v, n, bus); \
	assert_true(bus[0] == (b0) && bus[2] == (b2) && bus[5] == (b5)); \
	assert_true(bus[1] == TOPO_NO_ADDRESS && bus[3] == TOPO_NO_ADDRESS); \
} while (0)
#define NONE TOPO_NO_ADDRESS

	function(root, "0000:00:01.0", rows, 6);
	assert_int_equal(topology_resource_rows(root, &a, v, &n), 0);
	topology_bus_rows(root, &a, v, n, bus);
	for (i = 0; i < n; i++)
		assert_true(bus[i] == NONE);
	EXPECT_ROWS(NONE, NONE, NONE);
	put32(data, 0x10, 0x10000000);
	put32(data, 0x14, 0x1001);
	put32(data, 0x18, 0x2000000c);
	put32(data, 0x1c, 0x5);
	EXPECT_ROWS(0x10000000, 0x520000000, NONE);
	put32(data, 0x24, 0x40000004);	/* the last BAR can't have 64 bits */
	EXPECT_ROWS(0x10000000, 0x520000000, NONE);
	put32(data, 0x24, 0x40000008);
	EXPECT_ROWS(0x10000000, 0x520000000, 0x40000000);
	put32(data, 0x10, 0x10010000);	/* not a multiple of its size */
	EXPECT_ROWS(NONE, 0x520000000, 0x40000000);
	data[0x0e] = 2;
	EXPECT_ROWS(NONE, NONE, NONE);
	data[0x0e] = 1;			/* has two BARs */
	put32(data, 0x10, 0x10000000);
	EXPECT_ROWS(0x10000000, NONE, NONE);
	data[0x0e] = 0;
	memset(data, 0xff, 2);
	EXPECT_ROWS(NONE, NONE, NONE);
	memset(data, 0, 2);
	config(root, "0000:00:01.0", data, 63);
	topology_bus_rows(root, &a, v, n, bus);
	assert_true(bus[0] == NONE);
}

/*
 * A function that sleeps is not woken for its bus addresses: one in D3cold, and one below a
 * suspended bridge. The other functions of the window show them.
 */
static void
test_asleep(void **state)
{
#define PORT "0000:00:03.0"
	const char *root = *state;

	tree_text(root, "/proc/iomem", "8000000000-80ffffffff : PCI Bus 0000:00\n");
	tree_device(root, BUS PORT);
	nic(root, "0000:00:01.0", 0x8000000000, 0x40000000, 0x20000);
	nic(root, "0000:00:02.0", 0x8000100000, 0x50000000, 0x20000);
	nic(root, PORT "/0000:01:00.0", 0x8000200000, 0x60000000, 0x20000);
	tree_text(root, "/sys" BUS "0000:00:02.0/power_state", "D3cold\n");
	tree_text(root, "/sys" BUS PORT "/0000:01:00.0/power_state", "D3hot\n");
	tree_text(root, "/sys" BUS PORT "/power/runtime_status", "suspended\n");
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x40000000, 0x13fffffff });
	assert_int_equal(estimated, 0);
	assert_int_equal(view.in[HOLES_IN_CONFIG].sight, HOLES_SEEN);
	/* In D3hot config space answers without a wake-up. */
	tree_text(root, "/sys" BUS "0000:00:01.0/power_state", "D3hot\n");
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x40000000, 0x13fffffff });
	/* All sleep: the bus addresses are unknown, and nothing is hidden. */
	tree_text(root, "/sys" BUS "0000:00:01.0/power_state", "D3cold\n");
	EXPECT(root, HOLES_SOURCE_IOMEM, { 0x8000000000, 0x80ffffffff });
	assert_true(view.offset_assumed);
	assert_int_equal(estimated, 1);
	assert_int_equal(view.in[HOLES_IN_CONFIG].sight, HOLES_UNREAD);
}

static void
test_below(void **state)
{
	const char *root = *state;
	struct topo_snapshot snap = { .root = root };
	struct topo_memory memory;
	size_t next = 0;

	tree_device(root, "/devices/pci0000:00/0000:00:01.0/0000:01:00.0");
	tree_device(root, "/devices/pci0000:00/0000:00:01.0");
	tree_device(root, "/devices/pci0000:80/0000:80:01.0");
	tree_link(root, "/sys/bus/pci/devices/0000:00:07.0", "../gone");
	tree_link(root, "/sys/bus/pci/devices/0000:00:08.0", "../../../devices");
	assert_int_equal(topology_snapshot_memory(&snap, "0000:00", &next, &memory), 1);
	assert_int_equal(memory.addr.bus, 0);
	assert_int_equal(memory.ret, -ENOENT);
	/* A function with an odd path may be below any bridge. */
	assert_int_equal(topology_snapshot_memory(&snap, "0000:00", &next, &memory), 1);
	assert_int_equal(memory.addr.dev, 8);
	assert_int_equal(memory.ret, -ENODATA);
	assert_int_equal(memory.n, 0);
	assert_int_equal(topology_snapshot_memory(&snap, "0000:00", &next, &memory), 1);
	assert_int_equal(memory.addr.bus, 1);
	assert_int_equal(topology_snapshot_memory(&snap, "0000:00", &next, &memory), 0);
	next = 0;
	assert_int_equal(topology_snapshot_memory(&snap, "0001:00", &next, &memory), 1);
	assert_int_equal(memory.ret, -ENODATA);
	assert_int_equal(topology_snapshot_memory(&snap, "0001:00", &next, &memory), 0);
	topology_snapshot_free(&snap);
}

#define offset_test(t) cmocka_unit_test_setup_teardown(t, tree_setup, tree_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		offset_test(test_read_start),
		offset_test(test_windows),
		offset_test(test_no_offset),
		offset_test(test_hull),
		offset_test(test_bridge),
		offset_test(test_config),
		offset_test(test_asleep),
		offset_test(test_below),
	};

	return cmocka_run_group_tests_name("holes_offset", tests, NULL, NULL);
}
