/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Tables in tests: a test that fails within a row prints the name of the row.
 *
 * The name of a row is made from its fields, or is a field "name". A test must not leave a
 * loop over rows by break, goto or return. Not thread safe.
 */

#ifndef ROW_H
#define ROW_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof((table)[0]))

/** For each row I of the first N of TABLE. A printf() format and its arguments name the row. */
#define EACH_ROW_OF(i, table, n, ...) \
	for ((i) = 0, row_enter(#table); (i) < (n) ? row_at((i), __VA_ARGS__) : row_leave(); (i)++)

/** The same for all rows. */
#define EACH_ROW(i, table, ...) EACH_ROW_OF(i, table, ROWS(table), __VA_ARGS__)

/** Begin a loop over a table. Loops may be nested. */
void row_enter(const char *table);

/** From here on, a failure is reported for this row. @return true. */
__attribute__((format(printf, 2, 3)))
bool row_at(size_t i, const char *name, ...);

/** End the loop. @return false. */
bool row_leave(void);

/** Run a group with cmocka and print the row in which a test failed. @return cmocka's result */
int row_run_group(const char *group, const struct CMUnitTest *tests, size_t n,
		CMFixtureFunction setup, CMFixtureFunction teardown);

#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown) \
	row_run_group(#tests, tests, ROWS(tests), setup, teardown)
#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	row_run_group(name, tests, ROWS(tests), setup, teardown)

#endif /* ROW_H */
