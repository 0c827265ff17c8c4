/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What the addresses of faults are. */

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain.h"

static struct explain_facts facts;
static bool seen[EXPLAIN_IDS];

/* The verdict on a fault must be @p id. @return its words, until the next call */
static const char *
judged(const struct explain_fault *f, enum explain_id id)
{
	static struct explain_verdict v;

	explain_judge(f, &facts, &v);
	if (v.id != id)
		fail_msg("0x%llx is %s: %s", (unsigned long long)f->iova, explain_kinds[v.id].name, v.what);
	seen[id] = true;
	return v.what;
}

static void
expect_judged(enum explain_access access, enum explain_reason reason, uint64_t iova, enum explain_id id,
		const char *what)
{
	const struct explain_fault f = { .iommu = EXPLAIN_VTD, .reason = reason, .access = access,
		.has_iova = true, .iova = iova };
	const char *got = judged(&f, id);

	if (strstr(got, what) == NULL)
		fail_msg("\"%s\" lacks \"%s\"", got, what);
}

/* A machine, and two processes. */
static void
facts_set(void)
{
	static const struct iova_hole holes[] = {
		{ { 0, 0xfff }, IOVA_ORIGIN_ZERO_PAGE, IOVA_SOFT, IOVA_BY_NOBODY, "", "d" },
		{ { 0x8000000, 0x80fffff }, IOVA_ORIGIN_SW_MSI, IOVA_HARD, IOVA_BY_KERNEL, "", "d" },
		{ { 0x8000000, 0xfffffff }, IOVA_ORIGIN_HOST_BRIDGE, IOVA_SOFT, IOVA_BY_BUS, "0000:00", "d" },
		{ { 0x10000000, 0x1fffffff }, IOVA_ORIGIN_DMA_RANGES, IOVA_SOFT, IOVA_BY_BUS, "0000:00", "d" },
		{ { 0x20000000, 0x2fffffff }, IOVA_ORIGIN_DIRECT, IOVA_HARD, IOVA_BY_KERNEL, "", "d" },
		{ { 0x30000000, 0x3fffffff }, IOVA_ORIGIN_RESERVED, IOVA_HARD, IOVA_BY_KERNEL, "", "d" },
	};
	static const struct explain_map maps[] = {
		{ { 0x100000000, 0x13fffffff }, 42, "eal", false, true },
		{ { 0x140000000, 0x1401fffff }, 42, "application", true, true },
		{ { 0x200000000, 0x2001fffff }, 43, "eal", false, false },
	};

	static const struct explain_freed freed[] = {
		{ { 0x140200000, 0x1402fffff }, 42, "eal", 7, true },
		{ { 0x140280000, 0x14028ffff }, 42, "device", 3, true },
		/* Mapped again. */
		{ { 0x100000000, 0x1001fffff }, 42, "eal", 1, true },
		{ { 0x300000000, 0x3001fffff }, 43, "application", 60, false },
	};

	facts = (struct explain_facts){ .hole = holes, .n_holes = 6, .map = maps, .n_maps = 3, .freed = freed,
		.n_freed = 4, .all_freed = true, .processes = 2, .owners = 1, .iommu_bits = 39,
		.holes_known = true };
}

/* What another user may have made up has this user's number. */
static void
test_foreign(void **state)
{
	static const struct explain_map maps[] = {
		{ .range = { 0x100000000, 0x13fffffff }, .pid = 66, .owner = "eal", .has_device = true,
			.foreign = true, .uid = 4294967295 },
		{ .range = { 0x200000000, 0x2001fffff }, .pid = 67, .owner = "eal", .foreign = true, .uid = 1001 },
	};
	static const struct explain_freed freed[] = {
		{ { 0x140280000, 0x14028ffff }, 42, "device", 9, true, false, 0 },
		{ { 0x140200000, 0x1402fffff }, 66, "eal", 7, true, true, 1000 },
	};
	const struct explain_fault no_table = { .iommu = EXPLAIN_VTD, .reason = EXPLAIN_NO_TABLE };

	facts_set();
	facts.map = maps;
	facts.n_maps = 2;
	facts.freed = freed;
	facts.n_freed = 2;
	facts.foreign = true;
	facts.uid = 1000;
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x100000000, EXPLAIN_IS_MAPPED, "by process 66 of user 4294967295 (eal)");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x140200000, EXPLAIN_IS_FREED, "by process 66 of user 1000 (eal), which");
	/* A later unmap of a foreign process does not hide one that is known. */
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x140280000, EXPLAIN_IS_FREED, "by process 42 (device), which");
	facts.n_freed = 0;
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x140000000, EXPLAIN_IS_BEHIND, "which process 66 of user 4294967295 has mapped");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x200000000, EXPLAIN_IS_OTHERS, "by process 67 of user 1001 (eal), which does not");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x70000000, EXPLAIN_IS_UNMAPPED, "; so says a process of user 1000");
	assert_string_equal(judged(&no_table, EXPLAIN_IS_BEFORE_DRIVER),
		"the IOMMU had no addresses for this device, which a process of user 1000 has now");
	(void)state;
}

static void
test_judge(void **state)
{
	facts_set();
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x10, EXPLAIN_IS_ZERO, "0x0-0xfff: IOVA 0");
	/* Of several holes the one that says most. */
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x8000040, EXPLAIN_IS_MSI, "0x8000000-0x80fffff: SW_MSI");
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x9000000, EXPLAIN_IS_WINDOW,
		"0x8000000-0xfffffff: host bridge 0000:00");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x10000000, EXPLAIN_IS_DMA_RANGES, "0x10000000-0x1fffffff");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x2fffffff, EXPLAIN_IS_FIRMWARE, "direct");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x30000000, EXPLAIN_IS_RESERVED, "reserved");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x100000000, EXPLAIN_IS_MAPPED, "by process 42 (eal)");
	expect_judged(EXPLAIN_WRITE, EXPLAIN_FORBIDDEN, 0x140000000, EXPLAIN_IS_READ_ONLY, "for reading only");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x1401fffff, EXPLAIN_IS_MAPPED, "process 42 (application)");
	/* Of two unmaps the latest; it says more than what is in front of the address. */
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x140200000, EXPLAIN_IS_FREED,
		"was mapped at 0x140200000-0x1402fffff by process 42 (eal), which unmapped it 7 s ago");
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x140280000, EXPLAIN_IS_FREED, "42 (device), which unmapped it 3 s");
	/* The unmap of a process that does not have the device says nothing. */
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x300000000, EXPLAIN_IS_UNMAPPED, "never mapped, or unmapped long ago");
	facts.n_freed = 0;
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x140200000, EXPLAIN_IS_BEHIND,
		"0 bytes behind 0x140000000-0x1401fffff");
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x1403fffff, EXPLAIN_IS_BEHIND, "2097151 bytes behind");
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x140400000, EXPLAIN_IS_UNMAPPED, "is not mapped now and was not unmapped lately");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x200000000, EXPLAIN_IS_OTHERS, "process 43 (eal), which does not have");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x8000000000, EXPLAIN_IS_TOO_HIGH, "does not translate");
	expect_judged(EXPLAIN_READ, EXPLAIN_TOO_HIGH, 0x70000000, EXPLAIN_IS_TOO_HIGH, "does not translate");
	/* One in a table, unless the device's is too large. */
	expect_judged(EXPLAIN_READ, EXPLAIN_SIZE, 0x70000000, EXPLAIN_IS_BROKEN, "an address is too large");
	expect_judged(EXPLAIN_READ, EXPLAIN_SIZE, 0x100000000, EXPLAIN_IS_BROKEN, "an address is too large");
	expect_judged(EXPLAIN_READ, EXPLAIN_SIZE, 0x8000000000, EXPLAIN_IS_TOO_HIGH, "does not translate");
	facts.all_freed = false;
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x70000000, EXPLAIN_IS_UNMAPPED, "freed, or never mapped");
	expect_judged(EXPLAIN_READ, EXPLAIN_INTERRUPT, 0xfee00000, EXPLAIN_IS_INTERRUPT, "interrupt");
	expect_judged(EXPLAIN_READ, EXPLAIN_BROKEN, 0x70000000, EXPLAIN_IS_BROKEN, "table");
	expect_judged(EXPLAIN_ACCESS_UNKNOWN, EXPLAIN_TIMEOUT, 0x100000000, EXPLAIN_IS_TIMEOUT, "ATS");
	expect_judged(EXPLAIN_ACCESS_UNKNOWN, EXPLAIN_COMMAND, 0x100000000, EXPLAIN_IS_COMMAND, "command");
	/* Without an owner another process says nothing about the device. */
	facts.owners = 0;
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x70000000, EXPLAIN_IS_UNMAPPED,
		"is in no hole; whether it is mapped now is not known, as no process that has the device answers");
	expect_judged(EXPLAIN_READ, EXPLAIN_NO_PAGE, 0x200000000, EXPLAIN_IS_UNMAPPED, "no process that has the device");
	expect_judged(EXPLAIN_WRITE, EXPLAIN_NO_PAGE, 0x140200000, EXPLAIN_IS_BEHIND, "lies 0 bytes behind");
}

/* What is no access of a device: neutral words if the message names no device. */
static void
test_judge_own(void **state)
{
	static const struct {
		enum explain_iommu iommu;
		enum explain_reason reason;
		bool has_addr;
		enum explain_id id;
		const char *what;
	} rows[] = {
		{ EXPLAIN_VTD, EXPLAIN_TIMEOUT, true, EXPLAIN_IS_TIMEOUT, "the device did not confirm in time" },
		{ EXPLAIN_VTD, EXPLAIN_TIMEOUT, false, EXPLAIN_IS_TIMEOUT, "a device that the message does not name did not" },
		{ EXPLAIN_VTD, EXPLAIN_COMPLETION, true, EXPLAIN_IS_TIMEOUT, "the device confirmed too late" },
		{ EXPLAIN_VTD, EXPLAIN_COMPLETION, false, EXPLAIN_IS_TIMEOUT, "does not name confirmed too late" },
		{ EXPLAIN_AMDVI, EXPLAIN_STUCK, false, EXPLAIN_IS_STUCK, "did not complete commands" },
		{ EXPLAIN_SMMUV3, EXPLAIN_ABORTED, false, EXPLAIN_IS_BROKEN, "could not write a message" },
		{ EXPLAIN_SMMUV3, EXPLAIN_FAILED, false, EXPLAIN_IS_FAILED, "stopped its service" },
		{ EXPLAIN_VTD, EXPLAIN_FAILED, false, EXPLAIN_IS_FAILED, "read as ones" },
		{ EXPLAIN_AMDVI, EXPLAIN_PROTECTED, true, EXPLAIN_IS_GUEST_PAGE, "may not access the page" },
		{ EXPLAIN_EEH, EXPLAIN_FAILED, false, EXPLAIN_IS_DEAD, "dead" },
		{ EXPLAIN_EEH, EXPLAIN_DISABLED, true, EXPLAIN_IS_DISABLED, "disabled the device" },
		{ EXPLAIN_EEH, EXPLAIN_BRIDGE, false, EXPLAIN_IS_FROZEN, "all devices behind the host bridge" },
	};
	size_t i;

	(void)state;
	facts_set();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct explain_fault f = { .iommu = rows[i].iommu, .reason = rows[i].reason,
			.has_addr = rows[i].has_addr };

		if (strstr(judged(&f, rows[i].id), rows[i].what) == NULL)
			fail_msg("row %zu: %s", i, judged(&f, rows[i].id));
	}
}

/*
 * The words for an address of the user, which has no device: what is known is the holes of all
 * devices with a VFIO driver, if there are any.
 */
static void
test_judge_anyone(void **state)
{
	struct explain_fault f = { .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .iova = 0x70000000 };

	(void)state;
	facts_set();
	facts.owners = 0;
	facts.all_vfio = facts.several = true;
	assert_string_equal(judged(&f, EXPLAIN_IS_UNMAPPED), "is in no hole of a device with a VFIO driver, is not mapped now and was not unmapped lately: it was never mapped, or unmapped long ago");
	f.iova = 0x300000000;
	judged(&f, EXPLAIN_IS_FREED);
	facts.n_freed = 0;
	f.iova = 0x30000000;
	assert_string_equal(judged(&f, EXPLAIN_IS_RESERVED), "is in the hole 0x30000000-0x3fffffff: reserved, for d");
	/* Not all that the device may reach is known. */
	f.iova = 0x140200000;
	assert_null(strstr(judged(&f, EXPLAIN_IS_BEHIND), "is not mapped now"));
	f.iova = 0x70000000;
	facts.processes = 0;
	assert_non_null(strstr(judged(&f, EXPLAIN_IS_UNMAPPED), "VFIO driver; whether it is mapped now is not known, as no process answers"));
	/* Without such a device. */
	facts.all_vfio = facts.several = facts.holes_known = false;
	facts.n_holes = 1;
	assert_non_null(strstr(judged(&f, EXPLAIN_IS_NO_DEVICE), "is not known, as the device is not"));
	f.iova = 0;
	assert_string_equal(judged(&f, EXPLAIN_IS_ZERO), "is in the hole 0x0-0xfff: IOVA 0");
}

static void
test_judge_asked(void **state)
{
	const struct explain_fault f = { .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .iova = 0x70000000, .has_addr = true };
	const struct explain_fault other = { .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .iova = 0x200000000,
		.has_addr = true };

	(void)state;
	facts_set();
	facts.owners = 0;
	assert_non_null(strstr(judged(&f, EXPLAIN_IS_UNMAPPED), "as no process that has the device answers"));
	facts.owners = 1;
	assert_non_null(strstr(judged(&f, EXPLAIN_IS_UNMAPPED), "is not mapped now"));
	judged(&other, EXPLAIN_IS_OTHERS);
}

/* Nothing is stated as a fact, but what the processes say counts. */
static void
test_judge_uncertain(void **state)
{
	static const struct {
		uint64_t iova;
		enum explain_id id;
		const char *what;
	} rows[] = {
		{ 0x100000000, EXPLAIN_IS_MAPPED, "is mapped now, at 0x100000000-0x13fffffff by process 42 (eal); the device is not certain" },
		{ 0x30000000, EXPLAIN_IS_RESERVED, "is in the hole 0x30000000-0x3fffffff: reserved, for d; the device is not certain" },
		{ 0x140280000, EXPLAIN_IS_FREED, "was mapped at 0x140280000-0x14028ffff by process 42 (device), which unmapped it 3 s ago; the device is not certain" },
		{ 0x140300000, EXPLAIN_IS_BEHIND, "lies 1048576 bytes behind 0x140000000-0x1401fffff, which process 42 has mapped (application); the device is not certain" },
		{ 0x200000000, EXPLAIN_IS_OTHERS, "is mapped at 0x200000000-0x2001fffff by process 43 (eal), which does not have this device; the device is not certain" },
		{ 0x70000000, EXPLAIN_IS_UNMAPPED, "is in no hole and is not mapped now by a process that has the device: it was freed, or never mapped; the device is not certain" },
		{ 0x8000000000, EXPLAIN_IS_TOO_HIGH, "is an address that the IOMMU does not translate; the device is not certain" },
	};
	struct explain_fault f = { .iommu = EXPLAIN_VIRTIO, .reason = EXPLAIN_NO_PAGE, .has_iova = true };
	size_t i;

	(void)state;
	facts_set();
	facts.uncertain = facts.several = true;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		f.iova = rows[i].iova;
		assert_string_equal(judged(&f, rows[i].id), rows[i].what);
	}
	facts.owners = 0;
	f.iova = 0x70000000;
	assert_string_equal(judged(&f, EXPLAIN_IS_UNMAPPED), "is in no hole; whether it is mapped now is not known, as no process that has the device answers: it was freed, or never mapped; the device is not certain");
	facts.holes_known = false;
	assert_string_equal(judged(&f, EXPLAIN_IS_NO_DEVICE), "whether it is in a hole, or mapped, is not known, as the device is not");
}

/* A page was there, so none of "freed", "never mapped" and "mapped after the fault" is the cause. */
static void
test_judge_forbidden(void **state)
{
	static const struct {
		enum explain_access access;
		uint64_t iova;
		enum explain_id id;
		const char *what;
	} rows[] = {
		{ EXPLAIN_WRITE, 0x70000000, EXPLAIN_IS_FORBIDDEN, "was mapped, but not for this access" },
		/* Unmapped since then, behind memory, of another process. */
		{ EXPLAIN_WRITE, 0x140280000, EXPLAIN_IS_FORBIDDEN, "was mapped, but not for this access" },
		{ EXPLAIN_READ, 0x140400000, EXPLAIN_IS_FORBIDDEN, "was mapped, but not for this access" },
		{ EXPLAIN_WRITE, 0x200000000, EXPLAIN_IS_FORBIDDEN, "was mapped, but not for this access" },
		{ EXPLAIN_READ, 0x8000040, EXPLAIN_IS_FORBIDDEN,
			"was mapped, but not for this access, and is in the hole 0x8000000-0x80fffff: SW_MSI" },
		{ EXPLAIN_WRITE, 0x100000000, EXPLAIN_IS_FORBIDDEN,
			"is mapped now, at 0x100000000-0x13fffffff by process 42 (eal), but was not for this access then" },
		{ EXPLAIN_READ, 0x140000000, EXPLAIN_IS_FORBIDDEN, "is mapped now for reading only, at 0x140000000-0x1401fffff"
			" by process 42 (application), but was not for this access then" },
		{ EXPLAIN_WRITE, 0x140000000, EXPLAIN_IS_READ_ONLY,
			"is mapped now for reading only, at 0x140000000-0x1401fffff by process 42 (application)" },
		/* The SMMU does not say it, but a read is allowed. */
		{ EXPLAIN_ACCESS_UNKNOWN, 0x140000000, EXPLAIN_IS_READ_ONLY,
			"is mapped now for reading only, at 0x140000000-0x1401fffff by process 42 (application)" },
	};
	struct explain_fault f = { .iommu = EXPLAIN_SMMUV3, .reason = EXPLAIN_FORBIDDEN, .has_iova = true, .has_addr = true };
	size_t i;

	(void)state;
	facts_set();
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		f.access = rows[i].access;
		f.iova = rows[i].iova;
		assert_string_equal(judged(&f, rows[i].id), rows[i].what);
	}
	/* Also if nothing is known. */
	facts = (struct explain_facts){ 0 };
	f.iova = 0x70000000;
	assert_string_equal(judged(&f, EXPLAIN_IS_FORBIDDEN), "was mapped, but not for this access");
	/* Where no page was, a mapping of now is newer. */
	facts_set();
	f = (struct explain_fault){ .iommu = EXPLAIN_SMMUV3, .reason = EXPLAIN_NO_PAGE, .has_iova = true, .iova = 0x140000000 };
	assert_string_equal(judged(&f, EXPLAIN_IS_MAPPED),
		"is mapped now for reading only, at 0x140000000-0x1401fffff by process 42 (application)");
}

/* A table that the device lacked may be there now; nobody may be sent to take a device from the host. */
static void
test_judge_no_table(void **state)
{
	static const struct {
		const char *driver;
		bool vfio, uncertain;
		unsigned int owners;
		enum explain_id id;
		const char *what;
	} rows[] = {
		{ NULL, false, false, 0, EXPLAIN_IS_UNATTACHED, "had no addresses for this device" },
		{ "i915", false, false, 0, EXPLAIN_IS_BEFORE_DRIVER, "which is bound to i915 now" },
		{ "i915", false, true, 0, EXPLAIN_IS_UNATTACHED, "had no addresses for this device" },
		{ "vfio-pci", true, false, 0, EXPLAIN_IS_UNATTACHED, "had no addresses for this device" },
		{ "vfio-pci", true, false, 1, EXPLAIN_IS_BEFORE_DRIVER, "which a process has now" },
		{ "vfio-pci", true, true, 1, EXPLAIN_IS_UNATTACHED, "had no addresses for this device" },
	};
	const struct explain_fault f = { .iommu = EXPLAIN_VTD, .reason = EXPLAIN_NO_TABLE, .has_addr = true,
		.has_iova = true, .iova = 0x7cd80000 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		facts = (struct explain_facts){ .driver = rows[i].driver, .vfio = rows[i].vfio,
			.uncertain = rows[i].uncertain, .owners = rows[i].owners, .processes = rows[i].owners };
		if (strstr(judged(&f, rows[i].id), rows[i].what) == NULL)
			fail_msg("row %zu: %s", i, judged(&f, rows[i].id));
		assert_null(strstr(explain_kinds[rows[i].id].cure, "bind"));
		assert_null(strstr(explain_kinds[rows[i].id].cure, "vfio"));
	}
}

/* Runs after the tests above: nothing is in the table that no test has found. */
static void
test_judge_all(void **state)
{
	struct explain_fault f = { .iommu = EXPLAIN_EEH };
	size_t i, j;

	facts_set();
	judged(&f, EXPLAIN_IS_FROZEN);
	f.iommu = EXPLAIN_AMDVI;
	judged(&f, EXPLAIN_IS_UNKNOWN);
	/* An address of the user is anyone's. */
	f = (struct explain_fault){ .iommu = EXPLAIN_NO_IOMMU, .has_iova = true, .iova = 0x200000000 };
	judged(&f, EXPLAIN_IS_MAPPED);
	for (i = 0; i < EXPLAIN_IDS; i++) {
		if (!seen[i])
			fail_msg("no test finds %s", explain_kinds[i].name);
		for (j = 0; j < i; j++)
			assert_string_not_equal(explain_kinds[i].name, explain_kinds[j].name);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_judge), cmocka_unit_test(test_foreign), cmocka_unit_test(test_judge_own),
		cmocka_unit_test(test_judge_no_table), cmocka_unit_test(test_judge_asked),
		cmocka_unit_test(test_judge_uncertain), cmocka_unit_test(test_judge_forbidden),
		cmocka_unit_test(test_judge_anyone),
		cmocka_unit_test(test_judge_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
