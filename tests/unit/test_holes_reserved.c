/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "holes/holes.h"
#include "row.h"
#include "tree.h"

#define PAGE 4096
#define REGIONS "/sys/kernel/iommu_groups/1/reserved_regions"

struct want {
	uint64_t first, last;
	enum iova_origin origin;
	enum iova_hardness hardness;
	const char *detail;
};

static void
check(const struct hole_list *list, const struct want *want, size_t n)
{
	size_t i;

	assert_int_equal(list->n, n);
	EACH_ROW_OF(i, want, n, "0x%" PRIx64 "-0x%" PRIx64, want[i].first, want[i].last) {
		assert_int_equal(list->v[i].range.first, want[i].first);
		assert_int_equal(list->v[i].range.last, want[i].last);
		assert_int_equal(list->v[i].origin, want[i].origin);
		assert_int_equal(list->v[i].hardness, want[i].hardness);
		assert_string_equal(list->v[i].detail,
				want[i].detail != NULL ? want[i].detail : "");
		assert_string_equal(list->v[i].owner, "0000:01:00.0");
	}
}

static struct holes_look look;

static int
parse(const char *root, int group, const char *iommu, uint64_t page, struct hole_list *list)
{
	return holes_reserved_regions(root, group, iommu, page, "0000:01:00.0", list, &look);
}

static void
check_fixture(const char *name, int group, const char *iommu, const struct want *want, size_t n)
{
	struct hole_list list = { 0 };

	assert_int_equal(parse(tree_fixture(name), group, iommu, PAGE, &list), 0);
	check(&list, want, n);
	holes_free(&list);
}

#define SMMU "smmu3.0x0000000009050000"

static void
test_arm_smmuv3(void **state)
{
	static const struct want want[] = {
		{ 0x8000000, 0x80fffff, IOVA_ORIGIN_SW_MSI, IOVA_HARD, NULL },
		{ 0x8100000, 0x813ffff, IOVA_ORIGIN_SW_MSI_GUARD, IOVA_SOFT, NULL },
	};

	check_fixture("arm-smmuv3", 2, SMMU, want, 2);
	check_fixture("arm-smmuv3", 2, "smmu.0x2b400000", want, 2);
	check_fixture("arm-smmuv3", 2, "", want, 2);
	check_fixture("arm-smmuv3", 2, "0000:00:05.0", want, 2);
}

static void
test_x86_vtd(void **state)
{
	static const struct want want[] = {
		{ 0xfee00000, 0xfeefffff, IOVA_ORIGIN_MSI, IOVA_HARD, NULL },
	};
	static const struct want isa[] = {
		{ 0, 0xffffff, IOVA_ORIGIN_DIRECT_RELAXABLE, IOVA_SOFT, NULL },
		{ 0xfee00000, 0xfeefffff, IOVA_ORIGIN_MSI, IOVA_HARD, NULL },
	};

	check_fixture("x86-vtd", 3, "dmar0", want, 1);
	check_fixture("x86-vtd", 3, "ivhd0", want, 1);
	check_fixture("x86-vtd", 3, "", want, 1);
	check_fixture("x86-vtd", 5, "dmar0", isa, 2);
}

static void
test_arm_reserved(void **state)
{
	static const struct want want[] = {
		{ 0xe0000000, 0xe00fffff, IOVA_ORIGIN_MSI, IOVA_HARD, NULL },
		{ 0x100000000, 0x13fffffff, IOVA_ORIGIN_RESERVED, IOVA_HARD, NULL },
	};

	check_fixture("arm-reserved", 1, "0000:00:05.0", want, 2);
}

static void
test_rmrr(void **state)
{
	static const struct want want[] = {
		{ 0, 0xffffff, IOVA_ORIGIN_DIRECT_RELAXABLE, IOVA_SOFT, NULL },
		{ 0x7b000000, 0x7b7fffff, IOVA_ORIGIN_DIRECT, IOVA_HARD, NULL },
		{ 0xfee00000, 0xfeefffff, IOVA_ORIGIN_MSI, IOVA_HARD, NULL },
	};

	check_fixture("rmrr", 12, "dmar1", want, 3);
}

/* The meaning of "msi" depends on the IOMMU and the region. */
static void
test_msi_kinds(void **state)
{
	static const struct {
		const char *iommu;
		uint64_t first, last;
		enum iova_origin origin;
	} rows[] = {
		{ SMMU, 0x20000000, 0x200fffff, IOVA_ORIGIN_SW_MSI },
		{ SMMU, 0xc6010000, 0xc601ffff, IOVA_ORIGIN_MSI },
		{ SMMU, 0xc6010000, 0xc6020000, IOVA_ORIGIN_SW_MSI },
		{ "dmar0", 0x8000000, 0x80fffff, IOVA_ORIGIN_MSI },
		{ "ivhd1", 0x8000000, 0x80fffff, IOVA_ORIGIN_MSI },
		{ "0000:00:05.0", 0x8090000, 0x809ffff, IOVA_ORIGIN_MSI },
		{ "0000:00:05.0", 0x8000000, 0x80fffff, IOVA_ORIGIN_SW_MSI },
		{ "", 0x8000001, 0x80fffff, IOVA_ORIGIN_MSI },
	};
	const char *root = *state;
	char line[80];
	size_t i;

	EACH_ROW(i, rows, "%s: 0x%" PRIx64 "-0x%" PRIx64, rows[i].iommu,
			rows[i].first, rows[i].last) {
		struct hole_list list = { 0 };
		bool sw = rows[i].origin == IOVA_ORIGIN_SW_MSI;

		snprintf(line, sizeof(line), "0x%016llx 0x%016llx msi\n",
				(unsigned long long)rows[i].first,
				(unsigned long long)rows[i].last);
		tree_text(root, REGIONS, line);
		assert_int_equal(parse(root, 1, rows[i].iommu, PAGE, &list), 0);
		assert_int_equal(list.n, sw ? 2 : 1);
		assert_int_equal(list.v[0].origin, rows[i].origin);
		assert_int_equal(list.v[0].hardness, IOVA_HARD);
		holes_free(&list);
	}
}

/* The guard is 64 pages after the window, limited by the end of the address space. */
static void
test_guard(void **state)
{
	const char *root = *state;
	struct hole_list list = { 0 };

	assert_int_equal(parse(tree_fixture("arm-smmuv3"), 2, SMMU, 65536, &list), 0);
	assert_int_equal(list.v[1].range.first, 0x8100000);
	assert_int_equal(list.v[1].range.last, 0x84fffff);
	holes_free(&list);

	tree_text(root, REGIONS, "0xfffffffffff00000 0xffffffffffffefff msi\n");
	assert_int_equal(parse(root, 1, SMMU, PAGE, &list), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[1].range.first, 0xfffffffffffff000);
	assert_int_equal(list.v[1].range.last, UINT64_MAX);
	holes_free(&list);

	tree_text(root, REGIONS, "0xfffffffffff00000 0xffffffffffffffff msi\n");
	assert_int_equal(parse(root, 1, SMMU, PAGE, &list), 0);
	assert_int_equal(list.n, 1);
	holes_free(&list);
}

static void
test_unknown_word(void **state)
{
	static const struct want want[] = {
		{ 0x1000, 0x1fff, IOVA_ORIGIN_UNKNOWN, IOVA_HARD, "translated-msi" },
		{ 0x2000, 0x2fff, IOVA_ORIGIN_RESERVED, IOVA_HARD, NULL },
		{ 0x3000, 0x3fff, IOVA_ORIGIN_UNKNOWN, IOVA_HARD,
			"a-very-long-word-that-does-not-fit-in-a" },
		/* A line with additional or unknown words is a hole nevertheless. */
		{ 0x4000, 0x4fff, IOVA_ORIGIN_UNKNOWN, IOVA_HARD, "msi x" },
		{ 0x5000, 0x5fff, IOVA_ORIGIN_UNKNOWN, IOVA_HARD, "ms?" },
		{ 0x6000, 0x6fff, IOVA_ORIGIN_UNKNOWN, IOVA_HARD, "" },
		{ 0x7000, 0x7fff, IOVA_ORIGIN_UNKNOWN, IOVA_HARD, "" },
	};
	const char *root = *state;
	struct hole_list list = { 0 };

	tree_text(root, REGIONS, "0x0000000000001000 0x0000000000001fff translated-msi\n"
			"0x0000000000002000 0x0000000000002fff reserved\n"
			"0x3000 0x3fff a-very-long-word-that-does-not-fit-in-a-detail\n"
			"0x4000 0x4fff msi x\n0x5000 0x5fff ms\xff\n0x6000 0x6fff\n"
			"0x7000 0x7fff \n");
	assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
	assert_int_equal(look.odd, 0);
	check(&list, want, 7);
	holes_free(&list);
}

#define GOOD "0x0000000000001000 0x0000000000001fff reserved\n"

/* A malformed line is counted and skipped. The other lines apply. */
static void
test_malformed(void **state)
{
	static const char *const bad[] = {
		"\n", "word\n", "0x1000\n", "0x1000  0x1fff msi\n", " 0x1000 0x1fff msi\n",
		"1000 1fff msi\n", "0x1fff 0x1000 msi\n", "0x1000 0x1fff msi",
		"0x10000000000000000 0x1ffffffffffffffff msi\n", "0x 0x1fff msi\n",
		"0x1000-0x1fff msi\n", "-0x1000 0x1fff msi\n", "0x0000000000001000 0x00000000",
		"0x1000 0x1fffmsi\n",
	};
	static const struct want want = { 0x1000, 0x1fff, IOVA_ORIGIN_RESERVED, IOVA_HARD, NULL };
	const char *root = *state;
	struct hole_list list = { 0 };
	char text[256];
	size_t i;

	EACH_ROW(i, bad, "%s", bad[i]) {
		snprintf(text, sizeof(text), "%s%s", GOOD, bad[i]);
		tree_text(root, REGIONS, text);
		assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
		assert_int_equal(look.sight, HOLES_SEEN);
		assert_int_equal(look.odd, 1);
		check(&list, &want, 1);
		holes_free(&list);
	}
	tree_write(root, REGIONS, GOOD "\0", sizeof(GOOD));
	assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
	assert_int_equal(look.odd, 1);
	check(&list, &want, 1);
	holes_free(&list);
}

static void
test_edges(void **state)
{
	const char *root = *state;
	struct hole_list list = { 0 };
	static char many[4097 * 16];
	size_t i;

	/* The group number is known, but the directory of the group is not visible. */
	assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
	assert_int_equal(look.sight, HOLES_HIDDEN);
	assert_int_equal(list.n, 0);
	tree_text(root, REGIONS, "");
	assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
	assert_int_equal(look.sight, HOLES_SEEN);
	assert_int_equal(list.n, 0);
	assert_int_equal(parse(root, 1, "dmar0", 0, &list), -EINVAL);
	assert_int_equal(parse(root, 1, "dmar0", 4097, &list), -EINVAL);
	assert_int_equal(parse(root, 1, "dmar0", UINT64_C(1) << 63, &list), -EINVAL);
	for (i = 0; i < 4096; i++)
		memcpy(many + i * 11, "0x1 0x2 sw\n", 11);
	tree_write(root, REGIONS, many, 4096 * 11);
	assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
	assert_int_equal(list.n, 4096);
	memcpy(many + i * 11, "0x1 0x2 sw\n", 11);
	tree_write(root, REGIONS, many, 4097 * 11);
	holes_free(&list);
	assert_int_equal(parse(root, 1, "dmar0", PAGE, &list), 0);
	assert_int_equal(look.odd, 1);
	assert_int_equal(list.n, 4096);
	holes_free(&list);
	assert_int_equal(list.n, 0);
	assert_null(list.v);
}

static void
test_builtin(void **state)
{
	struct hole_list list = { 0 };
	struct iova_hole odd = { .range = { 2, 1 } };

	assert_int_equal(holes_builtin(&list, 65536), 0);
	assert_int_equal(list.n, 2);
	assert_int_equal(list.v[0].range.first, 0);
	assert_int_equal(list.v[0].range.last, 0xffff);
	assert_int_equal(list.v[0].origin, IOVA_ORIGIN_ZERO_PAGE);
	assert_int_equal(list.v[1].range.first, 0xffffffffffff0000);
	assert_int_equal(list.v[1].range.last, UINT64_MAX);
	assert_int_equal(list.v[1].origin, IOVA_ORIGIN_TOP_PAGE);
	assert_int_equal(holes_builtin(&list, 0), -EINVAL);
	assert_int_equal(holes_builtin(&list, 3), -EINVAL);
	assert_int_equal(holes_add(&list, &odd), -EINVAL);
	assert_int_equal(list.n, 2);
	holes_free(&list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_arm_smmuv3),
		cmocka_unit_test(test_x86_vtd),
		cmocka_unit_test(test_arm_reserved),
		cmocka_unit_test(test_rmrr),
		cmocka_unit_test_setup_teardown(test_msi_kinds, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_guard, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_unknown_word, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_malformed, tree_setup, tree_teardown),
		cmocka_unit_test_setup_teardown(test_edges, tree_setup, tree_teardown),
		cmocka_unit_test(test_builtin),
	};

	return cmocka_run_group_tests_name("holes_reserved", tests, NULL, NULL);
}
