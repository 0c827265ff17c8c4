/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * On a failure, cmocka jumps out of the test and then runs its teardown function.
 * Therefore every test gets a teardown that checks for a loop over rows that did not end.
 */

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "row.h"

#define TESTS_MAX 64
#define DEPTH 4
#define NAME_LEN 160

static struct {
	const char *table;
	size_t i;
	char name[NAME_LEN];
} rows[DEPTH];
static size_t depth;			/* nesting depth of the loops */

static const struct CMUnitTest *wrapped;	/* the original tests of the group */
static size_t now, next;			/* the running test, the next one */

void
row_enter(const char *table)
{
	if (depth == DEPTH)
		fail_msg("more than %d tables in each other", DEPTH);
	rows[depth].table = table;
	rows[depth++].name[0] = '\0';
}

bool
row_at(size_t i, const char *name, ...)
{
	va_list args;

	rows[depth - 1].i = i;
	va_start(args, name);
	vsnprintf(rows[depth - 1].name, NAME_LEN, name, args);
	va_end(args);
	return true;
}

bool
row_leave(void)
{
	depth--;
	return false;
}

/* Print a name on one line; escape unprintable characters. */
static void
print_name(const char *name)
{
	for (; *name != '\0'; name++)
		if (*name == '\n')
			print_error("\\n");
		else if (isprint((unsigned char)*name))
			print_error("%c", *name);
		else
			print_error("\\x%02x", (unsigned char)*name);
}

static int
before(void **state)
{
	depth = 0;
	now = next++;
	return wrapped[now].setup_func != NULL ? wrapped[now].setup_func(state) : 0;
}

static int
after(void **state)
{
	size_t i;

	for (i = 0; i < depth; i++) {
		print_error("[    ROW   ] --- %s[%zu]: ", rows[i].table, rows[i].i);
		print_name(rows[i].name);
		print_error("\n");
	}
	depth = 0;
	return wrapped[now].teardown_func != NULL ? wrapped[now].teardown_func(state) : 0;
}

int
row_run_group(const char *group, const struct CMUnitTest *tests, size_t n,
		CMFixtureFunction setup, CMFixtureFunction teardown)
{
	struct CMUnitTest copies[TESTS_MAX];
	size_t i;

	if (n > TESTS_MAX) {
		print_error("%s: more than %d tests in a group\n", group, TESTS_MAX);
		return 1;
	}
	memcpy(copies, tests, n * sizeof(*tests));
	for (i = 0; i < n; i++) {
		copies[i].setup_func = before;
		copies[i].teardown_func = after;
	}
	wrapped = tests;
	next = 0;
	return _cmocka_run_group_tests(group, copies, n, setup, teardown);
}
