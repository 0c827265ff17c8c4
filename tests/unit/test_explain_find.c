/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* From a line of the kernel to the device, its holes and the answer, on captured machines. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain_find.h"
#include "tree.h"

#define PAGE 4096

static struct explain_log found;
static struct explain_device dev;

#define MAX_CANDIDATES 8

static char candidate[MAX_CANDIDATES][TOPO_BDF_LEN];
static struct explain_verdict verdict;

/* Find the device of a fault, and judge without processes. */
static enum explain_id
judge(const char *root, const struct explain_fault *f, const struct plan_answers *answers)
{
	struct explain_facts facts = { 0 };
	struct explain_finder finder;
	size_t i;

	explain_finder_begin(&finder, root, answers, PAGE);
	assert_int_equal(explain_device_find(&finder, f, &dev), 0);
	explain_device_facts(&dev, &facts);
	explain_judge(f, &facts, &verdict);
	assert_in_range(dev.n, 0, MAX_CANDIDATES);
	for (i = 0; i < dev.n; i++)
		strcpy(candidate[i], dev.candidate[i]->bdf);
	explain_finder_end(&finder);
	return verdict.id;
}

/* The same of a fault in one or more lines. */
static enum explain_id
answer(const char *root, const char *line, const struct plan_answers *answers)
{
	char text[EXPLAIN_LINE];
	FILE *f;

	assert_in_range(strlen(line), 1, sizeof(text) - 1);
	memset(&found, 0, sizeof(found));
	f = fmemopen(strcpy(text, line), strlen(line), "r");
	assert_non_null(f);
	explain_read(f, &found);
	fclose(f);
	assert_int_equal(found.n, 1);
	return judge(root, &found.v[0], answers);
}

#define VTD(bdf, at) "DMAR: [DMA Read NO_PASID] Request device [" bdf "] fault addr " at " [fault reason 0x06] x"
#define VIRTIO(ep, at) "virtio_iommu virtio0: page fault from EP " ep " at " at " [R]"

static void
test_x86(void **state)
{
	char root[TREE_PATH_MAX];

	snprintf(root, sizeof(root), "%s", tree_fixture("x86-vtd"));
	assert_int_equal(answer(root, VTD("00:03.0", "0x70000000"), NULL), EXPLAIN_IS_UNMAPPED);
	assert_string_equal(dev.bdf, "0000:00:03.0");
	assert_true(dev.exists);
	assert_false(dev.assumed);
	assert_string_equal(dev.driver, "vfio-pci");
	assert_int_equal(answer(root, VTD("00:03.0", "0xfee00000"), NULL), EXPLAIN_IS_MSI);
	assert_int_equal(answer(root, VTD("00:03.0", "0x0"), NULL), EXPLAIN_IS_ZERO);
	assert_int_equal(answer(root, VTD("00:1f.2", "0xffffff"), NULL), EXPLAIN_IS_FIRMWARE);
	/* A window of the host bridge, also for a device without a driver. */
	assert_int_equal(answer(root, VTD("00:04.0", "0xc0000000"), NULL), EXPLAIN_IS_WINDOW);
	/* Nothing is known of one that is not here, except what all have. */
	assert_int_equal(answer(root, VTD("7f:1f.7", "0xfee00000"), NULL), EXPLAIN_IS_NO_DEVICE);
	assert_int_equal(answer(root, VTD("7f:1f.7", "0x0"), NULL), EXPLAIN_IS_ZERO);
	assert_string_equal(dev.bdf, "0000:7f:1f.7");
	assert_false(dev.exists);
}

static void
test_arm(void **state)
{
	char root[TREE_PATH_MAX];

	snprintf(root, sizeof(root), "%s", tree_fixture("arm-smmuv3"));
	assert_int_equal(answer(root, VIRTIO("24", "0x8000040"), NULL), EXPLAIN_IS_MSI);
	assert_string_equal(dev.bdf, "0000:00:03.0");
	assert_true(dev.assumed);
	assert_true(dev.exists);
	assert_int_equal(answer(root, VIRTIO("256", "0x12345000"), NULL), EXPLAIN_IS_WINDOW);
	assert_string_equal(dev.bdf, "0000:01:00.0");
	assert_int_equal(answer(root, VIRTIO("24", "0x1200000000"), NULL), EXPLAIN_IS_UNMAPPED);
}

static void
test_domains(void **state)
{
	struct iova_range range = { 0, 0x7fffffffff };
	struct plan_answer one = { .addr = { 1, 2, 3, 0 }, .info = { .ranges = &range, .n_ranges = 1 } };
	const struct plan_answers answers = { .v = &one, .n = 1 };
	const char *root = *state;

	tree_device(root, "/devices/pci0001:00/0001:02:03.0");
	assert_int_equal(answer(root, VTD("02:03.0", "0x70000000"), NULL), EXPLAIN_IS_UNMAPPED);
	assert_string_equal(dev.bdf, "0001:02:03.0");
	assert_false(dev.assumed);
	assert_int_equal(dev.iommu_bits, 0);
	/* What the kernel of a capture allows. */
	assert_int_equal(answer(root, VTD("02:03.0", "0x7fffffffff"), &answers), EXPLAIN_IS_UNMAPPED);
	assert_int_equal(dev.iommu_bits, 39);
	assert_int_equal(answer(root, VTD("02:03.0", "0x8000000000"), &answers), EXPLAIN_IS_TOO_HIGH);
	tree_device(root, "/devices/pci0002:00/0002:02:03.0");
	assert_int_equal(answer(root, VTD("02:03.0", "0x70000000"), NULL), EXPLAIN_IS_UNMAPPED);
	assert_string_equal(dev.bdf, "0001:02:03.0");
	assert_true(dev.assumed);
	assert_int_equal(dev.n, 2);
}

#define V3 "arm-smmu-v3 arm-smmu-v3.0.auto: "
#define UNKNOWN_ID(id) "arm-smmu 2b500000.iommu: Blocked unknown Stream ID " id "; boot with x"

/* An SMMU of each PCI domain numbers its devices from 0. */
static void
test_streams(void **state)
{
	const char *root = *state;

	tree_device(root, "/devices/pci0004:00/0004:01:00.0");
	assert_int_equal(answer(root, V3 "event 0x10 received:\n" V3 "\t0x0000010000000010\n" V3 "\t0x0\n"
		V3 "\t0x70000000\n" V3 "\t0x0\n", NULL), EXPLAIN_IS_UNMAPPED);
	assert_string_equal(dev.bdf, "0004:01:00.0");
	assert_true(dev.exists);
	assert_true(dev.assumed);
	assert_int_equal(dev.n, 1);
	assert_int_equal(answer(root, UNKNOWN_ID("0x100"), NULL), EXPLAIN_IS_UNATTACHED);
	assert_string_equal(dev.bdf, "0004:01:00.0");
	assert_true(dev.assumed);
	/* None has this function. */
	assert_int_equal(answer(root, UNKNOWN_ID("0x108"), NULL), EXPLAIN_IS_UNATTACHED);
	assert_string_equal(dev.bdf, "0000:01:01.0");
	assert_false(dev.exists);
	/* An ID with a domain, and that of another IOMMU, which has one number for each device. */
	assert_int_equal(answer(root, V3 "event 0x10 received:\n" V3 "\t0x0005010000000010\n" V3 "\t0x0\n"
		V3 "\t0x70000000\n" V3 "\t0x0\n", NULL), EXPLAIN_IS_NO_DEVICE);
	assert_string_equal(dev.bdf, "0005:01:00.0");
	assert_int_equal(answer(root, VIRTIO("256", "0x70000000"), NULL), EXPLAIN_IS_NO_DEVICE);
	assert_string_equal(dev.bdf, "0000:01:00.0");
	tree_device(root, "/devices/pci0008:00/0008:01:00.0");
	assert_int_equal(answer(root, UNKNOWN_ID("0x100"), NULL), EXPLAIN_IS_UNATTACHED);
	assert_string_equal(dev.bdf, "0004:01:00.0");
	assert_true(dev.assumed);
	assert_int_equal(dev.n, 2);
}

/* An address of the user without a device. */
static enum explain_id
asked(const char *root, uint64_t iova)
{
	const struct explain_fault f = { .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .iova = iova, .times = 1 };

	return judge(root, &f, NULL);
}

/* It can be of any device with a VFIO driver: "in no hole" is in none of theirs. */
static void
test_asked(void **state)
{
	char root[TREE_PATH_MAX];

	snprintf(root, sizeof(root), "%s", tree_fixture("x86-vtd"));
	assert_int_equal(asked(root, 0xfee00000), EXPLAIN_IS_MSI);
	assert_non_null(strstr(verdict.what, ", for 0000:00:0"));
	assert_string_equal(dev.bdf, "");
	assert_int_equal(asked(root, 0), EXPLAIN_IS_ZERO);
	assert_int_equal(asked(root, 0x70000000), EXPLAIN_IS_UNMAPPED);
	assert_non_null(strstr(verdict.what, "is in no hole of a device with a VFIO driver"));
	/* Without such a device nothing is known. */
	tree_device(*state, "/devices/pci0000:00/0000:00:02.0");
	assert_int_equal(asked(*state, 0xfee00000), EXPLAIN_IS_NO_DEVICE);
	assert_int_equal(asked(*state, 0), EXPLAIN_IS_ZERO);
	/* A device that is not on PCI. */
	assert_int_equal(answer(root, "arm-smmu-v3 arm-smmu-v3.0.auto: event: F_TRANSLATION client: 30be0000.ethernet "
		"sid: 0x1 ssid: 0x0 iova: 0x8000000 ipa: 0x0", NULL), EXPLAIN_IS_NO_DEVICE);
}

#define BRIDGE "/devices/pci0000:00/0000:00:1c.0/0000:01:00.0"

static void
pcie(const char *root, const char *path)
{
	char name[256];

	snprintf(name, sizeof(name), "/sys%s/current_link_speed", path);
	tree_text(root, name, "2.5 GT/s PCIe\n");
}

/* Behind a bridge from PCI Express to PCI all functions have the ID of device 0 of their bus. */
static void
test_aliases(void **state)
{
	const char *root = *state;

	tree_device(root, "/devices/pci0000:00/0000:00:1c.0");
	tree_device(root, BRIDGE);
	tree_text(root, "/sys" BRIDGE "/class", "0x060400\n");
	pcie(root, "/devices/pci0000:00/0000:00:1c.0");
	pcie(root, BRIDGE);
	tree_device(root, BRIDGE "/0000:02:03.0");
	tree_link(root, "/sys" BRIDGE "/0000:02:03.0/driver", "../../../../../bus/pci/drivers/vfio-pci");
	tree_link(root, "/sys" BRIDGE "/0000:02:03.0/iommu_group", "../../../../kernel/iommu_groups/1");
	tree_text(root, "/sys/kernel/iommu_groups/1/reserved_regions", "0xa000000 0xa0fffff reserved\n");
	/* None has the address: it is this one. */
	assert_int_equal(answer(root, VTD("02:00.0", "0xa000000"), NULL), EXPLAIN_IS_RESERVED);
	assert_string_equal(dev.bdf, "0000:02:03.0");
	assert_string_equal(dev.id, "0000:02:00.0");
	assert_string_equal(dev.driver, "vfio-pci");
	assert_true(dev.exists);
	assert_false(dev.assumed);
	assert_null(strstr(verdict.what, "certain"));
	/* The ID of the bridge is theirs as well. */
	assert_int_equal(answer(root, VTD("01:00.0", "0xa000000"), NULL), EXPLAIN_IS_RESERVED);
	assert_string_equal(dev.bdf, "0000:02:03.0");
	/* A function with the address is not to blame for sure, nor does it hide the holes of others. */
	tree_device(root, BRIDGE "/0000:02:00.0");
	assert_int_equal(answer(root, VTD("02:00.0", "0xa000000"), NULL), EXPLAIN_IS_RESERVED);
	assert_string_equal(verdict.what, "is in the hole 0xa000000-0xa0fffff: reserved, for 0000:02:03.0; the device is not certain");
	assert_int_equal(dev.n, 2);
	assert_string_equal(candidate[0], "0000:02:00.0");
	assert_string_equal(candidate[1], "0000:02:03.0");
	assert_string_equal(dev.id, "");
	assert_true(dev.assumed);
	/* The user names the device itself, as EEH does. */
	assert_int_equal(judge(root, &(struct explain_fault){ .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .iova = 0xa000000,
		.has_addr = true, .addr = { 0, 2, 0, 0 } }, NULL), EXPLAIN_IS_UNMAPPED);
	assert_int_equal(dev.n, 1);
	assert_int_equal(answer(root, "EEH: Frozen PHB#0-PE#0 detected\n"
		"PCI 0000:02:00.0#0000: EEH: Invoking vfio-pci->error_detected(IO frozen)\n", NULL), EXPLAIN_IS_FROZEN);
	assert_string_equal(dev.bdf, "0000:02:00.0");
	assert_int_equal(dev.n, 1);
}

/* From the words of two IOMMUs. */
static void
test_forbidden(void **state)
{
	const char *root = *state;

	tree_device(root, "/devices/pci0000:00/0000:00:03.0");
	assert_int_equal(answer(root, "vfio-pci 0000:00:03.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 "
		"address=0x70000000 flags=0x0070]", NULL), EXPLAIN_IS_FORBIDDEN);
	assert_int_equal(answer(root, "vfio-pci 0000:00:03.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 "
		"address=0x70000000 flags=0x0020]", NULL), EXPLAIN_IS_UNMAPPED);
	assert_int_equal(answer(root, V3 "event 0x13 received:\n" V3 "\t0x0000001800000013\n" V3 "\t0x0\n"
		V3 "\t0x70000000\n" V3 "\t0x0\n", NULL), EXPLAIN_IS_FORBIDDEN);
}

/* A log without faults means less there. */
static void
test_unlogged(void **state)
{
	char root[TREE_PATH_MAX];

	tree_text(*state, "/proc/cpuinfo", "processor\t: 0\ncpu\t\t: POWER9 (architected), altivec supported\n");
	assert_true(explain_unlogged(*state));
	tree_text(*state, "/proc/cpuinfo", "processor\t: 0\nvendor_id\t: GenuineIntel\n");
	assert_false(explain_unlogged(*state));
	snprintf(root, sizeof(root), "%s", tree_fixture("x86-vtd"));
	assert_false(explain_unlogged(root));
}

/* VMD makes domains that firmware has not. Its devices have its ID, never their own address. */
static void
test_vmd(void **state)
{
	const char *root = *state;

	tree_device(root, "/devices/pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0");
	assert_int_equal(answer(root, VTD("e0:06.0", "0x70000000"), NULL), EXPLAIN_IS_NO_DEVICE);
	assert_false(dev.exists);
	tree_device(root, "/devices/pci0000:e0/0000:e0:06.0");
	assert_int_equal(answer(root, VTD("e0:06.0", "0x70000000"), NULL), EXPLAIN_IS_UNMAPPED);
	assert_string_equal(dev.bdf, "0000:e0:06.0");
	assert_false(dev.assumed);
}

#define NO_ENTRY(bdf) "DMAR: [DMA Read NO_PASID] Request device [" bdf "] fault addr 0x7cd80000 " \
	"[fault reason 0x01] Present bit in root entry is clear"

/* The display works before its driver has it. When explain runs, the host uses it. */
static void
test_before_driver(void **state)
{
	const char *root = *state;

	tree_device(root, "/devices/pci0000:00/0000:00:02.0");
	assert_int_equal(answer(root, NO_ENTRY("00:02.0"), NULL), EXPLAIN_IS_UNATTACHED);
	tree_link(root, "/sys/devices/pci0000:00/0000:00:02.0/driver", "../../../bus/pci/drivers/i915");
	assert_int_equal(answer(root, NO_ENTRY("00:02.0"), NULL), EXPLAIN_IS_BEFORE_DRIVER);
	assert_string_equal(dev.driver, "i915");
	/* vfio-pci does nothing with a device that no program has. */
	tree_link(root, "/sys/devices/pci0000:00/0000:00:02.0/driver", "../../../bus/pci/drivers/vfio-pci");
	assert_int_equal(answer(root, NO_ENTRY("00:02.0"), NULL), EXPLAIN_IS_UNATTACHED);
}

static void
test_no_pci(void **state)
{
	assert_int_equal(answer(*state, VTD("02:03.0", "0x70000000"), NULL), EXPLAIN_IS_NO_DEVICE);
	assert_string_equal(dev.bdf, "");
	assert_int_equal(answer(*state, UNKNOWN_ID("0x100"), NULL), EXPLAIN_IS_UNATTACHED);
	assert_string_equal(dev.bdf, "");
}

static bool
has_hole(const char *name, uint64_t first)
{
	size_t i;

	assert_string_equal(dev.bdf, name);
	for (i = 0; i < dev.holes.n && dev.holes.v[i].range.first != first; i++)
		;
	return i < dev.holes.n;
}

/* The faults of a device share what was read of it, but not whether it is certain. */
static void
test_read_once(void **state)
{
	const struct explain_fault one = { .has_addr = true, .addr = { 1, 2, 3, 0 } };
	const struct explain_fault other = { .has_addr = true, .addr = { 2, 2, 3, 0 } };
	const struct explain_fault any = { .has_addr = true, .any_domain = true, .addr = { 0, 2, 3, 0 } };
	const char *root = *state;
	struct explain_finder finder;

	tree_device(root, "/devices/pci0001:00/0001:02:03.0");
	tree_link(root, "/sys/devices/pci0001:00/0001:02:03.0/iommu_group", "../../../kernel/iommu_groups/1");
	tree_text(root, "/sys/kernel/iommu_groups/1/reserved_regions", "0xa000000 0xa0fffff reserved\n");
	tree_device(root, "/devices/pci0002:00/0002:02:03.0");
	explain_finder_begin(&finder, root, NULL, PAGE);
	assert_int_equal(explain_device_find(&finder, &one, &dev), 0);
	assert_true(has_hole("0001:02:03.0", 0xa000000));
	assert_false(dev.assumed);
	tree_text(root, "/sys/kernel/iommu_groups/1/reserved_regions", "");
	assert_int_equal(explain_device_find(&finder, &other, &dev), 0);
	assert_false(has_hole("0002:02:03.0", 0xa000000));
	assert_int_equal(explain_device_find(&finder, &any, &dev), 0);
	assert_true(has_hole("0001:02:03.0", 0xa000000));
	assert_true(dev.assumed);
	assert_int_equal(explain_device_find(&finder, &one, &dev), 0);
	assert_true(has_hole("0001:02:03.0", 0xa000000));
	assert_false(dev.assumed);
	explain_finder_end(&finder);
}

/* With assigned IOVAs, rte_mem_virt2iova() makes the address that too-high warns of. */
static void
test_translations(void **state)
{
	static const char *const right[] = { "rte_mbuf_data_iova()", "rte_malloc_virt2iova()",
		"rte_mempool_virt2iova()", "rte_eal_iommu_virt2iova()" };
	const char *cure = explain_kinds[EXPLAIN_IS_TOO_HIGH].cure;
	const char *wrong = strstr(cure, "rte_mem_virt2iova()");
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(right) / sizeof(right[0]); i++)
		assert_non_null(strstr(cure, right[i]));
	assert_non_null(wrong);
	assert_non_null(strstr(wrong, "returns a physical address"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)
		T(test_x86), T(test_arm), T(test_domains), T(test_streams), T(test_no_pci), T(test_before_driver),
		T(test_asked), T(test_aliases), T(test_vmd), T(test_forbidden), T(test_unlogged), T(test_read_once), T(test_translations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
