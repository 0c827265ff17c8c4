/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "capture_text.h"
#include "row.h"
#include "tree.h"

static void
test_iomem(void **state)
{
	char text[] = "00000000-00000fff : Reserved\n"
		"00001000-0009ffff : System RAM\n"
		"  00002000-00002fff : Kernel code\n"
		"a0000000-dfffffff : PCI Bus 0000:00\n"
		"  a0000000-a00fffff : 0000:00:03.0\n"
		"    a0000000-a00fffff : enx0200deadbeef\n"
		"10000000-1fffffff : pcie@10000000\n"
		"20000000-2fffffff : pci serial 4711\n"
		"fee00000-fee00fff : Local APIC\n"
		"rubbish\n";
	struct capture_iomem found;
	char *out;

	assert_int_equal(capture_iomem(text, strlen(text), &out, &found), 0);
	assert_string_equal(out, "00000000-00000fff : Reserved\n"
		"00001000-0009ffff : System RAM\n"
		"a0000000-dfffffff : PCI Bus 0000:00\n"
		"  a0000000-a00fffff : 0000:00:03.0\n"
		"    a0000000-a00fffff : other\n"
		"10000000-1fffffff : pcie@10000000\n"
		"20000000-2fffffff : other\n"
		"fee00000-fee00fff : Local APIC\n");
	assert_int_equal(found.lines, 8);
	assert_int_equal(found.renamed, 2);
	assert_false(found.hidden);
	free(out);
}

/* A name that a driver chose is replaced, even if it begins like a known name. */
static void
test_iomem_names(void **state)
{
	static const struct { const char *name; bool taken; } rows[] = {
		{ "Reserved", true }, { "reserved", true }, { "reserved secret", false },
		{ "Reserved-secret", false }, { "System RAM (kmem)", true },
		{ "System RAM secret", false }, { "RAM buffer", true }, { "RAM buffer 4711", false },
		{ "Persistent Memory (legacy)", true }, { "Persistent Memory secret", false },
		{ "dmar0", true }, { "dmar", false }, { "dmar0 secret", false },
		{ "IOAPIC 1", true }, { "HPET 0", true }, { "HPET secret", false },
		{ "Local APIC", true }, { "Local APIC secret", false }, { "ACPI Tables", true },
		{ "", false },
	};
	struct capture_iomem found;
	char text[128], copy[128], *out;
	size_t i;

	EACH_ROW(i, rows, "%s", rows[i].name) {
		snprintf(text, sizeof(text), "00001000-00001fff : %s\n", rows[i].name);
		strcpy(copy, text);
		assert_int_equal(capture_iomem(text, strlen(text), &out, &found), 0);
		if (found.renamed == rows[i].taken)
			fail_msg("%s became: %s", rows[i].name, out);
		if (found.renamed > 0)
			assert_string_equal(out, "00001000-00001fff : other\n");
		else
			assert_string_equal(out, copy);
		free(out);
	}
}

static void
test_iomem_hidden(void **state)
{
	char text[] = "00000000-00000000 : PCI Bus 0000:00\n00000000-00000000 : System RAM\n";
	char cut[] = "a0000000-dfffffff : PCI Bus 0000:00\na";
	struct capture_iomem found;
	char *out;

	assert_int_equal(capture_iomem(text, strlen(text), &out, &found), 0);
	assert_true(found.hidden);
	free(out);
	assert_int_equal(capture_iomem(cut, strlen(cut), &out, &found), -EBADMSG);
}

static void
test_cmdline(void **state)
{
	char text[] = "root=UUID=4711 intel_iommu=on,sm_on iommu.passthrough=1 password=secret "
		"vfio-pci.ids=8086:10c9 iommu=pt;secret hugepages=512 ip=10.0.0.7\n";
	char *out;

	assert_int_equal(capture_cmdline(text, &out), 0);
	assert_string_equal(out,
		"intel_iommu=on,sm_on iommu.passthrough=1 vfio-pci.ids=8086:10c9 hugepages=512 \n");
	free(out);
}

static void
test_cpuinfo(void **state)
{
	char text[] = "processor\t: 0\nvendor_id\t: GenuineIntel\nserial\t: 4711\n"
		"CPU implementer\t: 0x41\n\nprocessor\t: 1\nSerial\t: 4711\n";
	char pi[] = "processor\t: 0\nSerial\t\t: 4711\nModel\t\t: 4711";
	char *out;

	assert_int_equal(capture_cpuinfo(text, &out), 0);
	assert_string_equal(out, "processor\t: 0\nvendor_id\t: GenuineIntel\n"
		"CPU implementer\t: 0x41\n");
	free(out);
	assert_int_equal(capture_cpuinfo(pi, &out), 0);
	assert_string_equal(out, "processor\t: 0\n");
	free(out);
}

static void
test_mounts(void **state)
{
	char text[] = "/dev/sda1 / ext4 rw,uid=4711 0 0\n"
		"hugetlbfs /home/secret/huge hugetlbfs rw,uid=4711,pagesize=1024M 0 0\n"
		"none /dev/hugepages hugetlbfs rw,pagesize=2M,size=4711 0 0\n";
	char *out;

	assert_int_equal(capture_mounts(text, &out), 0);
	assert_string_equal(out, "none - hugetlbfs pagesize=1024M 0 0\n"
		"none - hugetlbfs pagesize=2M 0 0\n");
	free(out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_iomem),
		cmocka_unit_test(test_iomem_names),
		cmocka_unit_test(test_iomem_hidden),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_cpuinfo),
		cmocka_unit_test(test_mounts),
	};

	return cmocka_run_group_tests_name("capture_text", tests, NULL, NULL);
}
