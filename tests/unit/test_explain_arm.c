/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* SMMUs in lines of kernels: by their sources, or as they were seen in reports and in the lab. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain_lines.h"

#define V3 "arm-smmu-v3 arm-smmu-v3.0.auto: "

#define RAW(id, sid, at) V3 "event " id " received:\n" V3 "\t" sid "\n" V3 "\t0x0000000800000000\n" \
	V3 "\t" at "\n" V3 "\t0x0000000000000000\n"

static void
test_smmuv3(void **state)
{
	/* Up to Linux 6.14. */
	expect_one("[  3.1] " V3 "event 0x10 received:\n[  3.1] " V3 "\t0x0000001800000010\n[  3.1] " V3 "\t0x0000020800000000\n"
		"[  3.1] " V3 "\t0x0000000070000000\n[  3.1] " V3 "\t0x0000000000000000\n",
		"SMMUv3 0000:00:03.0~ read 0x70000000 no-page F_TRANSLATION x1");
	/* As /dev/kmsg has it, among other lines. */
	expect_one("3,1,2,-;" V3 "event 0x13 received:\n3,1,2,-;" V3 "\\x090x0000010000000013\nsomething else\n3,1,2,-;" V3 "\\x090x0000000000000000\n"
		"3,1,2,-;" V3 "\\x090x0000000012345000\n3,1,2,-;" V3 "\\x090x0000000000000000\n",
		"SMMUv3 0000:01:00.0~ write 0x12345000 forbidden F_PERMISSION x1");
	/* As rsyslog writes it. */
	expect_one(V3 "event 0x13 received:\n" V3 "#0110x0000010000000013\n" V3 "#0110x0000000000000000\n"
		V3 "#0110x0000000012345000\n" V3 "#0110x0000000000000000\n",
		"SMMUv3 0000:01:00.0~ write 0x12345000 forbidden F_PERMISSION x1");
	/* Later: the same event twice. */
	expect_one(V3 "event 0x10 received:\n" V3 "\t0x0000001800000010\n" V3 "\t0x0000020800000000\n"
		V3 "\t0x0000000070000000\n" V3 "\t0x0000000000000000\n"
		V3 "event: F_TRANSLATION client: 0000:00:03.0 sid: 0x18 ssid: 0x0 iova: 0x70000000 ipa: 0x0\n"
		V3 "unpriv data read s1 \"Input address caused fault\" stag: 0x0\n",
		"SMMUv3 0000:00:03.0 read 0x70000000 no-page F_TRANSLATION x1");
	/* Only the decoded lines, as with a higher log level. */
	expect_one(V3 "event: F_ADDR_SIZE client: 0002:01:00.0 sid: 0x100 ssid: 0x0 iova: 0xffff000000000000 ipa: 0x0\n"
		V3 "unpriv data write s1 \"Input address caused fault\" stag: 0x0\n",
		"SMMUv3 0002:01:00.0 write 0xffff000000000000 too-high F_ADDR_SIZE x1");
	expect_one(V3 "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x18 ssid: 0x0\n",
		"SMMUv3 0000:00:03.0~ ? - no-table C_BAD_STREAMID x1");
	expect_one(V3 "event 0x02 received:\n" V3 "\t0x0000001800000002\n" V3 "\t0x0\n" V3 "\t0x1\n" V3 "\t0x0\n",
		"SMMUv3 0000:00:03.0~ ? - no-table C_BAD_STREAMID x1");
	/* Which address is too large is certain only of one that no stage 1 can have passed. */
	expect_one(V3 "event: F_ADDR_SIZE client: 0002:01:00.0 sid: 0x100 ssid: 0x0 iova: 0xfffffffffffff ipa: 0x0\n",
		"SMMUv3 0002:01:00.0 ? 0xfffffffffffff size F_ADDR_SIZE x1");
	expect_one(RAW("0x11", "0x0000001800000011", "0x0000000070000000"),
		"SMMUv3 0000:00:03.0~ read 0x70000000 size F_ADDR_SIZE x1");
	expect_one(RAW("0x11", "0x0000001800000011", "0x0010000000000000"),
		"SMMUv3 0000:00:03.0~ read 0x10000000000000 too-high F_ADDR_SIZE x1");
	/* A device that uses process address spaces. */
	expect_one(V3 "event: C_BAD_SUBSTREAMID client: 0000:00:03.0 sid: 0x18 ssid: 0x1\n",
		"SMMUv3 0000:00:03.0 ? - no-table C_BAD_SUBSTREAMID x1");
	expect_one(RAW("0x08", "0x0000001800000008", "0x0000000000000001"),
		"SMMUv3 0000:00:03.0~ ? - no-table C_BAD_SUBSTREAMID x1");
	/* Entries of the SMMU's own that contradict each other. */
	expect_one(RAW("0x20", "0x0000001800000020", "0x0000000070000000"),
		"SMMUv3 0000:00:03.0~ read 0x70000000 broken F_TLB_CONFLICT x1");
	expect_one(RAW("0x21", "0x0000001800000021", "0x0000000070000000"),
		"SMMUv3 0000:00:03.0~ ? - broken F_CFG_CONFLICT x1");
	expect_one(V3 "event: F_VMS_FETCH client: 0000:00:03.0 sid: 0x18 ssid: 0x0 fetch_addr: 0x1000\n",
		"SMMUv3 0000:00:03.0 ? - broken F_VMS_FETCH x1");
	/* Cut short. */
	parse(V3 "event 0x10 received:\n" V3 "\t0x0000001800000010\n" V3 "\t0x0000020800000000\n");
	assert_int_equal(found.n, 0);
}

/* The words of an event, then what they mean: Linux 6.15 and later. */
static void
test_smmuv3_twice(void **state)
{
	/* The kernel has no name for this one, and prints no address of it. */
	expect_one(RAW("0x0b", "0x000001000000000b", "0x0000000070000000")
		V3 "event: UNKNOWN client: 0000:01:00.0 sid: 0x100 ssid: 0x0\n",
		"SMMUv3 0000:01:00.0 read 0x70000000 broken F_WALK_EABT x1");
	expect_one(RAW("0x10", "0x0000001800000010", "0x0000000070000000")
		V3 "event: F_TRANSLATION client: (unassigned sid) sid: 0x18 ssid: 0x0 iova: 0x70000000 ipa: 0x0\n",
		"SMMUv3 0000:00:03.0~ read 0x70000000 no-page F_TRANSLATION x1");
	/* Another address, or another device. */
	parse(RAW("0x10", "0x0000001800000010", "0x0000000070000000")
		V3 "event: F_TRANSLATION client: 0000:00:03.0 sid: 0x18 ssid: 0x0 iova: 0x70001000 ipa: 0x0\n");
	assert_int_equal(found.n, 2);
	parse(RAW("0x0b", "0x000001000000000b", "0x0000000070000000")
		V3 "event: UNKNOWN client: 0000:00:03.0 sid: 0x18 ssid: 0x0\n");
	assert_int_equal(found.n, 2);
	assert_string_equal(described(1), "SMMUv3 0000:00:03.0 ? - unknown UNKNOWN x1");
	/* Without the words, each is an event. */
	expect_one(V3 "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x18 ssid: 0x0\n"
		V3 "event: C_BAD_STREAMID client: (unassigned sid) sid: 0x18 ssid: 0x0\n",
		"SMMUv3 0000:00:03.0~ ? - no-table C_BAD_STREAMID x2");
}

/* A device that is not on PCI: its ID is no PCI address. */
static void
test_smmuv3_platform(void **state)
{
	static const char line[] = V3 "event: F_TRANSLATION client: fe2c0000.usb sid: 0x18 ssid: 0x0 iova: 0x70000000 ipa: 0x0\n";
	char text[EXPLAIN_LINE];

	expect_one(line, "SMMUv3 - ? 0x70000000 no-page F_TRANSLATION x1");
	assert_string_equal(found.v[0].client, "fe2c0000.usb");
	snprintf(text, sizeof(text), "%s%s", RAW("0x10", "0x0000001800000010", "0x0000000070000000"), line);
	expect_one(text, "SMMUv3 - read 0x70000000 no-page F_TRANSLATION x1");
	assert_string_equal(found.v[0].client, "fe2c0000.usb");
	expect_one(V3 "event: C_BAD_STE client: AMDI0011:00 sid: 0x18 ssid: 0x0\n", "SMMUv3 - ? - no-table C_BAD_STE x1");
	assert_string_equal(found.v[0].client, "AMDI0011:00");
	/* They differ only in the name. */
	parse(V3 "event: C_BAD_STE client: a.usb sid: 0x18 ssid: 0x0\n" V3 "event: C_BAD_STE client: b.usb sid: 0x18 ssid: 0x0\n");
	assert_int_equal(found.n, 2);
}

#define OTHER "arm-smmu-v3 arm-smmu-v3.1.auto: "

/* Each SMMU has a thread that logs its events, so that lines of several can alternate. */
static void
test_smmuv3_several(void **state)
{
	char text[16 * EXPLAIN_LINE], *at = text;
	size_t i;

	(void)state;
	parse(V3 "event 0x10 received:\n" OTHER "event 0x13 received:\n"
		V3 "\t0x0000001800000010\n" V3 "\t0x0000000800000000\n"
		OTHER "\t0x0000010000000013\n" OTHER "\t0x0000000000000000\n" OTHER "\t0x0000000012345000\n"
		V3 "\t0x0000000070000000\n" OTHER "\t0x0000000000000000\n" V3 "\t0x0000000000000000\n"
		OTHER "event: F_PERMISSION client: 0001:01:00.0 sid: 0x100 ssid: 0x0 iova: 0x12345000 ipa: 0x0\n"
		V3 "event: F_TRANSLATION client: 0000:00:03.0 sid: 0x18 ssid: 0x0 iova: 0x70000000 ipa: 0x0\n"
		V3 "unpriv data read s1 \"Input address caused fault\" stag: 0x0\n"
		OTHER "unpriv data write s1 \"Input address caused fault\" stag: 0x0\n");
	assert_int_equal(found.n, 2);
	assert_string_equal(described(0), "SMMUv3 0001:01:00.0 write 0x12345000 forbidden F_PERMISSION x1");
	assert_string_equal(described(1), "SMMUv3 0000:00:03.0 read 0x70000000 no-page F_TRANSLATION x1");
	/* A fault of another kind between the lines. */
	parse(V3 "event: F_TRANSLATION client: 0000:00:03.0 sid: 0x18 ssid: 0x0 iova: 0x70000000 ipa: 0x0\n"
		"virtio_iommu virtio0: page fault from EP 24 at 0x1000 [R]\n"
		V3 "unpriv data write s1 \"Input address caused fault\" stag: 0x0\n");
	assert_int_equal(found.n, 2);
	assert_string_equal(described(0), "SMMUv3 0000:00:03.0 write 0x70000000 no-page F_TRANSLATION x1");
	assert_string_equal(described(1), "virtio-iommu 0000:00:03.0~ read 0x1000 no-page page x1");
	/* Errors of the SMMUs themselves. */
	parse(V3 "unexpected global error reported (0x00000001), this could be serious\n"
		OTHER "unexpected global error reported (0x00000001), this could be serious\n"
		V3 "CMDQ error (cons 0x01000022): Illegal command\n"
		OTHER "CMDQ error (cons 0x0302bb84): ATC invalidate timeout\n");
	assert_int_equal(found.n, 2);
	assert_string_equal(described(0), "SMMUv3 - ? - command Illegal command x1");
	assert_string_equal(described(1), "SMMUv3 - ? - timeout ATC invalidate timeout x1");
	/* More than are known at once: one that is forgotten loses its event, and no other event gets its words. */
	for (i = 0; i < EXPLAIN_SMMUS + 1; i++)
		at += sprintf(at, "arm-smmu-v3 %zu.smmuv3: event 0x10 received:\narm-smmu-v3 %zu.smmuv3: \t0x%08zx00000010\n", i, i, i);
	for (i = 0; i < EXPLAIN_SMMUS + 1; i++)
		at += sprintf(at, "arm-smmu-v3 %zu.smmuv3: \t0x0\narm-smmu-v3 %zu.smmuv3: \t0x%zx000\narm-smmu-v3 %zu.smmuv3: \t0x0\n", i, i, i, i);
	parse(text);
	for (i = 0; i < found.n; i++)
		assert_int_equal(found.v[i].iova, (uint64_t)found.v[i].stream << 12);
}

static void
test_smmuv2(void **state)
{
	expect_one("arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xfc401000, fsynr=0x60013, cbfrsynra=0x121, cb=38",
		"SMMUv2 0000:01:04.1~ write 0xfc401000 no-page fsr 0x402 x1");
	expect_one("arm-smmu 16c0000.iommu: Unhandled context fault: fsr=0x408, iova=0x00000000, fsynr=0x1, cb=0",
		"SMMUv2 - read 0x0 forbidden fsr 0x408 x1");
	expect_one("arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x480, iova=0xfc401000, fsynr=0x11, cbfrsynra=0x8, cb=6",
		"SMMUv2 0000:00:01.0~ write 0xfc401000 size fsr 0x480 x1");
	expect_one("arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x480, iova=0xffff0000fc401000, fsynr=0x11, cbfrsynra=0x8, cb=6",
		"SMMUv2 0000:00:01.0~ write 0xffff0000fc401000 too-high fsr 0x480 x1");
	/* The lines behind it, since Linux 6.12, are no faults of their own. */
	expect_one("arm-smmu 15000000.iommu: Unhandled context fault: fsr=0x402, iova=0xd65504710, fsynr=0x100011, cbfrsynra=0x8, cb=6\n"
		"arm-smmu 15000000.iommu: FSR    = 00000402 [Format=2 TF], SID=0x8\n"
		"arm-smmu 15000000.iommu: FSYNR0 = 00100011 [S1CBNDX=16 WNR PLVL=1]\n",
		"SMMUv2 0000:00:01.0~ write 0xd65504710 no-page fsr 0x402 x1");
	/* Linux 6.11 logs the first line for developers only. */
	expect_one("arm-smmu 15000000.iommu: FSR    = 00000402 [Format=2 TF], SID=0x40121\n"
		"arm-smmu 15000000.iommu: FSYNR0 = 00100011 [S1CBNDX=16 WNR PLVL=1]\n",
		"SMMUv2 0000:01:04.1~ write - no-page fsr 0x402 x1");
	expect_one("arm-smmu 15000000.iommu: FSR    = 00000408 [Format=2 PF], SID=0x8\n"
		"arm-smmu 15000000.iommu: FSYNR0 = 00000001 [S1CBNDX=0 PLVL=1]\n"
		"arm-smmu 15000000.iommu: FSR    = 00000408 [Format=2 PF], SID=0x8\n"
		"arm-smmu 15000000.iommu: FSYNR0 = 00000001 [S1CBNDX=0 PLVL=1]\n",
		"SMMUv2 0000:00:01.0~ read - forbidden fsr 0x408 x2");
	/* Two SMMUs. */
	parse("arm-smmu 1.iommu: Unhandled context fault: fsr=0x402, iova=0x1000, fsynr=0x0, cbfrsynra=0x8, cb=6\n"
		"arm-smmu 2.iommu: Unhandled context fault: fsr=0x408, iova=0x2000, fsynr=0x10, cbfrsynra=0x10, cb=6\n"
		"arm-smmu 1.iommu: FSR    = 00000402 [Format=2 TF], SID=0x8\n"
		"arm-smmu 2.iommu: FSR    = 00000408 [Format=2 PF], SID=0x10\n"
		"arm-smmu 1.iommu: FSYNR0 = 00000000 [S1CBNDX=0 PLVL=0]\n"
		"arm-smmu 2.iommu: FSYNR0 = 00000010 [S1CBNDX=0 WNR PLVL=0]\n");
	assert_int_equal(found.n, 2);
	assert_string_equal(described(0), "SMMUv2 0000:00:01.0~ read 0x1000 no-page fsr 0x402 x1");
	assert_string_equal(described(1), "SMMUv2 0000:00:02.0~ write 0x2000 forbidden fsr 0x408 x1");
	/* A line that begins no fault. */
	parse("arm-smmu 15000000.iommu: FSYNR0 = 00100011 [S1CBNDX=16 WNR PLVL=1]\n");
	assert_int_equal(found.n, 0);
	expect_one("arm-smmu 2b500000.iommu: Blocked unknown Stream ID 0x18; boot with \"arm-smmu.disable_bypass=0\" to allow, but this may have security implications",
		"SMMUv2 0000:00:03.0~ ? - no-table - x1");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup(test, setup)
		T(test_smmuv3), T(test_smmuv3_twice), T(test_smmuv3_platform), T(test_smmuv3_several), T(test_smmuv2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
