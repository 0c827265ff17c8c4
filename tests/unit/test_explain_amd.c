/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* AMD-Vi in lines of kernels: by their sources, or as they were seen in reports. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "explain_lines.h"

static void
test_amd(void **state)
{
	expect_one("[   24.6] vfio-pci 0000:03:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0010 address=0x64a7f000 flags=0x0000]",
		"AMD-Vi 0000:03:00.0 ? 0x64a7f000 no-page IO_PAGE_FAULT x1");
	expect_one("AMD-Vi: Event logged [IO_PAGE_FAULT device=0a:00.0 domain=0x001d address=0x000000000637c000 flags=0x0030]",
		"AMD-Vi 0000:0a:00.0* write 0x637c000 forbidden IO_PAGE_FAULT x1");
	expect_one("AMD-Vi: Event logged [IO_PAGE_FAULT device=0001:0a:00.1 domain=0x001d address=0xfee00000 flags=0x0008]",
		"AMD-Vi 0001:0a:00.1 ? 0xfee00000 interrupt IO_PAGE_FAULT x1");
	expect_one("AMD-Vi: Event logged [ILLEGAL_DEV_TABLE_ENTRY device=0000:0a:00.0 pasid=0x00000 address=0xfffffffdf8000000 flags=0x0080]",
		"AMD-Vi 0000:0a:00.0 ? 0xfffffffdf8000000 broken ILLEGAL_DEV_TABLE_ENTRY x1");
	expect_one("xhci_hcd 0000:47:00.1: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x0032 address=0xfffffff00000 flags=0x0010]",
		"AMD-Vi 0000:47:00.1 read 0xfffffff00000 forbidden IO_PAGE_FAULT x1");
}

/* The kind of a request is in the flags. Most addresses are of HyperTransport, and no IOVA. */
static void
test_amd_request(void **state)
{
	static const struct {
		const char *address, *flags, *want;
		enum explain_id id;
	} rows[] = {
		/* A posted write to the range of interrupts. */
		{ "0xfffffffdf8000000", "0x0a00", "0xfffffffdf8000000 interrupt", EXPLAIN_IS_INTERRUPT },
		{ "0xfffffffd00000000", "0x0c00", "0xfffffffd00000000 interrupt", EXPLAIN_IS_INTERRUPT },
		/* A read of the range of interrupts. */
		{ "0xfee00000", "0x0000", "0xfee00000 unknown", EXPLAIN_IS_UNMAPPED },
		/* Of translated addresses, ports and messages, and requests for translations. */
		{ "0x12345000", "0x0200", "- unknown", EXPLAIN_IS_UNKNOWN },
		{ "0xfffffffdfc000000", "0x0400", "- unknown", EXPLAIN_IS_UNKNOWN },
		{ "0xfffffffdf9100000", "0x0600", "- unknown", EXPLAIN_IS_UNKNOWN },
		{ "0xfffffffdf9100000", "0x0800", "- unknown", EXPLAIN_IS_UNKNOWN },
		{ "0xfffffffdf9100000", "0x0e00", "- unknown", EXPLAIN_IS_UNKNOWN },
		{ "0x12345000", "0x0100", "- unknown", EXPLAIN_IS_UNKNOWN },
		{ "0x12345000", "0x0b00", "- unknown", EXPLAIN_IS_UNKNOWN },
	};
	const struct explain_facts nothing = { .holes_known = true };
	struct explain_verdict verdict;
	char line[EXPLAIN_LINE], want[EXPLAIN_LINE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(line, sizeof(line), "iommu ivhd0: AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:0a:00.0 pasid=0x00000 address=%s flags=%s]",
			rows[i].address, rows[i].flags);
		snprintf(want, sizeof(want), "AMD-Vi 0000:0a:00.0 ? %s INVALID_DEVICE_REQUEST x1", rows[i].want);
		expect_one(line, want);
		explain_judge(&found.v[0], &nothing, &verdict);
		if (verdict.id != rows[i].id)
			fail_msg("%s is %s", line, explain_kinds[verdict.id].name);
	}
	/* Cut behind the address: the kind is not known. */
	expect_one("iommu ivhd0: AMD-Vi: Event logged [INVALID_DEVICE_REQUEST device=0000:0a:00.0 pasid=0x00000 address=0x12345000",
		"AMD-Vi 0000:0a:00.0 ? - unknown INVALID_DEVICE_REQUEST x1");
}

/* Whether it was a read or a write is not known of interrupts, nor of requests for translations. */
static void
test_amd_access(void **state)
{
	static const struct {
		const char *flags, *access, *reason;
	} rows[] = {
		{ "0x0050", "read", "forbidden" },
		{ "0x0070", "write", "forbidden" },
		/* As a Ryzen 3700X reports writes and reads of pages that are not mapped. */
		{ "0x0020", "write", "no-page" },
		{ "0x0000", "?", "no-page" },
		{ "0x0018", "?", "interrupt" },
		{ "0x0038", "?", "interrupt" },
		{ "0x0028", "?", "interrupt" },
		{ "0x0110", "?", "forbidden" },
		{ "0x0130", "?", "forbidden" },
		{ "0x0120", "?", "no-page" },
	};
	char line[EXPLAIN_LINE], want[EXPLAIN_LINE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(line, sizeof(line), "ath10k_pci 0000:01:00.0: AMD-Vi: Event logged [IO_PAGE_FAULT domain=0x000d address=0xcfd51ad0 flags=%s]",
			rows[i].flags);
		snprintf(want, sizeof(want), "AMD-Vi 0000:01:00.0 %s 0xcfd51ad0 %s IO_PAGE_FAULT x1", rows[i].access,
			rows[i].reason);
		expect_one(line, want);
	}
}

/* Linux 6.1 (since 2023) and later. */
static void
test_amd_unattached(void **state)
{
	expect_one("[   24.6] AMD-Vi: Event logged [Device not attached to domain properly]\n"
		"[   24.6] AMD-Vi:   device=0001:01:00.0 domain=0x0000",
		"AMD-Vi 0001:01:00.0 ? - no-table unattached x1");
	/* The kernel may suppress one of the lines. */
	expect_one("AMD-Vi: Event logged [Device not attached to domain properly]\n",
		"AMD-Vi - ? - no-table unattached x1");
	parse("AMD-Vi:   device=0000:01:00.0 domain=0x0000\n"
		"AMD-Vi: Event logged [IO_PAGE_FAULT device=0000:02:00.0 domain=0x0010 address=0x1000 flags=0x0000]\n"
		"AMD-Vi:   device=0000:01:00.0 domain=0x0000\n");
	assert_int_equal(found.n, 1);
	assert_string_equal(described(0), "AMD-Vi 0000:02:00.0 ? 0x1000 no-page IO_PAGE_FAULT x1");
	/* Completes one event only. */
	parse("AMD-Vi: Event logged [Device not attached to domain properly]\n"
		"AMD-Vi:   device=0000:01:00.0 domain=0x0000\nAMD-Vi:   device=0000:02:00.0 domain=0x0000\n");
	assert_int_equal(found.n, 1);
	assert_string_equal(described(0), "AMD-Vi 0000:01:00.0 ? - no-table unattached x1");
}

/* The address is that of a table or a command of the IOMMU, not one that the device accessed. */
static void
test_amd_own_addresses(void **state)
{
	expect_one("AMD-Vi: Event logged [DEV_TAB_HARDWARE_ERROR device=0000:0a:00.0 address=0x100214000 flags=0x0020]",
		"AMD-Vi 0000:0a:00.0 write - broken DEV_TAB_HARDWARE_ERROR x1");
	expect_one("AMD-Vi: Event logged [PAGE_TAB_HARDWARE_ERROR device=0000:0a:00.0 pasid=0x0000 address=0x100214000 flags=0x0000]",
		"AMD-Vi 0000:0a:00.0 ? - broken PAGE_TAB_HARDWARE_ERROR x1");
	expect_one("iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=0000:0b:00.0 address=0x1002147e0]",
		"AMD-Vi 0000:0b:00.0 ? - timeout IOTLB_INV_TIMEOUT x1");
	expect_one("iommu ivhd0: AMD-Vi: Event logged [IOTLB_INV_TIMEOUT device=63:00.0 address=0x42b5b01a0]",
		"AMD-Vi 0000:63:00.0* ? - timeout IOTLB_INV_TIMEOUT x1");
	expect_one("iommu ivhd0: AMD-Vi: Event logged [ILLEGAL_COMMAND_ERROR address=0x1002147e0]",
		"AMD-Vi - ? - command ILLEGAL_COMMAND_ERROR x1");
	expect_one("iommu ivhd0: AMD-Vi: Event logged [COMMAND_HARDWARE_ERROR address=0x1002147e0 flags=0x0020]",
		"AMD-Vi - ? - command COMMAND_HARDWARE_ERROR x1");
}

static void
test_amd_own(void **state)
{
	(void)state;
	expect_one("[    1.8] AMD-Vi: Completion-Wait loop timed out\n[    2.0] AMD-Vi: Completion-Wait loop timed out\n",
		"AMD-Vi - ? - stuck Completion-Wait x2");
	expect_one("[    2.0] AMD-Vi: Command buffer timeout\n", "AMD-Vi - ? - stuck Command buffer x1");
	/* The address is that of the IOMMU. */
	expect_one("AMD-Vi: IOMMU 0000:60:00.2: Completion-Wait loop timed out\n", "AMD-Vi - ? - stuck Completion-Wait x1");
	expect_one("vfio-pci 0000:03:00.0: AMD-Vi: Event logged [RMP_PAGE_FAULT vmg_tag=0x0000, gpa=0x1234000, flags_rmp=0x0001, flags=0x0030]",
		"AMD-Vi 0000:03:00.0 ? - protected RMP_PAGE_FAULT x1");
	expect_one("AMD-Vi: Event logged [RMP_PAGE_FAULT device=0001:03:00.0, vmg_tag=0x0000, gpa=0x1234000, flags_rmp=0x0001, flags=0x0030]",
		"AMD-Vi 0001:03:00.0 ? - protected RMP_PAGE_FAULT x1");
	expect_one("AMD-Vi: Event logged [RMP_HW_ERROR device=03:00.0, vmg_tag=0x0000, spa=0x1234000, flags=0x0030]",
		"AMD-Vi 0000:03:00.0* ? - broken RMP_HW_ERROR x1");
	expect_one("iommu ivhd0: AMD-Vi: Event logged [UNKNOWN event[0]=0x00000300 event[1]=0xa0000000 event[2]=0x00000000 event[3]=0x00000000\n",
		"AMD-Vi - ? - unknown UNKNOWN x1");
	parse("AMD-Vi: IOMMU event log overflow\nAMD-Vi: IOMMU Event log restarting\nAMD-Vi: IOMMU PPR log restarting\n");
	assert_int_equal(found.n, 0);
	assert_int_equal(found.lost, 2);
}

/* Linux 4.9 to 4.17: in two lines. */
static void
test_amd_halves(void **state)
{
	(void)state;
	expect_one("[  1.0] AMD-Vi: Event logged [\n[  1.0] INVALID_DEVICE_REQUEST device=00:01.0 address=0x000000fdf8000020 flags=0x0a00]\n",
		"AMD-Vi 0000:00:01.0* ? 0xfdf8000020 interrupt INVALID_DEVICE_REQUEST x1");
	expect_one("AMD-Vi: Event logged [\nIOTLB_INV_TIMEOUT device=63:00.0 address=0x42b5b01a0]\nIOTLB_INV_TIMEOUT device=64:00.0 address=0x0]\n",
		"AMD-Vi 0000:63:00.0* ? - timeout IOTLB_INV_TIMEOUT x1");
	expect_one("AMD-Vi: Event logged [\nUNKNOWN event[0]=0x0 event[1]=0xa0000000 event[2]=0x0 event[3]=0x0\n",
		"AMD-Vi - ? - unknown UNKNOWN x1");
	expect_one("AMD-Vi: Event logged [\n", "AMD-Vi - ? - unknown - x1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup(test, setup)
		T(test_amd), T(test_amd_request), T(test_amd_access), T(test_amd_unattached), T(test_amd_own_addresses), T(test_amd_own), T(test_amd_halves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
