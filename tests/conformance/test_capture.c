/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * A capture of a machine with many secrets contains none of them, lists what is missing,
 * and wakes no device. A survey of the capture equals a survey of the machine.
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "captured.h"
#include "row.h"
#include "surveyed.h"
#include "sysfs/sysfs.h"

#define DEVICE "/sys/devices/pci0000:00/" NIC
#define BRIDGE "/sys/devices/pci0000:00/0000:00:01.0"
#define DT "/sys/firmware/devicetree/base"
#define SECRET "s3cr3t"
#define MAC_BYTES "\xde\xad\xbe\xef\x47\x11"

static struct captured captured;

static struct capture_device
device(const char *bdf, bool named)
{
	struct capture_device d = { .named = named };

	assert_int_equal(topology_parse_bdf(bdf, &d.addr), 0);
	return d;
}

/* Write the secret to every file that is known to identify a machine. */
static void
plant(const char *root)
{
	static const char *const texts[] = {
		DEVICE "/serial", DEVICE "/serial_number", DEVICE "/label", DEVICE "/vpd",
		DEVICE "/uevent", DEVICE "/driver_override", DEVICE "/current_link_speed",
		DEVICE "/net/enxdeadbeef4711" SECRET "/address", DEVICE "/nvme/nvme0/serial",
		DEVICE "/infiniband/mlx5_0/node_guid", DEVICE "/vfio-dev/vfio0/" SECRET,
		DEVICE "/vfio-dev/" SECRET "/dev", DEVICE "/power/" SECRET,
		"/sys/devices/virtual/dmi/id/product_serial", "/sys/class/net/eth0/address",
		"/sys/class/dmi/id/product_uuid", "/sys/class/net/eth0/phys_switch_id",
		"/sys/firmware/acpi/tables/DMAR", "/sys/firmware/acpi/tables/" SECRET,
		"/sys/firmware/dmi/tables/DMI", "/sys/kernel/iommu_groups/2/" SECRET,
		"/sys/class/iommu/dmar0/intel-iommu/" SECRET, "/proc/sys/kernel/hostname",
		"/proc/sys/kernel/random/boot_id", "/proc/self/mountinfo", "/proc/net/route",
		"/proc/net/arp", "/proc/version", "/etc/machine-id",
		"/dev/vfio/" SECRET "/" SECRET,
		DT "/serial-number", DT "/model", DT "/chosen/bootargs", DT "/chosen/kaslr-seed",
		DT "/chosen/rng-seed", DT "/chosen/reg", DT "/aliases/serial0",
		DT "/soc/ethernet@0/mac-address", DT "/soc/ethernet@0/address",
		DT "/soc/efuse@0/serial-number", DT "/soc/misc@1/asset-tag",
		DT "/firmware/android/serialno", DT "/__symbols__/soc", DT "/options/ranges",
	};
	char config[512] = "\x86\x80";
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		tree_text(root, texts[i], SECRET "\n");
	tree_write(root, DT "/soc/ethernet@0/local-mac-address", MAC_BYTES, 6);
	tree_write(root, DT "/soc/ranges", "\0\0\0\1\0\0\0\2", 8);
	tree_text(root, "/proc/cmdline", "root=" SECRET " intel_iommu=on pw=" SECRET " iommu=;" SECRET "\n");
	tree_text(root, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: x\nSerial\t: " SECRET "\n");
	tree_text(root, "/proc/iomem", "10000000-1fffffff : PCI Bus 0000:00\n"
		"  10000000-100fffff : " SECRET "\n1000-1fff : pci " SECRET "\n");
	/* PCI Express serial numbers are behind the first 64 bytes of config space. */
	memcpy(config + 0x104, SECRET, sizeof(SECRET));
	tree_write(root, DEVICE "/config", config, sizeof(config));
}

static bool
has(const void *part, size_t len)
{
	return memmem(captured.tar, captured.len, part, len) != NULL;
}

static void
expect_without(const void *part, size_t len)
{
	const char *at = memmem(captured.tar, captured.len, part, len);
	size_t before = at != NULL ? (size_t)(at - captured.tar) : 0;

	if (at != NULL)
		fail_msg("behind \"%.*s\"", 60, at - (before < 60 ? before : 60));
}

static bool
is_there(const char *path)
{
	char full[2 * TREE_PATH_MAX];
	struct stat st;

	snprintf(full, sizeof(full), "%s%s", captured.root, path);
	return lstat(full, &st) == 0;
}

static void
test_secrets(void **state)
{
	const struct capture_device d = device(NIC, true);
	char *text;

	plant(*state);
	captured_make(*state, &d, 1, &captured);
	expect_without(SECRET, strlen(SECRET));
	expect_without(MAC_BYTES, 6);
	expect_without("deadbeef", 8);
	/* The capture has what a survey needs. */
	assert_true(has("PCI Bus 0000:00", 15));
	assert_true(has("intel_iommu=on", 14));
	assert_true(is_there(DEVICE "/vendor"));
	assert_true(is_there(DEVICE "/current_link_speed"));
	assert_true(is_there(DEVICE "/vfio-dev/vfio0/dev"));
	assert_true(is_there(DT "/soc/ranges"));
	assert_true(is_there("/sys/firmware/acpi/tables/DMAR"));
	assert_false(is_there(DT "/chosen"));
	assert_int_equal(sysfs_read_file(captured.root, &text, NULL, "/MANIFEST"), 0);
	assert_non_null(strstr(text, "\nsys/devices/pci0000:00/" NIC "/vendor\n"));
	assert_non_null(strstr(text, "\n" ANSWERS_NAME "\n"));
	assert_non_null(strstr(text, "except words about IOMMU, PCI, VFIO, memory and\nhugepages"));
	free(text);
	assert_non_null(strstr(captured.missing,
		"/proc/iomem: 2 names of resources are replaced by \"other\""));
	captured_free(&captured);
}

static void
test_same(void **state)
{
	const struct capture_device d = device(NIC, true);
	struct plan_request request = { .backend = backend, .addr = d.addr };
	struct plan_device past;
	struct ioas *space = NULL;
	size_t i;

	captured_make(*state, &d, 1, &captured);
	assert_int_equal(survey(*state, NIC), 0);
	request.root = captured.root;
	request.answers = &captured.answers;
	if (plan_survey(&request, &space, &past, why, sizeof(why)) != 0)
		fail_msg("%s", why);
	assert_memory_equal(&past.topo, &pd.topo, sizeof(pd.topo));
	assert_int_equal(past.holes.n, pd.holes.n);
	for (i = 0; i < pd.holes.n; i++)
		assert_memory_equal(&past.holes.v[i].range, &pd.holes.v[i].range,
			sizeof(struct iova_range));
	assert_int_equal(past.info.n_ranges, pd.info.n_ranges);
	assert_memory_equal(past.info.ranges, pd.info.ranges,
		pd.info.n_ranges * sizeof(*pd.info.ranges));
	assert_int_equal(past.info.page_sizes, pd.info.page_sizes);
	assert_int_equal(past.info.dma_avail, pd.info.dma_avail);
	assert_int_equal(captured.answers.page_size, machine_page());
	plan_device_free(&past);
	plan_device_free(&pd);
	captured_free(&captured);
	assert_int_equal(fake_leaks(stderr), 0);
}

/* The list of answers includes errors of the kernel. */
static void
test_refused(void **state)
{
	const struct capture_device d = device(NIC, true);
	char words[128];

	snprintf(words, sizeof(words), NIC ", %s: the kernel refuses it", ioas_backend_name(BACKEND));
	machine_group->isolated = false;
	captured_make(*state, &d, 1, &captured);
	assert_int_equal(captured.answers.n, 2);
	assert_int_equal(captured.answers.v[0].surveyed, -EPERM);
	assert_non_null(strstr(captured.missing, words));
	captured_free(&captured);
}

static void
test_asleep(void **state)
{
	struct capture_device d = device(NIC, false);

	tree_write(*state, DEVICE "/config", "\x86\x80", 2);
	tree_text(*state, DEVICE "/power/runtime_status", "suspended\n");
	captured_make(*state, &d, 1, &captured);
	assert_int_equal(fake_resets(NIC), 0);
	assert_int_equal(captured.answers.n, 2);
	assert_false(captured.answers.v[0].asked);
	/* A group is surveyed without opening its devices, except if an iommufd is behind it. */
	assert_int_equal(captured.answers.v[1].asked, BACKEND != IOAS_BACKEND_COMPAT);
	assert_false(is_there(DEVICE "/config"));
	assert_non_null(strstr(captured.missing, "config: it sleeps"));
	assert_non_null(strstr(captured.missing, "iommufd: the device sleeps and is not woken"));
	captured_free(&captured);
	/* In D3hot config space answers without a wake-up. */
	tree_text(*state, DEVICE "/power_state", "D3hot\n");
	captured_make(*state, &d, 1, &captured);
	assert_true(is_there(DEVICE "/config"));
	captured_free(&captured);
	/* A device that the user named is surveyed. */
	d.named = true;
	captured_make(*state, &d, 1, &captured);
	assert_true(captured.answers.v[0].asked);
	captured_free(&captured);
}

/* Reading config space would resume the bridge above. */
static void
test_bridge_asleep(void **state)
{
	const char *root = *state;

	tree_device(root, "/devices/pci0000:00/0000:00:01.0");
	tree_device(root, "/devices/pci0000:00/0000:00:01.0/0000:01:00.0");
	tree_write(root, BRIDGE "/0000:01:00.0/config", "\x86\x80", 2);
	tree_text(root, BRIDGE "/0000:01:00.0/power/runtime_status", "active\n");
	captured_make(root, NULL, 0, &captured);
	assert_true(is_there(BRIDGE "/0000:01:00.0/config"));
	captured_free(&captured);
	tree_text(root, BRIDGE "/power/runtime_status", "suspended\n");
	captured_make(root, NULL, 0, &captured);
	assert_false(is_there(BRIDGE "/0000:01:00.0/config"));
	assert_non_null(strstr(captured.missing, "config: a bridge above it sleeps"));
	assert_non_null(strstr(captured.missing, "no device is bound to a VFIO driver"));
	captured_free(&captured);
}

/* Files that an unprivileged user must not read. */
static void
test_hidden(void **state)
{
	machine_iomem(*state, "00000000-00000000 : PCI Bus 0000:00\n");
	captured_make(*state, NULL, 0, &captured);
	assert_non_null(strstr(captured.missing, "/proc/iomem: the kernel shows addresses to "));
	captured_free(&captured);
	tree_link(*state, DEVICE "/of_node", "/etc/passwd");
	captured_make(*state, NULL, 0, &captured);
	assert_false(is_there(DEVICE "/of_node"));
	assert_non_null(strstr(captured.missing, "of_node: the link leads out of the tree"));
	captured_free(&captured);
}

/* Answers of another machine are validated: wrong ones are rejected. */
static void
test_answers(void **state)
{
	static const char good[] = "{\"format\": 1, \"kernel\": \"6.1\", \"machine\": \"x\","
		"\"page_size\": \"0x1000\", \"user_space_last\": \"0x0\", \"root\": true,"
		"\"answers\": [{\"device\": \"0000:00:03.0\", \"backend\": \"type1\","
		"\"node\": \"/dev/vfio/vfio\", \"open_error\": null, \"asked\": true,"
		"\"error\": null, \"viable\": true, \"ranges\": [[\"0x0\", \"0xff\"],"
		"[\"0x200\", \"0x2ff\"]], \"page_sizes\": \"0x1000\","
		"\"mappings_left\": \"0xffff\"}]}";
	static const struct { const char *old, *new; } bad[] = {
		{ "1,", "2," }, { "6.1", "6\\u001b1" }, { "0x1000", "0x1001" },
		{ "\"0x0\"", "0" }, { "true,", "1," }, { "type1", "auto" }, { "type1", "no" },
		{ "03.0", "03.9" }, { "/dev", "\\n/dev" }, { "null,", "\"E\"," },
		{ "0xff\"", "0x200\"" }, { "\"0x0\", \"0xff\"", "\"0x9\", \"0x8\"" },
		{ "[[", "[[]," }, { "[{", "[3,{" }, { "}]}", "}]" },
	};
	static const struct { const char *text, *why; } words[] = {
		{ "{\"format\": 1,\n \x7f}", ANSWERS_NAME " line 2: is not JSON: " },
		{ "{\"format\": 2}", "a later version; use a newer dpdk-test-msi" },
		{ "{\"format\": 0}", "an unknown format" },
	};
	struct answers_machine machine;
	struct plan_answers answers = { 0 };
	char text[sizeof(good) + 64];
	size_t i;

	assert_int_equal(answers_parse(good, strlen(good), &machine, &answers, why, sizeof(why)),
		0);
	assert_int_equal(answers.n, 1);
	assert_int_equal(answers.v[0].info.ranges[1].last, 0x2ff);
	plan_answers_free(&answers);
	EACH_ROW(i, bad, "%s, in place of %s", bad[i].new, bad[i].old) {
		const char *at = strstr(good, bad[i].old);

		assert_non_null(at);
		snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - good), good, bad[i].new,
			at + strlen(bad[i].old));
		if (answers_parse(text, strlen(text), &machine, &answers, why, sizeof(why)) == 0)
			fail_msg("%s: is taken", text);
		assert_int_equal(strncmp(why, ANSWERS_NAME " ", strlen(ANSWERS_NAME " ")), 0);
		plan_answers_free(&answers);
	}
	EACH_ROW(i, words, "%s", words[i].text) {
		assert_true(answers_parse(words[i].text, strlen(words[i].text), &machine, &answers,
			why, sizeof(why)) < 0);
		if (strstr(why, words[i].why) == NULL || strchr(why, 0x7f) != NULL)
			fail_msg("%s: %s", words[i].text, why);
		plan_answers_free(&answers);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		PLAN_TEST(test_secrets),
		PLAN_TEST(test_same),
		PLAN_TEST(test_refused),
		PLAN_TEST(test_asleep),
		PLAN_TEST(test_bridge_asleep),
		PLAN_TEST(test_hidden),
		PLAN_TEST(test_answers),
	};

	return RUN_ON_BACKENDS("capture", tests);
}
