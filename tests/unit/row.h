/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/**
 * @file
 * Tables in tests: a test that fails within a row prints which row that is.
 *
 * A row is called by what is in it, or by a field
 * "name". A test must not leave a loop over rows by break, goto or return. Not thread safe.
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

/** For each row I of the first N of TABLE; a format of printf() and what it takes make its name. */
#define EACH_ROW_OF(i, table, n, ...) \
	for ((i) = 0, row_enter(#table); (i) < (n) ? row_at((i), __VA_ARGS__) : row_leave(); (i)++)

/** The same for all rows. */
#define EACH_ROW(i, table, ...) EACH_ROW_OF(i, table, ROWS(table), __VA_ARGS__)

/** A loop over a table begins; it may be in another one. */
void row_enter(const char *table);

/** From here on a failure is of this row. @return true. */
__attribute__((format(printf, 2, 3)))
bool row_at(size_t i, const char *name, ...);

/** The loop ends. @return false. */
bool row_leave(void);

/** cmocka's runner, which also prints the row in which a test failed. @return its result */
int row_run_group(const char *group, const struct CMUnitTest *tests, size_t n,
		CMFixtureFunction setup, CMFixtureFunction teardown);

#undef cmocka_run_group_tests
#define cmocka_run_group_tests(tests, setup, teardown) \
	row_run_group(#tests, tests, ROWS(tests), setup, teardown)
#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
	row_run_group(name, tests, ROWS(tests), setup, teardown)

#endif /* ROW_H */
