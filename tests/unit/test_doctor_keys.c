/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* The judgement of doctor about keys, and about trials that must wait: see test_doctor.c. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor_check.h"

#define PF "0000:01:00.1"

/* A virtual function whose physical function is with VFIO too. */
void
test_token(void **state)
{
	(void)state;
	snprintf(device.physical, sizeof(device.physical), PF);
	expect_only(DOCTOR_VF_TOKEN, BDF, "its physical function " PF " is bound to a VFIO driver",
		"-a vfio_msi:" BDF ",vf_token=UUID");
	/* The kernel has opened it without one. */
	snprintf(device.physical, sizeof(device.physical), PF);
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "MSI-X", .raised = true };
	expect_only(DOCTOR_TRY_GOOD, BDF, "the device raised", "");
	snprintf(device.physical, sizeof(device.physical), PF);
	device.keys.token = true;
	expect_nothing();
}

/* Who obeys a cure that is a key has no finding any more. */
void
test_msi_off(void **state)
{
	enum plan_msi msi;

	(void)state;
	for (msi = PLAN_MSI_UNSURE; msi <= PLAN_MSI_LOST; msi++) {
		device.plan.msi = msi;
		device.keys.no_msi = true;
		expect_nothing();
	}
	device.keys.no_msi = true;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .why = "no interrupts" };
	expect_only(DOCTOR_TRY_GOOD, BDF, "no interrupts with msi=off", "");
	device.keys.no_msi = true;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_SET_UP, .kind = "INTx", .why = "INTx: lost; x" };
	expect_only(DOCTOR_TRY_LOST, BDF, "INTx: lost; x", "vfio_msi:" BDF ",msi=off shows the same, use a driver that polls");
}

void
test_holes_given(void **state)
{
	(void)state;
	device.keys.windows = true;
	device.plan.bridge.in[HOLES_IN_IOMEM].sight = HOLES_DENIED;
	device.plan.bridge.in[HOLES_IN_ROWS].odd = 3;
	expect_nothing();
	/* This has another cure. */
	device.keys.windows = true;
	device.plan.bridge.in[HOLES_IN_REGIONS].sight = HOLES_DENIED;
	expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "reserved_regions", "allow this user");
}

void
test_holes_too_large(void **state)
{
	struct iova_hole hole = { .range = { 0, UINT64_MAX }, .origin = IOVA_ORIGIN_USER, .hardness = IOVA_HARD };
	const struct hole_list holes = { .v = &hole, .n = 1, .cap = 1 };

	(void)state;
	assert_int_equal(iova_layout_add_hole(facts.layout, &hole, NULL), 0);
	device.keys.holes = &holes;
	expect_only(DOCTOR_LAYOUT_NONE, "", "no I/O virtual address remains", "smaller ranges as hole=");
}

/* Windows 0-0xfffff and 0x200000-0x2fffff, and keys that cover them, or not. */
static void
expect_windows(const struct iova_range *keys, size_t n, bool covered)
{
	struct iova_hole holes[8] = {
		{ .range = { 0, 0xfffff }, .origin = IOVA_ORIGIN_HOST_BRIDGE },
		{ .range = { 0x200000, 0x2fffff }, .origin = IOVA_ORIGIN_DMA_RANGES },
	};
	size_t i;

	for (i = 0; i < n; i++)
		holes[2 + i] = (struct iova_hole){ .range = keys[i], .origin = IOVA_ORIGIN_USER };
	facts.user.windows_hidden = true;
	device.keys.windows = n > 0;
	device.plan.holes = (struct hole_list){ .v = holes, .n = n + 2, .cap = 8 };
	device.plan.bridge.source = HOLES_SOURCE_IOMEM;
	assert_int_equal(doctor_windows_given(&device), covered);
	if (covered)
		expect_nothing();
	else
		expect_only(DOCTOR_WINDOWS_UNREAD, BDF, "/proc/iomem shows no addresses", ",hole=0x0-0xfffff,hole=0x200000-0x2fffff");
}

void
test_windows_given(void **state)
{
	const struct iova_range all[] = { { 0x180000, 0x2fffff }, { 0x80000, 0xfffff }, { 0, 0x7ffff } };
	const struct iova_range gap[] = { { 0, 0x7ffff }, { 0x80001, UINT64_MAX } };
	const struct iova_range whole[] = { { 0, UINT64_MAX } };

	(void)state;
	expect_windows(NULL, 0, false);
	expect_windows(all, 1, false);
	expect_windows(all, 2, false);
	expect_windows(all, 3, true);
	expect_windows(gap, 2, false);
	expect_windows(whole, 1, true);
}

/* A machine without an IOMMU whose user has accepted that. */
static void
no_iommu(void)
{
	facts.machine.iommu = DOCTOR_NO;
	facts.machine.iommu_bits = 0;
	facts.vfio.noiommu = DOCTOR_YES;
	device.plan.topo.group_noiommu = true;
	device.keys.backend = IOAS_BACKEND_NOIOMMU;
}

void
test_noiommu(void **state)
{
	(void)state;
	no_iommu();
	expect_only(DOCTOR_DEVICE_NOIOMMU, BDF, "no IOMMU restricts the device", "");
	/* Without the key, or unusable with it. */
	no_iommu();
	device.keys.backend = IOAS_BACKEND_AUTO;
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_IOMMU_OFF);
	assert_int_equal(found.v[1].id, DOCTOR_NOIOMMU_MODE);
	doctor_findings_free(&found);
	device.keys.backend = IOAS_BACKEND_NOIOMMU;
	device.used = false;
	doctor_judge(&facts, &found);
	assert_int_equal(found.v[0].id, DOCTOR_IOMMU_OFF);
}

void
test_iova_key(void **state)
{
	struct doctor_device two[2];

	(void)state;
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .key = VA_KEY_ASSIGNED };
	expect_only(DOCTOR_EAL_BAD, "", "iova=assigned needs", "drop the key");
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .key = VA_KEY_ASSIGNED, .assign = VA_ASSIGN_POSSIBLE };
	expect_nothing();
	facts.eal = (struct doctor_eal){ .placed = true, .quality = VA_BAD, .key = VA_KEY_VA, .assign = VA_ASSIGN_POSSIBLE };
	expect_only(DOCTOR_EAL_BAD, "", "no free address above 4 GiB", "or drop iova=va and run the application as root");
	device.keys.iova = VA_KEY_ASSIGNED;
	expect_nothing();
	two[0] = two[1] = device;
	two[0].keys.iova = VA_KEY_VA;
	two[1].keys.iova = VA_KEY_ASSIGNED;
	snprintf(two[1].bdf, sizeof(two[1].bdf), PF);
	facts.v = two;
	facts.n = 2;
	expect_only(DOCTOR_DEVICE_UNUSABLE, PF, "its key iova= conflicts with that of " BDF, "one value");
}

/* What the application uses, not what the machine has. */
void
test_megabytes(void **state)
{
	(void)state;
	facts.user.memlock = GIB;
	facts.user.maps = GIB;
	expect_nothing();
	facts.user.memlock = 32 << 20;
	facts.user.maps = 32 << 20;
	expect_nothing();
	facts.user.memlock = GIB - 1;
	facts.user.maps = GIB;
	expect_only(DOCTOR_MEMLOCK_SMALL, "", "1048575 KiB of memory only, and the application uses 1024 MiB",
		"ulimit -S -l 1048576, ");
	nodes[0].pool[0].unused = nodes[1].pool[0].unused = 256 << 20;
	facts.user.maps = 512 << 20;
	expect_nothing();
	nodes[0].pool[0].unused = nodes[1].pool[0].unused = 256 << 20;
	facts.user.maps = 513 << 20;
	expect_only(DOCTOR_HUGEPAGES_USED, "", "512 of 2048 MiB of hugepages are unused, and the application uses 513 MiB", "reserve more");
	facts.vfio.entry_limit = 600;
	facts.user.maps = GIB;
	expect_nothing();
	facts.vfio.entry_limit = 500;
	facts.user.maps = GIB;
	expect_only(DOCTOR_ENTRY_LIMIT, "", "type1 allows 500", "echo");
}

/* A unit holds the device, and all hugepages. */
static void
unit_run(void)
{
	snprintf(facts.user.unit, sizeof(facts.user.unit), "fast.service");
	facts.user.unit_found = DOCTOR_YES;
	nodes[0].pool[0].unused = nodes[1].pool[0].unused = 0;
	device.held_by_unit = true;
	plan_reason_add(&device.plan.reasons, PLAN_REASON_ACCESS, PLAN_CERTAIN, -EBUSY,
		"is held by process 1 (x); stop it");
}

/* The unit that doctor is asked about runs, and has the device and all pages. */
void
test_unit_runs(void **state)
{
	(void)state;
	unit_run();
	expect_only(DOCTOR_DEVICE_RUNNING, BDF, "is held by process 1 (x), of the unit fast.service", "");
	/* Its pages are on the only node that it may use. */
	unit_run();
	nodes[1].pool[0].unused = GIB;
	snprintf(facts.memory.allowed, sizeof(facts.memory.allowed), "0");
	expect_only(DOCTOR_DEVICE_RUNNING, BDF, "of the unit fast.service", "");
	/* They are of the only size that its limits allow. */
	unit_run();
	nodes[1].pool[0] = (struct topo_pool){ .page = GIB, .total = GIB, .unused = GIB };
	facts.memory.mounted = (struct va_need){ .page = { GIB, 2 << 20 }, .n_pages = 2 };
	facts.memory.mount[1] = facts.memory.mount[0];
	snprintf(facts.memory.limit[0].file, sizeof(facts.memory.limit[0].file), "/sys/fs/cgroup/hugetlb.1GB.max");
	expect_only(DOCTOR_DEVICE_RUNNING, BDF, "of the unit fast.service", "");
	/* Another size is not mounted: it runs without. */
	unit_run();
	nodes[1].pool[0] = (struct topo_pool){ .page = GIB, .total = GIB, .unused = GIB };
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_HUGEPAGES_UNMOUNTED);
	assert_int_equal(found.v[1].id, DOCTOR_DEVICE_RUNNING);
}

static void
expect_obstacle(const char *want)
{
	char why[PLAN_TEXT] = "";

	assert_int_equal(doctor_obstacle(&device, why, sizeof(why)), want != NULL);
	assert_string_equal(why, want != NULL ? want : "");
	iova_layout_destroy(facts.layout);
	healthy();
}

/* What another process or container has is not tried, and is no fault of this machine. */
void
test_refused(void **state)
{
	(void)state;
	/* The trial says it all. */
	device.used = false;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_REFUSED, .why = "set-up failed: x; see dmesg" };
	expect_only(DOCTOR_TRY_REFUSED, BDF, "set-up failed: x", "see dmesg");
	/* What a request for a vector would decide, it has decided. */
	device.plan.msi = PLAN_MSI_LOST;
	device.plan.msi_doubtful = true;
	device.trial = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH, .kind = "INTx", .raised = true, .fewer = true,
		.why = "MSI-X: set-up failed: x; y" };
	doctor_judge(&facts, &found);
	assert_int_equal(found.n, 2);
	assert_int_equal(found.v[0].id, DOCTOR_TRY_FEWER);
	assert_int_equal(found.v[1].id, DOCTOR_TRY_GOOD);
}

void
test_obstacle(void **state)
{
	(void)state;
	expect_obstacle(NULL);
	/* One way is enough. */
	device.node[1].absent = true;
	expect_obstacle(NULL);
	device.node[1].absent = device.node[3].absent = true;
	expect_obstacle("/dev/node1 does not exist here");
	device.node[0].absent = true;
	device.node[2].path[0] = device.node[3].path[0] = '\0';
	expect_obstacle("/dev/node0 does not exist here");
	plan_reason_add(&device.plan.reasons, PLAN_REASON_ACCESS, PLAN_CERTAIN, -EBUSY,
		"is held by process 1 (x); stop it");
	expect_obstacle("is held by process 1 (x)");
	plan_reason_add(&device.plan.reasons, PLAN_REASON_PLATFORM, PLAN_DOUBTFUL, -EINVAL, "firmware; x");
	device.used = false;
	expect_obstacle(NULL);
	device.used = false;
	expect_obstacle("the bus would skip it, see its other findings");
	/* The kernel says the same about what this process can't see. */
	assert_true(doctor_can_wait(&device, -EBUSY) && doctor_can_wait(&device, -EKEYREJECTED));
	assert_false(doctor_can_wait(&device, 0) || doctor_can_wait(&device, -EPERM) || doctor_can_wait(&device, -EINVAL));
	/* The token that was given is wrong. */
	device.keys.token = true;
	assert_true(doctor_can_wait(&device, -EBUSY));
	assert_false(doctor_can_wait(&device, -EKEYREJECTED));
}
