/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Whether doctor finds that interrupts are remapped. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "doctor_tree.h"

#define IOMMU_OF_INTEL "/sys/class/iommu/dmar0/intel-iommu/"

static void
pc_make(const char *root)
{
	tree_text(root, "/proc/cpuinfo", "vendor_id\t: GenuineIntel\n");
	tree_text(root, IOMMU_OF_INTEL "cap", "d2008c222f0606\n");
}

/* The last word of the kernel's command line decides. */
static void
test_remap_word(void **state)
{
	static const struct {
		const char *words, *off;
	} rows[] = {
		{ "quiet", "" }, { "intremap=on", "" }, { "intremap=nosid", "" }, { "intremap=", "" },
		{ "intremap=off", "intremap=off" }, { "nointremap", "nointremap" }, { "nointremapx", "" },
		{ "intremap=nosid,off", "intremap=nosid,off" }, { "intremap=off,on", "" },
		{ "intremap=off intremap=on", "" }, { "intremap=on nointremap", "nointremap" },
		{ "intremap=off intremap=nosid", "intremap=off" },
	};
	const char *root = *state;
	size_t i;

	pc_make(root);
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		tree_text(root, "/proc/cmdline", rows[i].words);
		read_again(root, false);
		assert_string_equal(facts.machine.remap_word, rows[i].off);
		assert_int_equal(facts.machine.remap, rows[i].off[0] != '\0' ? DOCTOR_NO : DOCTOR_UNKNOWN);
	}
}

static void
test_remap_interrupts(void **state)
{
	static const char plain[] = "  CPU0\n  1:  9  IO-APIC   1-edge      i8042\n"
		" 24:  7  PCI-MSI-0000:00:1f.2   0-edge      ahci\n";
	const char *root = *state;

	pc_make(root);
	tree_text(root, IOMMU_OF_INTEL "ecap", "29a00f0505e\n");
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_UNKNOWN);
	tree_text(root, "/proc/interrupts", "  CPU0\n NMI:  0  x\n");
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_UNKNOWN);
	tree_text(root, "/proc/interrupts", plain);
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_NO);
	assert_string_equal(facts.machine.remap_why, "");
	tree_text(root, "/proc/interrupts", "  1:  9  IR-IO-APIC   1-edge      i8042\n");
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_YES);
	tree_text(root, "/proc/interrupts", " 24:  7  IR-PCI-MSI-0000:00:1f.2   0-edge      ahci\n");
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_YES);
}

/* Arm names its chips otherwise. */
static void
test_remap_arm(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/cpuinfo", "CPU implementer\t: 0x41\n");
	tree_text(root, "/sys/class/iommu/smmu3.0x0/name", "");
	tree_text(root, "/proc/cmdline", "intremap=off\n");
	tree_text(root, "/proc/interrupts", " 24:  7  ITS-PCI-MSI-0000:00:1f.2   0 Edge      ahci\n 25: 7 PCI-MSI 1\n");
	read_again(root, false);
	assert_int_equal(facts.machine.arch, TOPO_ARCH_ARM);
	assert_int_equal(facts.machine.remap, DOCTOR_UNKNOWN);
}

/* Of a capture the IOMMUs say it. */
static void
test_remap_iommus(void **state)
{
	const char *root = *state;

	pc_make(root);
	tree_text(root, IOMMU_OF_INTEL "ecap", "29a00f0505e\n");
	tree_text(root, "/sys/class/iommu/dmar1/intel-iommu/ecap", "f020d6\n");
	read_again(root, true);
	assert_int_equal(facts.machine.remap, DOCTOR_NO);
	assert_string_equal(facts.machine.remap_why, "the IOMMU dmar1 can't remap interrupts");
	assert_false(facts.machine.remap_foreign);
	tree_text(root, "/sys/class/iommu/dmar1/intel-iommu/ecap", "f020de\n");
	read_again(root, true);
	assert_int_equal(facts.machine.remap, DOCTOR_UNKNOWN);
}

static void
test_remap_virtio(void **state)
{
	const char *root = *state;

	tree_text(root, "/proc/cpuinfo", "vendor_id\t: AuthenticAMD\n");
	tree_text(root, "/sys/class/iommu/0000:00:0a.0/name", "");
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_NO);
	assert_true(facts.machine.remap_foreign);
	assert_string_equal(facts.machine.remap_why, "no IOMMU here remaps interrupts (0000:00:0a.0)");
	tree_text(root, "/sys/class/iommu/ivhd0/name", "");
	read_again(root, false);
	assert_int_equal(facts.machine.remap, DOCTOR_UNKNOWN);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, tree_setup, facts_teardown)
		T(test_remap_word), T(test_remap_interrupts), T(test_remap_arm), T(test_remap_iommus),
		T(test_remap_virtio),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
