/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/*
 * The engine against the oracle: the test runs random operations on both. It compares
 * every result and every conflict, and all sets every few steps. The self-check of the
 * engine runs after each step.
 *
 * The tiny space starts at IOVA 0, is somewhere in the middle, or ends at UINT64_MAX. A
 * unit is one address or one page. Devices are added more often than removed, so a
 * layout fills up. Every few hundred steps the test starts with a new one.
 *
 * Environment: SEED (default 1), OPS (default 1000000).
 */

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "iova_model_ops.h"

/* The probability of each operation in percent, and the errors that must occur. */
static const unsigned int op_weights[OP_COUNT] = { 22, 20, 24, 2, 4, 1, 8, 11, 8 };
static const int op_errors[OP_COUNT][4] = {
	[OP_PLACE] = { EINVAL, ENOSPC },
	[OP_PLACE_AT] = { EINVAL, ERANGE, EADDRINUSE, EEXIST },
	[OP_RELEASE] = { ENOENT },
	[OP_ALLOW] = { EINVAL, ERANGE },
	[OP_ADD_HOLE] = { EINVAL, EADDRINUSE },
	[OP_LOOKUP] = { ENOENT },
	[OP_TEST] = { EINVAL, ERANGE, EADDRINUSE, EEXIST },
	[OP_HOLE_IN] = { ENOENT },
};

static unsigned long step;

void
ops_differ(enum op op, const char *what)
{
	fail_msg("step %lu, %s: %s differs from the oracle", step, ops_names[op], what);
	abort();
}

static enum op
draw_op(void)
{
	unsigned int draw = model_random(100), op = 0;

	while (draw >= op_weights[op])
		draw -= op_weights[op++];
	return op;
}

static unsigned long
from_env(const char *name, unsigned long otherwise)
{
	const char *text = getenv(name);

	return text != NULL ? strtoul(text, NULL, 0) : otherwise;
}

static void
engine_agrees_with_oracle(void **state)
{
	unsigned long seed = from_env("SEED", 1), ops = from_env("OPS", 1000000);
	unsigned long left = 0;
	enum op op;

	print_message("SEED=%lu OPS=%lu\n", seed, ops);
	model_random_seed(seed);
	for (step = 0; step < ops; step++, left--) {
		if (left == 0) {
			ops_begin();
			left = 100 + model_random(500);
		}
		op = draw_op();
		ops_do(op);
		if (step % 8 == 0)
			ops_compare(op);
	}
	ops_end();
}

/* Every result must have occurred, else the run proves little. */
static void
every_result_was_seen(void **state)
{
	unsigned int op, i;

	if (step < 100000)
		skip();
	for (op = 0; op < OP_COUNT; op++) {
		print_message("%-8s 0: %lu", ops_names[op], ops_seen[op][0]);
		assert_true(ops_seen[op][0] > 100);
		for (i = 0; i < 4 && op_errors[op][i] != 0; i++) {
			print_message("  %s: %lu", strerrorname_np(op_errors[op][i]),
				ops_seen[op][op_errors[op][i]]);
			assert_true(ops_seen[op][op_errors[op][i]] > 100);
		}
		print_message("\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(engine_agrees_with_oracle),
		cmocka_unit_test(every_result_was_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
