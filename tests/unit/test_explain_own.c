/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * What IOMMUs report about themselves, in lines of kernels: by their sources, or as they were
 * seen in reports.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "explain_lines.h"

static void
expect_two(const char *text, const char *first, const char *second)
{
	parse(text);
	if (found.n != 2)
		fail_msg("%zu faults in: %s", found.n, text);
	assert_string_equal(described(0), first);
	assert_string_equal(described(1), second);
}

/* Linux 5.17 and later. */
static void
test_vtd_queue(void **state)
{
	(void)state;
	expect_one("[  147.1] DMAR: VT-d detected Invalidation Time-out Error: SID 3f00\n"
		"[  147.1] DMAR: QI HEAD: Invalidation Wait qw0 = 0x200000025, qw1 = 0x1003a07fc\n"
		"[  147.1] DMAR: QI PRIOR: Invalidation Wait qw0 = 0x200000025, qw1 = 0x1003a07f8\n"
		"[  147.1] DMAR: Invalidation Time-out Error (ITE) cleared\n",
		"VT-d 0000:3f:00.0* ? - timeout ITE x1");
	/* An earlier VT-d does not record the device. The status register can be on either side. */
	expect_one("DMAR: VT-d detected Invalidation Time-out Error: SID 0\n"
		"DMAR: DRHD: handling fault status reg 40\nDMAR: Invalidation Time-out Error (ITE) cleared\n",
		"VT-d - ? - timeout ITE x1");
	expect_one("DMAR: DRHD: handling fault status reg 240\n"
		"DMAR: VT-d detected Invalidation Time-out Error: SID af03\nDMAR: Invalidation Time-out Error (ITE) cleared\n",
		"VT-d 0000:af:00.3* ? - timeout ITE x1");
	expect_one("DMAR: VT-d detected Invalidation Queue Error: Reason 2\nDMAR: Invalidation Queue Error (IQE) cleared\n",
		"VT-d - ? - command IQE 0x2 x1");
	expect_one("DMAR: VT-d detected Invalidation Completion Error: SID 1a0\nDMAR: Invalidation Completion Error (ICE) cleared\n",
		"VT-d 0000:01:14.0* ? - completion ICE x1");
	/* Each time is an event. */
	expect_one("DMAR: VT-d detected Invalidation Time-out Error: SID 3f00\nDMAR: Invalidation Time-out Error (ITE) cleared\n"
		"DMAR: VT-d detected Invalidation Time-out Error: SID 3f00\nDMAR: Invalidation Time-out Error (ITE) cleared\n",
		"VT-d 0000:3f:00.0* ? - timeout ITE x2");
	expect_two("DMAR: VT-d detected Invalidation Queue Error: Reason 3\nDMAR: VT-d detected Invalidation Time-out Error: SID 100\n",
		"VT-d - ? - command IQE 0x3 x1", "VT-d 0000:01:00.0* ? - timeout ITE x1");
	/* A log that begins in the middle. */
	expect_one("DMAR: Invalidation Time-out Error (ITE) cleared\n", "VT-d - ? - timeout ITE x1");
}

/* The registers can't be read, as in a report about a kernel that did not boot. */
static void
test_vtd_ones(void **state)
{
	(void)state;
	expect_one("DMAR: VT-d detected Invalidation Queue Error: Reason f\nDMAR: VT-d detected Invalidation Time-out Error: SID ffff\n"
		"DMAR: VT-d detected Invalidation Completion Error: SID ffff\nDMAR: QI HEAD: UNKNOWN qw0 = 0x0, qw1 = 0x0\n"
		"DMAR: Invalidation Time-out Error (ITE) cleared\n", "VT-d - ? - failed IQE 0xf x1");
	expect_one("DMAR: VT-d detected Invalidation Time-out Error: SID ffff\n", "VT-d - ? - failed ITE x1");
	expect_one("DMAR: DRHD: handling fault status reg ffffffff\n"
		"DMAR: VT-d detected Invalidation Queue Error: Reason f\nDMAR: VT-d detected Invalidation Time-out Error: SID ffff\n",
		"VT-d - ? - failed status ones x1");
	/* The reason alone is no proof. */
	expect_two("DMAR: VT-d detected Invalidation Queue Error: Reason f\nDMAR: VT-d detected Invalidation Time-out Error: SID 100\n",
		"VT-d - ? - command IQE 0xf x1", "VT-d 0000:01:00.0* ? - timeout ITE x1");
}

/* Before Linux 5.17 the register is all that there is, except for a wrong command. */
static void
test_vtd_status(void **state)
{
	(void)state;
	expect_one("DMAR: DRHD: handling fault status reg 40\nDMAR: DRHD: handling fault status reg 340\n",
		"VT-d - ? - timeout status 0x40 x2");
	expect_one("dmar: VT-d detected invalid descriptor: low=300000025, high=1\ndmar: DRHD: handling fault status reg 10\n",
		"VT-d - ? - command IQE x1");
	expect_one("DMAR: DRHD: handling fault status reg 10\nDMAR: VT-d detected invalid descriptor: qw0 = 25, qw1 = 1\n",
		"VT-d - ? - command IQE x1");
	/* The line of the status is in front of it, and the next one is of another event. */
	expect_two("DMAR: DRHD: handling fault status reg 10\nDMAR: VT-d detected invalid descriptor: qw0 = 25, qw1 = 1\n"
		"DMAR: DRHD: handling fault status reg 10\n",
		"VT-d - ? - command IQE x1", "VT-d - ? - command status 0x10 x1");
	/* A log of two kernels, of which only the first one describes the errors. */
	expect_two("DMAR: VT-d detected Invalidation Time-out Error: SID 3f00\nDMAR: Invalidation Time-out Error (ITE) cleared\n"
		"[    0.000000] Linux version 5.10.0-28-amd64\nDMAR: DRHD: handling fault status reg 40\n",
		"VT-d 0000:3f:00.0* ? - timeout ITE x1", "VT-d - ? - timeout status 0x40 x1");
	parse("DMAR: DRHD: handling fault status reg 402\n");
	assert_int_equal(found.n, 0);
	assert_int_equal(found.lost, 0);
	/* The overflow of the records: faults are missing. */
	parse("DMAR: DRHD: handling fault status reg 3\n");
	assert_int_equal(found.n, 0);
	assert_int_equal(found.lost, 1);
}

#define V3 "arm-smmu-v3 arm-smmu-v3.0.auto: "
#define GLOBAL(bits) V3 "unexpected global error reported (0x" bits "), this could be serious\n"

static void
test_smmuv3(void **state)
{
	(void)state;
	expect_one(GLOBAL("00000001") V3 "CMDQ error (cons 0x0302bb84): ATC invalidate timeout\n"
		GLOBAL("00000001") V3 "CMDQ error (cons 0x0302bb88): ATC invalidate timeout\n",
		"SMMUv3 - ? - timeout ATC invalidate timeout x2");
	/* The words of the command are not those of an event. */
	expect_one(GLOBAL("00000001") V3 "CMDQ error (cons 0x01000022): Illegal command\n"
		V3 "skipping command in error state:\n" V3 "\t0x0000000000000000\n" V3 "\t0x0000000000000000\n",
		"SMMUv3 - ? - command Illegal command x1");
	expect_one(V3 "CMDQ error (cons 0x02000022): Abort on command fetch\n" V3 "retrying command fetch\n",
		"SMMUv3 - ? - command Abort on command fetch x1");
	expect_one(V3 "CMDQ error (cons 0x7f000022): Unknown\n", "SMMUv3 - ? - command CMDQ error x1");
	expect_one(V3 "CMD_SYNC timeout at 0x00000e93 [hwprod 0x00000e97, hwcons 0x00000e92]\n" V3 "CMD_SYNC timeout\n",
		"SMMUv3 - ? - stuck CMD_SYNC timeout x2");
	expect_one(V3 "CMDQ timeout\n", "SMMUv3 - ? - stuck CMDQ timeout x1");
	/* A log of other lines, or without them. */
	expect_one(GLOBAL("00000001"), "SMMUv3 - ? - command global error 0x1 x1");
	expect_one(GLOBAL("00000010") V3 "CMDQ MSI write aborted\n", "SMMUv3 - ? - aborted global error 0x10 x1");
	expect_one(V3 "PRIQ write aborted -- events may have been lost\n", "SMMUv3 - ? - aborted write aborted x1");
}

static void
test_smmuv3_service(void **state)
{
	(void)state;
	expect_one(GLOBAL("00000101") V3 "device has entered Service Failure Mode!\n" V3 "CMDQ error (cons 0x01000022): Illegal command\n",
		"SMMUv3 - ? - failed global error 0x101 x1");
	/* Without the warning. */
	expect_one(V3 "device has entered Service Failure Mode!\n" V3 "CMDQ error (cons 0x01000022): Illegal command\n",
		"SMMUv3 - ? - failed Service Failure Mode x1");
	expect_one(V3 "device has entered Service Failure Mode!\n" V3 "device has entered Service Failure Mode!\n",
		"SMMUv3 - ? - failed Service Failure Mode x2");
	/* A later error of commands. */
	expect_two(GLOBAL("00000101") V3 "device has entered Service Failure Mode!\n" V3 "CMDQ error (cons 0x01000022): Illegal command\n"
		V3 "CMDQ error (cons 0x01000024): Illegal command\n",
		"SMMUv3 - ? - failed global error 0x101 x1", "SMMUv3 - ? - command Illegal command x1");
	/* Events come between. */
	expect_two(GLOBAL("00000001") V3 "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x18 ssid: 0x0\n"
		V3 "CMDQ error (cons 0x01000024): Illegal command\n",
		"SMMUv3 - ? - command Illegal command x1", "SMMUv3 0000:00:03.0~ ? - no-table C_BAD_STREAMID x1");
}

/* Faults are missing: a note, not a fault. */
static void
test_smmuv3_lost(void **state)
{
	(void)state;
	parse(GLOBAL("00000004") V3 "EVTQ write aborted -- events may have been lost\n");
	assert_int_equal(found.n, 0);
	assert_int_equal(found.lost, 1);
	parse(V3 "EVTQ write aborted -- events may have been lost\n" V3 "EVTQ overflow detected -- events lost\n");
	assert_int_equal(found.n, 0);
	assert_int_equal(found.lost, 2);
	expect_one(GLOBAL("00000005") V3 "EVTQ write aborted -- events may have been lost\n" V3 "CMDQ error (cons 0x01000024): Illegal command\n",
		"SMMUv3 - ? - command Illegal command x1");
	assert_int_equal(found.lost, 1);
}

#define V2 "arm-smmu 15000000.iommu: "
#define GFSR(bits, stream) V2 "\tGFSR 0x" bits ", GFSYNR0 0x00000002, GFSYNR1 0x" stream ", GFSYNR2 0x00000000\n"

static void
test_smmuv2(void **state)
{
	static const char unexpected[] = V2 "Unexpected global fault, this could be serious\n";
	static const char blocked[] = V2 "Blocked unknown Stream ID 0x18; boot with \"arm-smmu.disable_bypass=0\" to allow, but this may have security implications\n";
	char text[EXPLAIN_LINE];

	(void)state;
	snprintf(text, sizeof(text), "%s%s", unexpected, GFSR("00000002", "00000018"));
	expect_one(text, "SMMUv2 0000:00:03.0~ write - no-table gfsr 0x2 x1");
	/* The upper half is not of the ID. */
	snprintf(text, sizeof(text), "%s%s", unexpected, GFSR("00000004", "04000018"));
	expect_one(text, "SMMUv2 0000:00:03.0~ write - broken gfsr 0x4 x1");
	/* An access of the processor to the registers. */
	snprintf(text, sizeof(text), "%s%s", unexpected, GFSR("00000020", "00000018"));
	expect_one(text, "SMMUv2 - ? - unknown gfsr 0x20 x1");
	snprintf(text, sizeof(text), "%s%s", unexpected, GFSR("ffffffff", "ffffffff"));
	expect_one(text, "SMMUv2 - ? - failed gfsr 0xffffffff x1");
	expect_one(unexpected, "SMMUv2 - ? - unknown global fault x1");
	expect_one(GFSR("00000002", "00000043"), "SMMUv2 0000:00:08.3~ write - no-table gfsr 0x2 x1");
	snprintf(text, sizeof(text), "%s%s", blocked, GFSR("80000002", "00000018"));
	expect_one(text, "SMMUv2 0000:00:03.0~ write - no-table gfsr 0x80000002 x1");
	/* Completes one event only, and that of its own device. */
	snprintf(text, sizeof(text), "%s%s", blocked, GFSR("00000002", "00000020"));
	expect_two(text, "SMMUv2 0000:00:03.0~ ? - no-table - x1", "SMMUv2 0000:00:04.0~ write - no-table gfsr 0x2 x1");
	expect_one(V2 "TLB sync timed out -- SMMU may be deadlocked\n", "SMMUv2 - ? - stuck TLB sync x1");
}

static void
test_eeh(void **state)
{
	(void)state;
	expect_one("EEH: Fenced PHB#1 detected, location: U78C9.001.WZS0AK8\n", "EEH - ? - bridge fenced x1");
	assert_string_equal(found.v[0].client, "PHB#1");
	expect_one("EEH: dead PHB#1 detected, location: N/A\n", "EEH - ? - failed dead x1");
	expect_one("EEH: dead IOC detected\n", "EEH - ? - failed dead x1");
	expect_one("EEH: Recovering PHB#30-PE#1fa\n", "EEH - ? - unknown recovering x1");
	expect_one("EEH: Recovering PHB#30-PE#1fa\nPCI 0030:01:00.0#1fa: EEH: Invoking x\n", "EEH 0030:01:00.0 ? - unknown recovering x1");
	/* Two lines of one event, in the words of different kernels. */
	expect_one("EEH: PHB#0 failure detected, location: N/A\nEEH: PHB#0 failure detected, location: N/A\n", "EEH - ? - bridge failure x1");
	expect_one("EEH: Fenced PHB#0 detected, location: N/A\nEEH: Recovering PHB#0, location: N/A\n"
		"EEH: Frozen PHB#0-PE#0 detected\nPCI 0000:01:00.0#0: EEH: Invoking x\n", "EEH - ? - bridge fenced x1");
	expect_one("EEH: Frozen PE#1 on PHB#2 detected\nEEH: Frozen PHB#2-PE#1 detected\n", "EEH - ? - unknown frozen x1");
	expect_one("EEH: Frozen PE#1 on PHB#2 detected\nEEH: Recovering PHB#2-PE#1\n", "EEH - ? - unknown frozen x1");
	/* Another one, of the same part or not. */
	expect_one("EEH: Recovering PHB#2-PE#1\nEEH: Frozen PHB#2-PE#1 detected\nEEH: Recovering PHB#2-PE#1\nEEH: Frozen PHB#2-PE#1 detected\n",
		"EEH - ? - unknown frozen x2");
	expect_two("EEH: Recovering PHB#2-PE#1\nEEH: Frozen PHB#2-PE#2 detected\n", "EEH - ? - unknown recovering x1",
		"EEH - ? - unknown frozen x1");
	parse("EEH: PHB#1 informative error detected, location: N/A\nEEH: IOC informative error detected\n");
	assert_int_equal(found.n, 0);
}

/* A partition can have several devices. Each is frozen, and each step of the recovery names all. */
static void
test_eeh_devices(void **state)
{
	char line[EXPLAIN_LINE];
	unsigned int i;

	(void)state;
	expect_two("EEH: Recovering PHB#41-PE#10000\nEEH: Frozen PHB#41-PE#10000 detected\n"
		"EEH: Beginning: 'error_detected(IO frozen)'\n"
		"PCI 0041:01:00.0#10000: EEH: Invoking mlx5_core->error_detected(IO frozen)\n"
		"virtio_iommu\nPCI 0041:01:00.0#10000: EEH: mlx5_core driver reports: 'need reset'\n"
		"PCI 0041:01:00.1#10000: EEH: Invoking mlx5_core->error_detected(IO frozen)\n"
		"PCI 0041:01:00.1#10000: EEH: mlx5_core driver reports: 'need reset'\n"
		"PCI 0041:01:00.0#10000: EEH: Invoking mlx5_core->slot_reset()\n"
		"PCI 0041:01:00.1#10000: EEH: Invoking mlx5_core->slot_reset()\n",
		"EEH 0041:01:00.0 ? - unknown frozen x1", "EEH 0041:01:00.1 ? - unknown frozen x1");
	/* The next time the same. */
	expect_two("EEH: Recovering PHB#1-PE#1\nPCI 0001:01:00.0#1: EEH: Invoking x\nPCI 0001:01:00.1#1: EEH: Invoking x\n"
		"EEH: Recovering PHB#1-PE#1\nPCI 0001:01:00.0#1: EEH: Invoking x\nPCI 0001:01:00.1#1: EEH: Invoking x\n",
		"EEH 0001:01:00.0 ? - unknown recovering x2", "EEH 0001:01:00.1 ? - unknown recovering x2");
	/* Another fault between them. */
	expect_two("EEH: Recovering PHB#1-PE#1\nvirtio_iommu virtio0: page fault from EP 24 at 0x1000 [R]\n"
		"PCI 0001:01:00.0#1: EEH: Invoking x\n",
		"EEH 0001:01:00.0 ? - unknown recovering x1", "virtio-iommu 0000:00:03.0~ read 0x1000 no-page page x1");
	/* More than are counted, and a list that is full. */
	memset(&found, 0, sizeof(found));
	explain_line(&found, "EEH: Recovering PHB#1-PE#1");
	for (i = 0; i < 2 * EXPLAIN_FAULTS; i++) {
		snprintf(line, sizeof(line), "PCI 0001:%02x:%02x.%x#1: EEH: Invoking x", i >> 8, i >> 3 & 0x1f, i & 7);
		explain_line(&found, line);
	}
	explain_end(&found);
	assert_int_equal(found.n, EXPLAIN_PE_DEVICES);
	memset(&found, 0, sizeof(found));
	for (i = 0; i < EXPLAIN_FAULTS - 1; i++) {
		snprintf(line, sizeof(line), "virtio_iommu virtio0: page fault from EP 24 at 0x%x000 [W]", i);
		explain_line(&found, line);
	}
	explain_line(&found, "EEH: Recovering PHB#1-PE#1");
	for (i = 0; i < 4; i++) {
		snprintf(line, sizeof(line), "PCI 0001:01:00.%x#1: EEH: Invoking x", i);
		explain_line(&found, line);
	}
	explain_end(&found);
	assert_int_equal(found.n, EXPLAIN_FAULTS);
	assert_int_equal(found.dropped, 2);
}

/* The kernel gives a device up, after too many failures or as it does not recover. */
static void
test_eeh_disabled(void **state)
{
	(void)state;
	/* Linux 5.5 and later. */
	expect_one("EEH: Recovering PHB#40-PE#10000\nEEH: Frozen PHB#40-PE#10000 detected\n"
		"EEH: PHB#40-PE#10000 has failed 6 times in the last hour and has been permanently disabled.\n"
		"EEH: Unable to recover from failure from PHB#40-PE#10000.\nPlease try reseating or replacing it\n"
		"EEH: Beginning: 'error_detected(permanent failure)'\n"
		"PCI 0040:01:00.0#10000: EEH: Invoking nvme->error_detected(permanent failure)\n",
		"EEH 0040:01:00.0 ? - disabled disabled x1");
	/* Before: in lines of their own. */
	expect_one("EEH: Frozen PHB#2-PE#1 detected\nEEH: PHB#2-PE#1 has failed 6 times in the\n"
		"last hour and has been permanently disabled.\nPlease try reseating or replacing it.\n",
		"EEH - ? - disabled disabled x1");
	/* The devices first. */
	expect_two("EEH: Recovering PHB#41-PE#10000\nPCI 0041:01:00.0#10000: EEH: mlx5_core driver reports: 'disconnect'\n"
		"PCI 0041:01:00.1#10000: EEH: mlx5_core driver reports: 'disconnect'\n"
		"EEH: Unable to recover from failure from PHB#41-PE#10000.\n"
		"PCI 0041:01:00.0#10000: EEH: Invoking mlx5_core->error_detected(permanent failure)\n",
		"EEH 0041:01:00.0 ? - disabled not recovered x1", "EEH 0041:01:00.1 ? - disabled not recovered x1");
	/* Of another partition, or of a whole bridge. */
	expect_two("EEH: Recovering PHB#1-PE#1\nEEH: Unable to recover from failure from PHB#1-PE#2.\n",
		"EEH - ? - unknown recovering x1", "EEH - ? - disabled not recovered x1");
	expect_one("EEH: Fenced PHB#1 detected, location: N/A\nEEH: Unable to recover from failure from PHB#1-PE#0.\n",
		"EEH - ? - failed not recovered x1");
	/* No more than a failure. */
	expect_one("EEH: Frozen PHB#2-PE#1 detected\nEEH: This PCI device has failed 1 times in the last hour and will be permanently disabled after 5 failures.\n",
		"EEH - ? - unknown frozen x1");
}

/* The list is full: what completes a fault that is no more in it is a fault of its own, or nothing. */
static void
test_full(void **state)
{
	char line[EXPLAIN_LINE];
	unsigned int i, j;
	static const struct {
		const char *first, *second;
		unsigned int dropped;
	} rows[] = {
		{ V3 "unexpected global error reported (0x00000001), x", V3 "CMDQ error (cons 0x01000024): Illegal command", 2 },
		{ V2 "Unexpected global fault, this could be serious", V2 "\tGFSR 0x2, GFSYNR0 0x0, GFSYNR1 0x18", 2 },
		{ "DMAR: DRHD: handling fault status reg 40", "DMAR: VT-d detected Invalidation Time-out Error: SID 100", 2 },
		{ "EEH: Recovering PHB#2-PE#1", "EEH: Frozen PHB#2-PE#1 detected", 2 },
		{ "AMD-Vi: Event logged [", "IOTLB_INV_TIMEOUT device=63:00.0 address=0x0]", 1 },
	};

	(void)state;
	for (j = 0; j < sizeof(rows) / sizeof(*rows); j++) {
		memset(&found, 0, sizeof(found));
		for (i = 0; i < EXPLAIN_FAULTS; i++) {
			snprintf(line, sizeof(line), "virtio_iommu virtio0: page fault from EP 24 at 0x%x000 [W]", i);
			explain_line(&found, line);
		}
		explain_line(&found, rows[j].first);
		explain_line(&found, line);
		explain_line(&found, rows[j].second);
		explain_end(&found);
		assert_int_equal(found.n, EXPLAIN_FAULTS);
		assert_int_equal(found.dropped, rows[j].dropped);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup(test, setup)
		T(test_vtd_queue), T(test_vtd_ones), T(test_vtd_status),
		T(test_smmuv3), T(test_smmuv3_service), T(test_smmuv3_lost), T(test_smmuv2), T(test_eeh), T(test_eeh_devices),
		T(test_eeh_disabled),
		T(test_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
