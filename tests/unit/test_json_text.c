/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright(c) 2026 The vfio_msi authors
 */

/* Text of any bytes in JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_text.h"

static void
expect_text(const char *text, const char *want)
{
	json_t *made = json_text(text);

	assert_non_null(made);
	assert_string_equal(json_string_value(made), want);
	json_decref(made);
}

static void
test_text(void **state)
{
	(void)state;
	expect_text("", "");
	expect_text("machine.tar", "machine.tar");
	/* UTF-8 stays. */
	expect_text("caf\xc3\xa9.tar", "caf\xc3\xa9.tar");
	/* Latin-1, a cut sequence, a surrogate. */
	expect_text("caf\xe9.tar", "caf?.tar");
	expect_text("caf\xc3", "caf?");
	expect_text("\xed\xa0\x80", "???");
	expect_text("caf\xc3\xa9\n\xff", "caf??\n?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
