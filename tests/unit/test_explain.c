/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * Faults in lines of kernels. The lines are what the kernels print, by their sources, or were
 * seen in reports and in the lab.
 */

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "explain_lines.h"

static void
test_vtd(void **state)
{
	/* Linux 5.15 and later. */
	expect_one("[   12.3] DMAR: DRHD: handling fault status reg 2\n"
		"[   12.3] DMAR: [DMA Read NO_PASID] Request device [00:03.0] fault addr 0x70000000 [fault reason 0x06] PTE Read access is not set",
		"VT-d 0000:00:03.0* read 0x70000000 no-page 0x06 x1");
	expect_one("DMAR: [DMA Write PASID 0x1] Request device [3b:00.1] fault addr 0xfffff000 [fault reason 0x05] PTE Write access is not set",
		"VT-d 0000:3b:00.1* write 0xfffff000 no-page 0x05 x1");
	/* Linux 7.2 prints the PCI domain. */
	expect_one("DMAR: [DMA Write NO_PASID] Request device [0001:3b:00.1] fault addr 0xfffff000 [fault reason 0x05] PTE Write access is not set",
		"VT-d 0001:3b:00.1 write 0xfffff000 no-page 0x05 x1");
	expect_one("DMAR: [INTR-REMAP] Request device [0001:f0:1f.7] fault index 0x0 [fault reason 0x22] Present field in the IRTE entry is clear",
		"VT-d 0001:f0:1f.7 ? - interrupt 0x22 x1");
	/* Linux 5.14: parts of the address have a prefix. */
	expect_one("DMAR: [DMA Read NO_PASID] Request device [0x00:0x02.0] fault addr 0x7c592000 [fault reason 0x06] PTE Read access is not set",
		"VT-d 0000:00:02.0* read 0x7c592000 no-page 0x06 x1");
	expect_one("DMAR: [DMA Write PASID 0x1] Request device [0x3b:0x1f.7] fault addr 0xfffff000 [fault reason 0x05] PTE Write access is not set",
		"VT-d 0000:3b:1f.7* write 0xfffff000 no-page 0x05 x1");
	expect_one("DMAR: [INTR-REMAP] Request device [0xe2:0x00.0] fault index 0xa00 [fault reason 0x25] Blocked a compatibility format interrupt request",
		"VT-d 0000:e2:00.0* ? - interrupt 0x25 x1");
	/* Before: the reason is decimal. */
	expect_one("DMAR: [DMA Write] Request device [02:00.0] PASID ffffffff fault addr 6df84000 [fault reason 05] PTE Write access is not set",
		"VT-d 0000:02:00.0* write 0x6df84000 no-page 0x05 x1");
	expect_one("DMAR: [DMA Read] Request device [02:00.0] fault addr ffc9c000 [fault reason 12] non-zero reserved fields in PTE",
		"VT-d 0000:02:00.0* read 0xffc9c000 broken 0x0c x1");
	expect_one("DMAR: [INTR-REMAP] Request device [f0:1f.7] fault index 0 [fault reason 34] Present field in the IRTE entry is clear",
		"VT-d 0000:f0:1f.7* ? - interrupt 0x22 x1");
	/* Before Linux 4.7: in two lines. */
	expect_one("DMAR:[DMA Read] Request device [00:02.0] fault addr 9f2bb000 \nDMAR:[fault reason 02] Present bit in context entry is clear",
		"VT-d 0000:00:02.0* read 0x9f2bb000 no-table 0x02 x1");
	expect_one("DMAR: INTR-REMAP: Request device [[f0:1f.0] fault index 0\nINTR-REMAP:[fault reason 34] Present field in the IRTE entry is clear",
		"VT-d 0000:f0:1f.0* ? - interrupt 0x22 x1");
	expect_one("DMAR: [DMA Read NO_PASID] Request device [00:03.0] fault addr 0xffffffffffffffff [fault reason 0x04] Access beyond MGAW",
		"VT-d 0000:00:03.0* read 0xffffffffffffffff too-high 0x04 x1");
}

/* Every reason of VT-d that has a meaning here; those between them are unknown. */
static void
test_vtd_reasons(void **state)
{
	static const struct {
		enum explain_reason reason;
		unsigned char code[32];
	} rows[] = {
		{ EXPLAIN_NO_TABLE, { 0x01, 0x02, 0x39, 0x41, 0x51, 0x59 } },
		{ EXPLAIN_TOO_HIGH, { 0x04, 0x80, 0x83 } },
		{ EXPLAIN_NO_PAGE, { 0x05, 0x06, 0x71, 0x79, 0x85, 0x86 } },
		{ EXPLAIN_INTERRUPT, { 0x20, 0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2a, 0x2b,
			0x2c, 0x2d, 0x2e, 0x2f, 0x87 } },
		{ EXPLAIN_BROKEN, { 0x03, 0x07, 0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x30, 0x38, 0x3a, 0x40, 0x42, 0x43,
			0x50, 0x52, 0x58, 0x5a, 0x5b, 0x70, 0x72, 0x73, 0x78, 0x7a, 0x7b, 0x84 } },
	};
	enum explain_reason want[256] = { EXPLAIN_UNKNOWN };
	char line[EXPLAIN_LINE];
	unsigned int code;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		for (j = 0; j < sizeof(rows[i].code) && rows[i].code[j] != 0; j++)
			want[rows[i].code[j]] = rows[i].reason;
	for (code = 0; code < 256; code++) {
		snprintf(line, sizeof(line), "DMAR: [DMA Read NO_PASID] Request device [00:03.0] fault addr 0x1000 [fault reason 0x%02x] x",
			code);
		parse(line);
		if (found.n != 1 || found.v[0].reason != want[code])
			fail_msg("VT-d 0x%02x: %s", code, described(0));
	}
}

static void
test_virtio(void **state)
{
	expect_one("virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]",
		"virtio-iommu 0000:00:03.0~ read 0x70000000 no-page page x1");
	expect_one("virtio_iommu virtio0: page fault from EP 256 at 0x1000 [RW]",
		"virtio-iommu 0000:01:00.0~ write 0x1000 no-page page x1");
	expect_one("virtio_iommu virtio0: domain fault from EP 65544\n",
		"virtio-iommu 0001:00:01.0~ ? - no-table domain x1");
	expect_one("virtio_iommu virtio0: unknown fault from EP 8 at 0xfee00000 [W]",
		"virtio-iommu 0000:00:01.0~ write 0xfee00000 unknown - x1");
}

static void
test_eeh(void **state)
{
	expect_one("[  131.4] EEH: Recovering PHB#40-PE#10000\n[  131.4] EEH: PE location: N/A, PHB location: N/A\n"
		"[  131.4] EEH: Frozen PHB#40-PE#10000 detected\n[  131.4] EEH: Call Trace:\n"
		"[  131.5] PCI 0040:01:00.0#10000: EEH: Invoking vfio-pci->error_detected(IO frozen)\n",
		"EEH 0040:01:00.0 ? - unknown frozen x1");
	expect_one("EEH: Frozen PE#1 on PHB#2 detected", "EEH - ? - unknown frozen x1");
	/* A device of another host bridge. */
	expect_one("EEH: Frozen PHB#1-PE#1 detected\nPCI 0002:00:01.0#1: EEH: Invoking x",
		"EEH - ? - unknown frozen x1");
}

static void
test_others(void **state)
{
	/* Lines that resemble faults. */
	parse("DMAR: Host address width 46\nDMAR: DRHD base: 0x000000fbffd000 flags: 0x0\n"
		"AMD-Vi: Interrupt remapping enabled\nAMD-Vi: Event logged\n"
		"arm-smmu-v3 arm-smmu-v3.0.auto: ias 44-bit, oas 44-bit (features 0x00000305)\n"
		"arm-smmu-v3 arm-smmu-v3.0.auto: \t0x0000000000000000\n"
		"virtio_iommu virtio0: input address: 64 bits\nEEH: pSeries platform initialized\n"
		"usb: Request device [1]\nfault from EP 3\narm-smmu-v3\narm-smmu-v3 x:\n\n");
	assert_int_equal(found.n, 0);
	assert_int_equal(found.lines, 13);
}

/* The kernel limits its messages about faults, and says later how many it left out. */
static void
test_suppressed(void **state)
{
	static const char *const functions[] = { "dmar_fault", "amd_iommu_report_page_fault",
		"amd_iommu_report_rmp_fault", "amd_iommu_report_rmp_hw_error", "arm_smmu_evtq_thread",
		"arm_smmu_dump_event", "arm_smmu_context_fault", "arm_smmu_global_fault",
		"qcom_smmu_context_fault", "nvidia_smmu_context_fault_bank", "nvidia_smmu_global_fault_inst",
		"viommu_fault_handler" };
	char line[EXPLAIN_LINE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
		snprintf(line, sizeof(line), "[  131.4] %s: 2474 callbacks suppressed\n%s: 83 callbacks suppressed\n"
			"4,1234,56789,-;%s: 1 callbacks suppressed\n", functions[i], functions[i], functions[i]);
		parse(line);
		assert_int_equal(found.n, 0);
		if (found.suppressed != 2558)
			fail_msg("%s: %u", functions[i], found.suppressed);
	}
	/* Of others, or no number. */
	parse("net_ratelimit: 12 callbacks suppressed\nx_dmar_fault: 12 callbacks suppressed\n"
		"dmar_fault: callbacks suppressed\ndmar_fault 12 callbacks suppressed\n callbacks suppressed\n"
		"12 callbacks suppressed\n: 12 callbacks suppressed\ndmar_fault: 12a callbacks suppressed\n");
	assert_int_equal(found.suppressed, 0);
	/* Too many to count. */
	parse("dmar_fault: 4294967295 callbacks suppressed\ndmar_fault: 99999999999999999999999 callbacks suppressed\n");
	assert_int_equal(found.suppressed, UINT_MAX);
}

static void
test_many(void **state)
{
	char line[EXPLAIN_LINE];
	unsigned int i;

	/* Equal ones are counted. */
	for (i = 0; i < 3; i++)
		explain_line(&found, "virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]");
	explain_end(&found);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.v[0].times, 3);
	for (i = 0; i < 1000; i++)
		explain_line(&found, "virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]");
	explain_end(&found);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.v[0].times, 1003);
	assert_int_equal(found.dropped, 0);
	for (i = 0; i < 2 * EXPLAIN_FAULTS; i++) {
		snprintf(line, sizeof(line), "virtio_iommu virtio0: page fault from EP 24 at 0x%x000 [W]", i);
		explain_line(&found, line);
	}
	explain_end(&found);
	assert_int_equal(found.n, EXPLAIN_FAULTS);
	assert_int_equal(found.dropped, EXPLAIN_FAULTS + 1);
	/* A known one is counted, not dropped, also if a line completes it. */
	for (i = 0; i < 3; i++)
		explain_line(&found, "virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]");
	explain_line(&found, "DMAR: [DMA Read] Request device [00:02.0] fault addr 9f2bb000 ");
	explain_line(&found, "DMAR:[fault reason 02] Present bit in context entry is clear");
	explain_line(&found, "virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]");
	explain_end(&found);
	assert_int_equal(found.n, EXPLAIN_FAULTS);
	assert_int_equal(found.v[0].times, 1007);
	assert_int_equal(found.dropped, EXPLAIN_FAULTS + 2);
}

/* Bytes of a log that has holes, as a machine leaves it that lost power. */
static void
test_read(void **state)
{
	static const char fault[] = "virtio_iommu virtio0: page fault from EP 24 at 0x70000000 [R]\n";
	char text[2 * EXPLAIN_LINE + 4 * sizeof(fault)];
	size_t len = 0;
	FILE *f;

	(void)state;
	/* A NUL in a line, a long line, and an end without a newline. */
	memcpy(text, "a\0b\n", 4);
	len = 4;
	memcpy(text + len, fault, sizeof(fault) - 1);
	len += sizeof(fault) - 1;
	memset(text + len, 'x', EXPLAIN_LINE + 100);
	len += EXPLAIN_LINE + 100;
	memcpy(text + len, fault, sizeof(fault) - 1);
	len += sizeof(fault) - 1;
	memcpy(text + len, fault, sizeof(fault) - 2);
	len += sizeof(fault) - 2;
	f = fmemopen(text, len, "r");
	assert_non_null(f);
	explain_read(f, &found);
	fclose(f);
	/* The second fault is behind the end of the long line. */
	assert_int_equal(found.lines, 4);
	assert_int_equal(found.n, 1);
	assert_int_equal(found.v[0].times, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup(test, setup)
		T(test_vtd), T(test_vtd_reasons), T(test_read), T(test_virtio), T(test_eeh),
		T(test_others), T(test_suppressed), T(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
