/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Lists of processors. */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "row.h"
#include "tree.h"
#include "vfio_msi_cpus.h"

static void
test_lists(void **state)
{
	static const struct {
		const char *text, *printed;
		int count, third;
	} rows[] = {
		{ "0", "0", 1, 0 },
		{ "1023", "1023", 1, 1023 },
		{ "0-1023", "0-1023", 1024, 2 },
		{ "0-3,8", "0-3,8", 5, 2 },
		{ "8,0-3", "0-3,8", 5, 2 },
		{ "[4,6]", "4,6", 2, 4 },
		{ "[7]", "7", 1, 7 },
		{ "1-2,2-3,5", "1-3,5", 4, 3 },
		{ "007", "7", 1, 7 },
	};
	char out[40];
	cpu_set_t set;
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i].text) {
		assert_int_equal(vfio_msi_cpus_parse(rows[i].text, &set), 0);
		assert_int_equal(CPU_COUNT(&set), rows[i].count);
		assert_int_equal(vfio_msi_cpus_print(&set, out, sizeof(out)), 0);
		assert_string_equal(out, rows[i].printed);
		assert_int_equal(vfio_msi_cpus_nth(&set, 2), rows[i].third);
		assert_int_equal(vfio_msi_cpus_nth(&set, 2 + 7 * (unsigned int)rows[i].count),
			rows[i].third);
	}
}

static void
test_no_lists(void **state)
{
	static const char *const rows[] = {
		"", ",", "-", "a", "1-", "-1", "1,", ",1", "1--2", "2-1", "1024", "0-1024",
		"4294967296", "99999999999999999999", "1 ", " 1", "+1", "0x1", "[", "[]", "[1",
		"1]", "[1]]", "[[1]]", "[1],2", "1-2-3",
	};
	cpu_set_t set;
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%s", rows[i])
		assert_int_equal(vfio_msi_cpus_parse(rows[i], &set), -EINVAL);
}

static void
test_room(void **state)
{
	char out[8];
	cpu_set_t set;
	size_t size;

	(void)state;
	CPU_ZERO(&set);
	assert_int_equal(vfio_msi_cpus_nth(&set, 0), -1);
	assert_int_equal(vfio_msi_cpus_print(&set, out, sizeof(out)), -ERANGE);
	assert_int_equal(vfio_msi_cpus_parse("1-2,40", &set), 0);
	for (size = 1; size < 7; size++) {
		assert_int_equal(vfio_msi_cpus_print(&set, out, size), -ERANGE);
		assert_string_equal(out, "");
	}
	assert_int_equal(vfio_msi_cpus_print(&set, out, 7), 0);
	assert_string_equal(out, "1-2,40");
}

/* Every so many processors, and runs of them: no list is too long for its buffer. */
static void
test_long(void **state)
{
	static const struct {
		int first, step, run;
		size_t least;	/* characters */
	} rows[] = {
		{ 0, 2, 1, 2000 }, { 1, 2, 1, 2000 }, { 0, 3, 2, 2600 }, { 0, 4, 3, 2000 },
		{ 0, 1, 1, 6 },
	};
	char out[VFIO_MSI_CPUS_LIST_LEN];
	cpu_set_t set, again;
	int cpu, more;
	size_t i;

	(void)state;
	EACH_ROW(i, rows, "%d of %d", rows[i].run, rows[i].step) {
		CPU_ZERO(&set);
		for (cpu = rows[i].first; cpu < CPU_SETSIZE; cpu += rows[i].step)
			for (more = 0; more < rows[i].run && cpu + more < CPU_SETSIZE; more++)
				CPU_SET(cpu + more, &set);
		assert_int_equal(vfio_msi_cpus_print(&set, out, sizeof(out)), 0);
		assert_true(strlen(out) >= rows[i].least);
		assert_int_equal(vfio_msi_cpus_parse(out, &again), 0);
		assert_true(CPU_EQUAL(&set, &again));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_no_lists),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
