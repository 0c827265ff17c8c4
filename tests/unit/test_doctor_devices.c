/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* What doctor finds out about one device, from a tree of files. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "doctor.h"
#include "tree.h"
#include "va_kernel.h"

#define DEVICE "/devices/pci0000:00/0000:01:00.0"
#define PHYSICAL "/devices/pci0000:00/0000:01:00.1"

static struct doctor_facts facts;

/* All devices with a VFIO driver. */
static void
read_again(const char *root)
{
	doctor_facts_free(&facts);
	assert_int_equal(doctor_read(root, false, &facts), 0);
	assert_int_equal(doctor_devices(root, NULL, 0, NULL, &facts), 0);
	assert_true(facts.n > 0);
	assert_string_equal(facts.v[0].bdf, "0000:01:00.0");
}

static int
setup(void **state)
{
	int ret = tree_setup(state);
	const char *root = *state;

	tree_device(root, DEVICE);
	tree_link(root, "/sys" DEVICE "/iommu_group", "../../../kernel/iommu_groups/57");
	tree_link(root, "/sys" DEVICE "/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_text(root, "/sys/kernel/iommu_groups/57/reserved_regions", "");
	return ret;
}

static int
teardown(void **state)
{
	doctor_facts_free(&facts);
	return tree_teardown(state);
}

/* A virtual function, and the driver of its physical one. */
static void
test_physical(void **state)
{
	const char *root = *state;

	read_again(root);
	assert_string_equal(facts.v[0].physical, "");
	tree_link(root, "/sys" DEVICE "/physfn", "../0000:01:00.1");
	read_again(root);
	assert_string_equal(facts.v[0].physical, "");
	tree_device(root, PHYSICAL);
	read_again(root);
	assert_string_equal(facts.v[0].physical, "");
	tree_link(root, "/sys" PHYSICAL "/driver", "../../../bus/pci/drivers/vfio-pci");
	read_again(root);
	assert_string_equal(facts.v[0].physical, "0000:01:00.1");
}

/* Memory that EAL can use, as va_space_read() wants it. */
static void
memory(const char *root)
{
	tree_text(root, "/proc/self/maps", "10000000-10001000 r-xp 00000000 00:00 0\n"
		"7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages", "8\n");
	tree_text(root, "/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages", "8\n");
	tree_text(root, "/proc/self/mounts", "hugetlbfs /dev/hugepages hugetlbfs rw,pagesize=2M 0 0\n");
}

static enum va_quality
eal_quality(const char *root)
{
	const struct va_limits limits = VA_DEBIAN_LIMITS;

	assert_int_equal(doctor_eal_place(root, UINT64_C(0x100000000), &limits, VA_ASSIGN_UNPRIVILEGED, &facts), 0);
	assert_true(facts.eal.placed);
	return facts.eal.quality;
}

static bool
finds(enum doctor_id id)
{
	struct doctor_findings found = { 0 };
	bool has = false;
	size_t i;

	doctor_judge(&facts, &found);
	for (i = 0; i < found.n; i++)
		has |= found.v[i].id == id;
	doctor_findings_free(&found);
	return has;
}

static bool
is_good(uint64_t first, uint64_t last)
{
	struct iova_range range = { first, last };
	struct iova_conflict conflict;

	return iova_layout_test(facts.layout, range, true, &conflict) == 0;
}

/* The answer of a trial: the aperture of the Raspberry Pi 5, which no file shows. */
static void
answer(struct doctor_trial *t, enum ioas_backend backend)
{
	struct iova_range range = { UINT64_C(40) << 30, (UINT64_C(44) << 30) - 1 };
	const struct ioas_info info = { .ranges = &range, .n_ranges = 1, .page_sizes = 0x1000, .dma_avail = 65535 };

	*t = (struct doctor_trial){ .came = DOCTOR_CAME_THROUGH };
	doctor_answer_keep(backend, &info, t);
}

static void
test_answers(void **state)
{
	static const enum ioas_backend backends[] = { IOAS_BACKEND_IOMMUFD, IOAS_BACKEND_COMPAT, IOAS_BACKEND_SPAPR,
		IOAS_BACKEND_TYPE1 };
	const char *root = *state;
	size_t i;

	memory(root);
	read_again(root);
	assert_true(is_good(UINT64_C(1) << 32, (UINT64_C(1) << 32) + 0xfff));
	assert_true(finds(DOCTOR_LIMITS_ASSUMED));
	assert_int_equal(eal_quality(root), VA_WHOLE);

	for (i = 0; i < sizeof(backends) / sizeof(*backends); i++) {
		answer(&facts.v[0].trial, backends[i]);
		assert_int_equal(doctor_devices_tried(root, NULL, &facts), 0);
		assert_true(facts.v[0].used);
		assert_int_equal(facts.v[0].plan.backend, backends[i]);
	}
	assert_int_equal(facts.v[0].plan.info.dma_avail, 65535);
	assert_false(is_good(UINT64_C(1) << 32, (UINT64_C(1) << 32) + 0xfff));
	assert_true(is_good(UINT64_C(40) << 30, (UINT64_C(44) << 30) - 1));
	assert_false(finds(DOCTOR_LIMITS_ASSUMED));
	assert_int_not_equal(eal_quality(root), VA_WHOLE);
}

/* One of two is held: its limits remain assumed. */
static void
test_answers_of_some(void **state)
{
	const char *root = *state;
	struct iova_range below = { 0, (UINT64_C(41) << 30) - 1 };
	struct plan_answers given = { .page_size = 4096, .assumed = { .ranges = &below, .n_ranges = 1,
		.page_sizes = 4096 | UINT64_C(2) << 20, .dma_avail = UINT64_MAX } };

	tree_device(root, PHYSICAL);
	tree_link(root, "/sys" PHYSICAL "/iommu_group", "../../../kernel/iommu_groups/58");
	tree_link(root, "/sys" PHYSICAL "/driver", "../../../bus/pci/drivers/vfio-pci");
	tree_text(root, "/sys/kernel/iommu_groups/58/reserved_regions", "");
	read_again(root);
	assert_int_equal(facts.n, 2);
	answer(&facts.v[0].trial, IOAS_BACKEND_TYPE1);
	facts.v[1].trial.came = DOCTOR_CAME_LATER;
	assert_int_equal(doctor_devices_tried(root, NULL, &facts), 0);
	assert_true(facts.v[0].used && facts.v[1].used);
	assert_int_equal(facts.asked, 1);
	assert_true(finds(DOCTOR_LIMITS_ASSUMED));
	assert_true(is_good(UINT64_C(41) << 30, (UINT64_C(44) << 30) - 1));
	/* It keeps the limits that the user gave. */
	assert_int_equal(doctor_devices_tried(root, &given, &facts), 0);
	assert_true(facts.limits_given);
	assert_true(is_good(UINT64_C(40) << 30, (UINT64_C(41) << 30) - 1));
	assert_false(is_good(UINT64_C(41) << 30, (UINT64_C(41) << 30) + 0xfff));
	/* The other one can't be opened, so the layout does not have it. */
	facts.v[1].trial.came = DOCTOR_CAME_REFUSED;
	assert_int_equal(doctor_devices_tried(root, NULL, &facts), 0);
	assert_true(facts.v[0].used && !facts.v[1].used);
	assert_false(finds(DOCTOR_LIMITS_ASSUMED));
	assert_true(finds(DOCTOR_TRY_REFUSED));
	/* Nor the first. */
	facts.v[0].trial.came = DOCTOR_CAME_REFUSED;
	assert_int_equal(doctor_devices_tried(root, NULL, &facts), 0);
	assert_null(facts.layout);
}

/* The same machine with these arguments. */
static void
read_given(const char *root, const struct doctor_given *given, size_t n)
{
	doctor_facts_free(&facts);
	assert_int_equal(doctor_read(root, false, &facts), 0);
	assert_int_equal(doctor_devices(root, given, n, NULL, &facts), 0);
}

/* Which keys count. */
static void
test_given(void **state)
{
	const struct doctor_given all = { .all = true, .keys.no_msi = true };
	const struct doctor_given one = { .addr = { 0, 1, 0, 0 }, .keys.iova = VA_KEY_VA };
	const struct doctor_given again = { .addr = { 0, 1, 0, 0 }, .keys.token = true };
	const struct doctor_given absent = { .addr = { 0, 9, 0, 0 } };
	const struct doctor_given given[] = { one, all, absent, again };
	const char *root = *state;

	read_given(root, &all, 1);
	assert_int_equal(facts.n, 1);
	assert_true(facts.v[0].keys.no_msi && !facts.named);
	read_given(root, given, 4);
	assert_int_equal(facts.n, 2);
	assert_true(facts.v[0].keys.token && !facts.v[0].keys.no_msi);
	assert_int_equal(facts.v[0].keys.iova, VA_KEY_AUTO);
	assert_string_equal(facts.v[1].bdf, "0000:09:00.0");
	assert_false(facts.v[1].used || facts.named);
	read_given(root, &one, 1);
	assert_int_equal(facts.v[0].keys.iova, VA_KEY_VA);
	assert_true(facts.named);
}

static void
test_given_hole(void **state)
{
	const struct iova_hole hole = { .range = { 0x200000000, 0x2ffffffff }, .origin = IOVA_ORIGIN_USER,
		.hardness = IOVA_HARD };
	struct hole_list holes = { 0 };
	struct doctor_given given = { .all = true, .keys = { .holes = &holes } };
	const char *root = *state;

	assert_int_equal(holes_add(&holes, &hole), 0);
	read_given(root, &given, 1);
	assert_false(is_good(0x200000000, 0x200000fff));
	assert_true(is_good(0x300000000, 0x300000fff));
	assert_int_equal(holes.v[0].owner[0], '\0');
	holes_free(&holes);
}

/* Nothing is assumed of a device without an IOMMU: it reaches all memory. */
static void
test_given_noiommu(void **state)
{
	const struct doctor_given given = { .all = true, .keys.backend = IOAS_BACKEND_NOIOMMU };
	const struct va_limits limits = VA_DEBIAN_LIMITS;
	const char *root = *state;

	memory(root);
	tree_text(root, "/sys/kernel/iommu_groups/57/name", "vfio-noiommu\n");
	read_again(root);
	assert_false(facts.v[0].used);
	read_given(root, &given, 1);
	assert_true(facts.v[0].used);
	assert_int_equal(facts.assumed_bits, 0);
	assert_true(is_good(UINT64_C(1) << 60, (UINT64_C(1) << 60) + 0xfff));
	assert_int_equal(doctor_eal_place(root, UINT64_C(0x100000000), &limits, VA_ASSIGN_POSSIBLE, &facts), 0);
	assert_false(facts.eal.placed);
	assert_true(finds(DOCTOR_DEVICE_NOIOMMU));
	assert_false(finds(DOCTOR_LIMITS_ASSUMED));
}

/* What does not fit is not cut: a part of the ranges is another aperture. */
static void
test_answer_too_long(void **state)
{
	struct iova_range range[DOCTOR_RANGES + 1];
	struct ioas_info info = { .ranges = range, .n_ranges = DOCTOR_RANGES + 1, .page_sizes = 0x1000 };
	struct doctor_trial t = { 0 };
	uint64_t i;

	(void)state;
	for (i = 0; i <= DOCTOR_RANGES; i++)
		range[i] = (struct iova_range){ i << 20, (i << 20) + 0xfff };
	doctor_answer_keep(IOAS_BACKEND_TYPE1, &info, &t);
	assert_false(t.asked);
	info.n_ranges--;
	doctor_answer_keep(IOAS_BACKEND_TYPE1, &info, &t);
	assert_true(t.asked);
	assert_memory_equal(t.range, range, sizeof(t.range));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
		T(test_physical), T(test_answers), T(test_answers_of_some), T(test_answer_too_long),
		T(test_given), T(test_given_hole), T(test_given_noiommu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
