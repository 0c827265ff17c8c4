/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Numbers in a device argument. */

#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "vfio_msi_values.h"

static void
test_fd(void **state)
{
	static const char *const bad[] = {
		"", " 1", "-1", "+1", "0x1", "1 ", "1,", "2147483648", "99999999999999999999",
	};
	int fd = -1;
	size_t i;

	(void)state;
	assert_int_equal(vfio_msi_value_fd("0", &fd), 0);
	assert_int_equal(fd, 0);
	assert_int_equal(vfio_msi_value_fd("2147483647", &fd), 0);
	assert_int_equal(fd, INT_MAX);
	EACH_ROW(i, bad, "\"%s\"", bad[i])
		assert_int_equal(vfio_msi_value_fd(bad[i], &fd), -EINVAL);
	assert_int_equal(fd, INT_MAX);
}

static void
test_range(void **state)
{
	static const char *const bad[] = {
		"", "1", "1-", "-1", "1--2", "1-+2", "2-1", "1-2x", "1 -2", "x-2",
		"0-0x10000000000000000", "0x10000000000000000-1",
	};
	struct iova_range range = { 3, 4 };
	size_t i;

	(void)state;
	EACH_ROW(i, bad, "\"%s\"", bad[i])
		assert_int_equal(vfio_msi_value_range(bad[i], &range), -EINVAL);
	assert_true(range.first == 3 && range.last == 4);
	assert_int_equal(vfio_msi_value_range("4096-8191", &range), 0);
	assert_true(range.first == 4096 && range.last == 8191);
	assert_int_equal(vfio_msi_value_range("0x0-0xffffffffffffffff", &range), 0);
	assert_true(range.first == 0 && range.last == UINT64_MAX);
}

static void
test_bits(void **state)
{
	static const char *const bad[] = {
		"", "0", "1", "11", "65", "4294967328", "0x20", "32 ", "-32", "thirty",
	};
	unsigned int bits = 7;
	size_t i;

	(void)state;
	EACH_ROW(i, bad, "\"%s\"", bad[i])
		assert_int_equal(vfio_msi_value_bits(bad[i], &bits), -EINVAL);
	assert_int_equal(bits, 7);
	assert_int_equal(vfio_msi_value_bits("12", &bits), 0);
	assert_int_equal(bits, 12);
	assert_int_equal(vfio_msi_value_bits("64", &bits), 0);
	assert_int_equal(bits, 64);
}

static void
test_hole(void **state)
{
	static const struct {
		unsigned int bits;
		uint64_t last;
		const char *detail;
	} rows[] = {
		{ 12, 0xfff, "dma_bits=12" },
		{ 32, UINT32_MAX, "dma_bits=32" },
		{ 63, INT64_MAX, "dma_bits=63" },
	};
	struct iova_hole hole;
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%u", rows[i].bits) {
		assert_true(vfio_msi_bits_hole(rows[i].bits, &hole));
		assert_true(hole.range.first == rows[i].last + 1 && hole.range.last == UINT64_MAX);
		assert_true(vfio_msi_bits_last(rows[i].bits) == rows[i].last);
		assert_string_equal(hole.detail, rows[i].detail);
		assert_int_equal(hole.hardness, IOVA_HARD);
		assert_int_equal(hole.origin, IOVA_ORIGIN_USER);
	}
	assert_false(vfio_msi_bits_hole(0, &hole));
	assert_false(vfio_msi_bits_hole(64, &hole));
	assert_true(vfio_msi_bits_last(0) == UINT64_MAX);
}

/* The window of POWER, and an aperture below and above. */
static void
test_fit(void **state)
{
	static const struct iova_range power = { UINT64_C(1) << 59, (UINT64_C(1) << 59) + UINT32_MAX };
	static const struct iova_range two[] = { { 0xa00000000, 0xaffffffff }, { 0x1000, 0x1fff } };
	char why[320] = "";

	(void)state;
	assert_int_equal(vfio_msi_bits_fit(58, NULL, NULL, 0, why, sizeof(why)), 0);
	assert_int_equal(vfio_msi_bits_fit(0, NULL, &power, 1, why, sizeof(why)), 0);
	assert_int_equal(vfio_msi_bits_fit(60, NULL, &power, 1, why, sizeof(why)), 0);
	assert_int_equal(vfio_msi_bits_fit(13, NULL, two, 2, why, sizeof(why)), 0);
	assert_string_equal(why, "");
	assert_int_equal(vfio_msi_bits_fit(59, NULL, &power, 1, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "dma_bits=59 allows 0x0-0x7ffffffffffffff,"));
	assert_non_null(strstr(why, "0x800000000000000-0x8000000ffffffff;"));
	assert_int_equal(vfio_msi_bits_fit(12, NULL, two, 2, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "0x1000-0xaffffffff;"));
	/* The reason names the driver whose bits they are. */
	assert_int_equal(vfio_msi_bits_fit(60, "edu", &power, 1, why, sizeof(why)), 0);
	assert_int_equal(vfio_msi_bits_fit(28, "edu", &power, 1, why, sizeof(why)), -ERANGE);
	assert_non_null(strstr(why, "driver edu drives 28 address bits, 0x0-0xfffffff,"));
	assert_non_null(strstr(why, "0x800000000000000-0x8000000ffffffff;"));
}

static void
test_count(void **state)
{
	static const struct {
		const char *text;
		unsigned int n;
	} rows[] = {
		{ "", 0 }, { ",", 0 }, { "a", 1 }, { "a=1", 1 }, { "a=1,b=2", 2 }, { "a=1,,b=2,", 2 },
		{ "a=[1,2],b", 2 }, { "a=[1,2-3", 1 }, { "a=1],b", 2 },
	};
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "\"%s\"", rows[i].text)
		assert_int_equal(vfio_msi_values_count(rows[i].text), rows[i].n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fd),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_hole),
		cmocka_unit_test(test_fit),
		cmocka_unit_test(test_count),
	};

	return cmocka_run_group_tests_name("values", tests, NULL, NULL);
}
